"""The entry of a worker that was not forked: it gets its end of the pipe by number, or on Windows by description."""

from __future__ import annotations

import socket
import sys

if __name__ == "__main__":
    from playground.runs.worker import main

    if len(sys.argv) > 1:
        end = socket.socket(fileno=int(sys.argv[1]))
    else:
        described = sys.stdin.buffer.read()
        end = getattr(socket, "fromshare")(described)  # noqa: B009 - Windows only
    sys.exit(main(end))
