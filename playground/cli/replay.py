"""Train an experiment and write the recording as one HTML file that plays by itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from playground import i18n
from playground.cli import experiments, train
from playground.cli.output import language, print_json, say
from playground.spec import SpecError


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    train.declare_training(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.html", default=None, help="where to write it"
    )
    parser.add_argument("--lang", choices=i18n.LANGUAGES, help="of the file; default: the environment's")
    parser.add_argument("--theme", choices=("auto", "light", "dark"), default="auto")
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Train, write and report; return the exit code."""
    from playground.cli.weights import check_target
    from playground.data import load
    from playground.data.folder import data_folder
    from playground.export import names, reel
    from playground.export.replay import replay, views
    from playground.export.tape import Recorder
    from playground.runs.trainer import trainer_of

    experiment, preset = experiments.find(options.experiment)
    experiment, _ = train.settled(experiment, preset, options)
    target: Path = options.output or Path(f"{names.slug(experiment)}.html")
    check_target(target, ".html", "--output")
    lang = options.lang or language()
    dataset = load(experiment.data, data_folder())
    trainer = trainer_of(experiment, dataset)
    shown = views(experiment, dataset)
    # Without a diagram no tensors are kept, so what is shown is taken at once.
    wanted = ("weights",) if "diagram" in shown else reel.probes(shown)
    recorder = Recorder(trainer, wanted, reel.most_frames(shown))
    interrupted = False
    with train.progress(trainer) as bar:
        try:
            for steps in recorder.run():
                bar.update(steps)
        except KeyboardInterrupt:
            interrupted = True
    link = f"playground replay {experiment.to_link()}"
    page = replay(recorder.tape, data_folder(), lang=lang, appearance=options.theme, link=link)
    try:
        target.write_bytes(page)
    except OSError as error:
        raise SpecError("cli.unwritable", value=str(target), reason=error.strerror or "") from error
    if options.json:
        report = {"file": str(target), "bytes": len(page), "steps": trainer.steps, "status": trainer.status}
        print_json(report)
    say(i18n.text("cli.replayed", language(), file=target, size=len(page) / 1e6, steps=trainer.steps))
    if interrupted:
        return 130
    return 1 if trainer.status == "diverged" else 0
