"""Train an experiment to its end, without the app."""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from playground import i18n
from playground.cli import experiments
from playground.cli.curve import Curve, planned_steps
from playground.cli.output import language, print_json, say
from playground.presets import Preset
from playground.spec import Experiment, SpecError

if TYPE_CHECKING:
    from playground.runs.adversarial import Adversarial
    from playground.runs.best import Best
    from playground.runs.supervised import Supervised

    AnyTrainer = Supervised | Adversarial

DEFAULT_EPOCHS = 100
SLICE_SECONDS = 0.1


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    declare_training(parser)
    parser.add_argument(
        "--save", type=Path, metavar="FILE.safetensors", help="save the weights, by torch's names"
    )
    parser.add_argument(
        "--keep",
        choices=("best", "last"),
        default="last",
        help="which weights are saved: those of the last step, or of the epoch that was best on held-back samples",
    )
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def declare_training(parser: argparse.ArgumentParser) -> None:
    """Declare what is trained and for how long."""
    parser.add_argument(
        "experiment", metavar="EXPERIMENT", help="a preset's key, a JSON file or a share link"
    )
    parser.add_argument(
        "--engine", choices=("auto", "numpy", "torch"), help="auto: torch for large convolutions"
    )
    parser.add_argument("--device", help="where torch computes: auto, cpu, cuda, cuda:1, mps")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, metavar="N", help="stop after N optimizer steps")
    length.add_argument("--epochs", type=int, metavar="N", help="stop after N epochs")
    parser.add_argument("--seed", type=int, metavar="S")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change a setting, for example optimizer.lr=0.1",
    )


def run(options: argparse.Namespace) -> int:
    """Train, save and report; return the exit code."""
    from playground.cli.weights import check_target, save
    from playground.data import load
    from playground.data.folder import data_folder
    from playground.runs.best import Best
    from playground.runs.trainer import trainer_of

    experiment, preset = experiments.find(options.experiment)
    experiment, own_length = settled(experiment, preset, options)
    if options.save:
        check_target(options.save)
    if options.keep == "best" and experiment.adversary is not None:
        raise SpecError("cli.no_best", place="--keep")
    trainer = trainer_of(experiment, load(experiment.data, data_folder()))
    best = Best() if options.keep == "best" else None
    curve = Curve(trainer) if options.json else None
    seconds, interrupted = _train(trainer, best, curve)
    metrics = trainer.metrics()
    reached = None
    if preset is not None and own_length and trainer.status == "finished":
        reached = all(goal.reached(metrics) for goal in preset.goals)
    status = "stopped" if interrupted else trainer.status
    if options.save:
        kept = best.state if best is not None and best.standing is not None else trainer.state()
        save(options.save, kept, experiment)
    report = {
        "experiment": preset.key if preset else options.experiment,
        "link": experiment.to_link(),
        "engine": trainer.place.engine,
        "device": trainer.place.device,
        "seed": experiment.seed,
        "steps": trainer.steps,
        "epochs": trainer.epoch,
        "seconds": seconds,
        "steps_per_second": trainer.steps / seconds if seconds else None,
        "status": status,
        "reason": trainer.reason,
        "metrics": metrics,
        "curve": curve.end(trainer, metrics) if curve is not None else None,
        "goals": [goal.text() for goal in preset.goals] if reached is not None and preset else None,
        "goal_reached": reached,
        "weights": str(options.save) if options.save else None,
        "best": best.standing.plain() if best is not None and best.standing is not None else None,
    }
    if options.json:
        print_json(report)
    _speak(report, trainer, reached)
    if interrupted:
        return 130
    return 1 if trainer.status == "diverged" or reached is False else 0


def settled(
    experiment: Experiment, preset: Preset | None, options: argparse.Namespace
) -> tuple[Experiment, bool]:
    """Return the experiment as it will be trained, and whether it is the preset as it stands, at its own length."""
    for path, value in (("engine", options.engine), ("device", options.device), ("seed", options.seed)):
        if value is not None:
            experiment = experiment.replace(path, value)
    experiment = experiments.settings(experiment, options.set)
    asked = options.steps is not None or options.epochs is not None
    for name, value in (("--steps", options.steps), ("--epochs", options.epochs)):
        if value is not None and value < 1:
            raise SpecError("error.ge", place=name, value=value, bound=1)
    if asked:
        experiment = experiment.replace("training.max_steps", options.steps or 0)
        experiment = experiment.replace("training.max_epochs", options.epochs or 0)
        experiment = _in_time(experiment, preset, options)
    elif not (experiment.training.max_steps or experiment.training.max_epochs):
        epochs = preset.epochs if preset else DEFAULT_EPOCHS
        if not preset:
            say(i18n.text("cli.default_length", language(), epochs=epochs))
        experiment = experiment.replace("training.max_epochs", epochs)
    return experiment, not asked and not options.set


def _in_time(experiment: Experiment, preset: Preset | None, options: argparse.Namespace) -> Experiment:
    """Return a preset's experiment with a schedule that ends when the training does, if it was made to.

    A learning rate that falls to zero in eight epochs would hardly have begun to fall after one.
    """
    planned = getattr(experiment.schedule, "epochs", None)
    chosen = any(change.strip().startswith("schedule") for change in options.set)
    if (
        preset is None
        or chosen
        or not options.epochs
        or planned != preset.epochs
        or planned == options.epochs
    ):
        return experiment
    lang = language()
    name = i18n.text(f"schedule.{experiment.schedule.kind}", lang)
    say(i18n.text("cli.schedule_fitted", lang, name=name, planned=f"{planned:g}", epochs=options.epochs))
    return experiment.replace("schedule.epochs", options.epochs)


def _train(trainer: AnyTrainer, best: Best | None, curve: Curve | None) -> tuple[float, bool]:
    """Train to the end with a progress bar on stderr; return the seconds of training and whether it was interrupted.

    With `best` the weights are judged at the end of every epoch, and of the training; `curve` gets its points.
    """
    seconds = 0.0
    slice_steps = epochs = 1
    with progress(trainer) as bar:
        try:
            while trainer.status == "running":
                before, start = trainer.steps, time.perf_counter()
                count = slice_steps if curve is None else min(slice_steps, curve.ahead(trainer))
                for _ in range(count):
                    trainer.step()
                    if best is not None and trainer.epoch >= epochs - 1e-9:
                        epochs = math.floor(trainer.epoch + 1e-9) + 1
                        best.consider(trainer.steps, trainer.epoch, trainer.judged(), trainer.state)
                took = time.perf_counter() - start
                seconds += took
                slice_steps = max(1, min(int(count * SLICE_SECONDS / max(took, 1e-6)), 4 * slice_steps))
                bar.update(trainer.steps - before)
                if curve is not None:
                    curve.go_on(trainer)
        except KeyboardInterrupt:
            return seconds, True
        finally:
            if best is not None:
                best.consider(trainer.steps, trainer.epoch, trainer.judged(), trainer.state)
    return seconds, False


def progress(trainer: AnyTrainer) -> tqdm[Any]:
    """Return a progress bar on stderr for the whole training."""
    interactive = sys.stderr.isatty()
    return tqdm(
        total=planned_steps(trainer),
        unit="step",
        file=sys.stderr,
        mininterval=0.1 if interactive else 5.0,
        dynamic_ncols=interactive,
    )


def _speak(report: dict[str, Any], trainer: AnyTrainer, reached: bool | None) -> None:
    lang = language()
    figures = ", ".join(f"{name} {value:.4g}" for name, value in report["metrics"].items())
    say(i18n.text("cli.trained", lang, status=report["status"], steps=trainer.steps, figures=figures))
    if trainer.status == "diverged":
        say(i18n.text("cli.diverged", lang, step=trainer.steps))
    if report["best"]:
        say(i18n.text("cli.best", lang, **report["best"]))
    if reached is not None:
        say(i18n.text("cli.goal_reached" if reached else "cli.goal_missed", lang))
