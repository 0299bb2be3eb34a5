"""A small process that has NumPy, the engine and the trainer loaded, and forks a worker from itself in milliseconds.

It talks with the service over one socket: `start` comes with the worker's end of a pipe, `kill` with a process id; back
go `born` and `died`. It is the only parent of the workers, so nobody else's process is ever killed by a reused id. When
the service is gone the kernel ends it, and with it every worker, even one that is stopped; where the kernel cannot,
the closed sockets tell.
"""

from __future__ import annotations

import gc
import importlib
import os
import selectors
import signal
import socket
import struct
import sys
from contextlib import suppress
from types import FrameType

order = struct.Struct("<ci")
START, KILL = b"S", b"K"
event = struct.Struct("<cii")  # what, process id, exit status or errno
BORN, DIED, NOT_BORN = b"B", b"D", b"N"


class ForkServer:
    """Forks on demand until `control` is closed."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: set[int] = set()
        self._wake, woken = socket.socketpair()
        self._wake.setblocking(False)
        woken.setblocking(False)
        self._woken = woken
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _nothing)

    def serve(self) -> None:
        """Fork, kill and report until the service is gone."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._control:
                        data, ends, _, _ = socket.recv_fds(self._control, order.size, 1)
                        if len(data) < order.size:
                            return
                        what, pid = order.unpack(data)
                        self._obey(what, pid, ends, selector)
                    else:
                        with suppress(BlockingIOError):
                            self._wake.recv(4096)
                        self._reap()

    def _obey(self, what: bytes, pid: int, ends: list[int], selector: selectors.BaseSelector) -> None:
        if what == START:
            self._fork(ends[0], selector)
        elif pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _fork(self, end: int, selector: selectors.BaseSelector) -> None:
        try:
            parent, pid = os.getpid(), os.fork()
        except OSError as error:
            os.close(end)
            self._tell(NOT_BORN, 0, error.errno or 0)
            return
        if pid == 0:
            code = 1
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                selector.close()
                for other in (self._control, self._wake, self._woken):
                    other.close()
                code = _child(end, parent)
            finally:
                # Whatever happened, this copy of the server must not go on serving.
                with suppress(Exception):
                    sys.stderr.flush()
                os._exit(code)
        os.close(end)
        self._children.add(pid)
        self._tell(BORN, pid, 0)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._children.discard(pid)
            self._tell(DIED, pid, os.waitstatus_to_exitcode(status))

    def _tell(self, what: bytes, pid: int, number: int) -> None:
        self._control.sendall(event.pack(what, pid, number))

    def kill_all(self) -> None:
        """Kill every worker that is left."""
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Handle a signal, so that it wakes the selector."""


def _child(end: int, parent: int) -> int:
    from playground.runs.confinement import die_with
    from playground.runs.worker import main as work

    die_with(parent)
    return work(socket.socket(fileno=end))


def main(arguments: list[str]) -> None:
    """Serve the process `arguments[1]` over the descriptor `arguments[0]`, with the other arguments imported."""
    control, parent, *modules = arguments
    from playground.runs.confinement import die_with

    die_with(int(parent))
    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # the service decides when to leave
    for module in ("playground.runs.worker", *modules):
        # What cannot be loaded fails in the worker that needs it, and is told there.
        with suppress(ImportError):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # the workers share these pages; the collector must not touch them
    server = ForkServer(socket.socket(fileno=int(control)))
    try:
        server.serve()
    except (ConnectionError, BrokenPipeError):
        pass
    finally:
        server.kill_all()


if __name__ == "__main__":
    main(sys.argv[1:])
