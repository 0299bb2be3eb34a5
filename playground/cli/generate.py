"""Let a trained network go on writing: character by character, from a prompt.

Without `--weights` the experiment is trained first, as `playground train` would. The text goes to stdout, everything
else to stderr.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playground.cli import experiments
from playground.cli.output import print_json, say
from playground.cli.train import declare_training, settled
from playground.spec import SpecError, check, enforce

MOST = 20_000
"""Characters at once."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    declare_training(parser)
    parser.add_argument(
        "--weights", type=Path, metavar="FILE.safetensors", help="weights that were saved by train"
    )
    parser.add_argument("--prompt", default="", metavar="TEXT", help="what is to be continued")
    parser.add_argument("--length", type=int, default=200, metavar="N", help="how many tokens are written")
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.8,
        metavar="T",
        help="0: always the likeliest; above 1: more even",
    )
    parser.add_argument(
        "--top-k", type=int, default=0, metavar="K", help="only of the K likeliest; 0: of all"
    )
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Write and return the exit code."""
    from playground.cli import weights
    from playground.data import load
    from playground.data.folder import data_folder
    from playground.data.tokens import cut
    from playground.probes import Subject
    from playground.probes.sequence.reading import Reader
    from playground.probes.sequence.subject import begun
    from playground.probes.sequence.writing import Style, write
    from playground.runs.trainer import trainer_of

    if not 1 <= options.length <= MOST:
        raise SpecError("cli.length", place="--length", value=options.length, bound=MOST)
    style = Style(temperature=options.temperature, top_k=options.top_k, seed=options.seed or 0)
    experiment, preset = experiments.find(options.experiment)
    experiment, _ = settled(experiment, preset, options)
    check(experiment)
    enforce(experiment)
    dataset = load(experiment.data, data_folder())
    if dataset.pipeline is None or not experiment.data.target().steps:
        raise SpecError("stage.text.no_writer")
    if options.weights:
        state = weights.read(options.weights)
    else:
        trainer = trainer_of(experiment, dataset)
        while trainer.status == "running":
            trainer.step()
        state = trainer.state()
    subject = Subject(experiment, dataset, state)
    reader = Reader(subject)
    first = dataset.texts[0][:1] if reader.end < 0 else ""
    tokens = begun(subject, cut(options.prompt or first, reader.pipeline.how))
    ids = reader.pipeline.numbers(tokens)
    found = write(reader, ids, style, options.length, since=len(ids), on=True)
    text = "".join(reader.pipeline.vocabulary[token] for token in found.ids[len(ids) :])
    if options.json:
        print_json({"experiment": options.experiment, "prompt": options.prompt, "text": text})
    else:
        print(options.prompt + text)
    unknown = [character for character, token in zip(tokens, ids, strict=True) if token == 1]
    if unknown:
        from playground import i18n
        from playground.cli.output import language

        say(i18n.text("cli.unknown_tokens", language(), value=" ".join(dict.fromkeys(unknown))))
    return 0
