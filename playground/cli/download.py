"""Fetch a data set into the data folder, where the app and the other commands find it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from tqdm import tqdm

from playground import i18n
from playground.cli.output import language, print_json, say
from playground.data import load
from playground.data.download import download
from playground.data.folder import data_folder
from playground.data.progress import Progress
from playground.data.published import PUBLISHED
from playground.spec import DataSpec, SpecError


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help=", ".join(PUBLISHED))
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Download, verify and prepare; return 0, or 130 if it was cancelled."""
    published = PUBLISHED.get(options.name.lower())
    if published is None:
        raise SpecError("download.unknown", value=options.name, options=", ".join(PUBLISHED))
    folder, lang = data_folder(), language()
    say(i18n.text("cli.downloading", lang, name=published.kind, folder=published.folder(folder)))
    interactive = sys.stderr.isatty()
    with tqdm(
        unit="B",
        unit_scale=True,
        file=sys.stderr,
        mininterval=0.1 if interactive else 5.0,
        dynamic_ncols=interactive,
    ) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total or None
            bar.update(max(progress.received - bar.n, 0))

        # What is wrong with the files is told now, and the first page that wants them need not make the arrays.
        spec = DataSpec.of(published.kind)
        ended = download(published, folder, show, prepare=lambda: load(spec, folder))
    if options.json:
        print_json({"name": published.name, "folder": str(published.folder(folder)), **asdict(ended)})
    say(i18n.text(f"cli.download_{ended.status}", lang))
    return 0 if ended.status == "done" else 130
