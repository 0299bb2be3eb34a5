"""Open the app in the browser (what `playground` does by itself)."""

from __future__ import annotations

import argparse

from playground.spec import SpecError


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default: 8501)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted; return the exit code."""
    if not 0 < options.port < 65536:
        raise SpecError("cli.port", place="--port", value=options.port)
    from playground.data.folder import data_folder, usable
    from playground.spec import Limits
    from playground.ui.serve import serve

    Limits.from_environment()
    folder = usable(data_folder())
    return serve(options.host, options.port, open_browser=not options.no_browser, data_dir=folder)
