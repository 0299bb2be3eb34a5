"""The command line: one sub-command per file.

With `--json` a command puts one JSON object on stdout; progress and sentences go to stderr. Exit code 0: fine, 1:
diverged or goal missed, 2: bad input, with a sentence in the language of the environment, 130: interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from playground.cli import (
    bench,
    doctor,
    download,
    generate,
    predict,
    presets,
    record,
    replay,
    serve,
    train,
)
from playground.cli.output import language
from playground.spec import SpecError

COMMANDS = {
    "serve": serve,
    "train": train,
    "predict": predict,
    "generate": generate,
    "replay": replay,
    "record": record,
    "presets": presets,
    "download": download,
    "doctor": doctor,
    "bench": bench,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `playground` command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given.insert(0, "serve")
    try:
        options = _parser().parse_args(given)
        if options.data_dir is not None:
            os.environ["PLAYGROUND_DATA"] = str(Path(options.data_dir).expanduser().absolute())
        return COMMANDS[options.command].run(options)
    except SpecError as error:
        said = error.text(language())
        print(said if said.startswith("playground") else f"playground: {said}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain once more while it flushes on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class _Parser(argparse.ArgumentParser):
    """argparse, but its complaints are one sentence of ours."""

    def error(self, message: str) -> NoReturn:
        raise SpecError("cli.usage", place=self.prog, reason=message)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: a checkout need not be installed to be used."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(metadata.version("nn-playground"))
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="playground", description="An interactive neural-network playground.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or "").splitlines()[0]
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument(
            "--data-dir", metavar="FOLDER", help="where runs/ and datasets/ lie (default: PLAYGROUND_DATA)"
        )
        module.declare(command)
    return parser
