"""The `playground` command, also as `python -m playground`: Ctrl-C ends it quietly even while it is still loading."""

import sys


def command() -> int:
    """Run the command and return its exit code."""
    try:
        from playground.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(command())
