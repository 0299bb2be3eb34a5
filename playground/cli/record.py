"""Train an example and write the recording that ships with the playground (`playground/presets/recordings`)."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from playground import i18n
from playground.cli import experiments, train
from playground.cli.output import language, print_json, say
from playground.spec import SpecError

FRAMES = 32


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    train.declare_training(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.xz", required=True, help="where to write it"
    )
    parser.add_argument("--frames", type=int, default=FRAMES, metavar="N", help="how many moments it shows")
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Train, write and report; return the exit code."""
    from playground.cli.weights import check_target
    from playground.data import load
    from playground.data.folder import data_folder
    from playground.export.tape import Recorder
    from playground.live import shipped
    from playground.probes.registry import names
    from playground.runs.trainer import trainer_of

    found, preset = experiments.find(options.experiment)
    experiment, _ = train.settled(found, preset, options)
    check_target(options.output, shipped.ENDING, "--output")
    if options.frames < 2:
        raise SpecError("error.ge", place="--frames", value=options.frames, bound=2)
    trainer = trainer_of(experiment, load(experiment.data, data_folder()))
    began = time.perf_counter()
    recorder = Recorder(trainer, tuple(sorted(names())), options.frames)
    with train.progress(trainer) as bar:
        for steps in recorder.run():
            bar.update(steps)
    facts = {
        "experiment": found.digest(),
        "made": f"playground record {options.experiment}",
        "engine": trainer.place.engine,
        "seconds": round(time.perf_counter() - began),
    }
    tape = recorder.tape
    file = shipped.pack(facts, tape.frames, dict(tape.history))
    try:
        options.output.write_bytes(file)
    except OSError as error:
        raise SpecError("cli.unwritable", value=str(options.output), reason=error.strerror or "") from error
    if options.json:
        print_json({"file": str(options.output), "bytes": len(file), "steps": trainer.steps, **facts})
    say(i18n.text("cli.recorded", language(), file=options.output, size=len(file) / 1e6, steps=trainer.steps))
    return 1 if trainer.status == "diverged" else 0
