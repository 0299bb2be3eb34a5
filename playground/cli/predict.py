"""Apply saved weights to new inputs.

X holds raw values, as the data set's source has them: coordinates (N, 2), columns of a table (N, F), or pictures
(N, 28, 28), where whole numbers are pixels 0..255 and fractions are 0..1; of a series windows (N, T, 1) in its own
units, of texts rows of token ids (N, T). Y holds the network's outputs (N, k),
float32; for regression in the target's own units; with --classes the chosen class of each sample (N,), int64.

Of a generator X holds latents (N, latent_dim), with the class in one more column if it is told classes, and Y what it
makes of them: raw coordinates (N, 2), or pictures with pixels from 0 to 1.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from playground.cli import experiments
from playground.cli.output import print_json, say
from playground.spec import SpecError, check, enforce

if TYPE_CHECKING:
    from playground.data import Dataset
    from playground.spec import Experiment, State

MAX_INPUT_BYTES = 4_000_000_000


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "experiment", metavar="EXPERIMENT", help="a preset's key, a JSON file or a share link"
    )
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE.safetensors")
    parser.add_argument("--input", type=Path, required=True, metavar="X.npy", help="raw inputs (N, ...)")
    parser.add_argument("--output", type=Path, required=True, metavar="Y.npy", help="network outputs (N, k)")
    parser.add_argument(
        "--classes", action="store_true", help="write the class of each sample instead of outputs"
    )
    parser.add_argument("--engine", choices=("numpy", "torch"))
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Predict and write; return the exit code."""
    from playground.cli import weights
    from playground.data import load
    from playground.data.folder import data_folder
    from playground.data.targets import decide
    from playground.runs.evaluation import outputs

    experiment, _ = experiments.find(options.experiment)
    experiment = experiments.settings(experiment, options.set)
    if options.engine:
        experiment = experiment.replace("engine", options.engine)
    check(experiment)
    enforce(experiment)
    if options.classes and experiment.data.target().kind != "classes":
        raise SpecError("cli.no_classes", place="--classes", value=experiment.data.kind)
    state = weights.read(options.weights)
    dataset = load(experiment.data, data_folder())
    if experiment.adversary is not None:
        return _generate(options, experiment, state, dataset)
    x = _inputs(options.input, dataset)
    if dataset.series is not None:
        network_input = dataset.scaling.apply(x)
    elif dataset.points is None and x.dtype.kind == "f" and len(x.shape) > 2:
        network_input = x.astype(np.float32)
    else:
        from playground.data import featurise

        network_input = featurise(dataset, x)
    y = outputs(experiment, state, network_input)
    if options.classes:
        y = decide(experiment, y)
    elif dataset.target_scaling is not None:
        y = dataset.target_scaling.undo(y).astype(np.float32)
    return _write(options, x, y)


def _generate(options: argparse.Namespace, experiment: Experiment, state: State, dataset: Dataset) -> int:
    """Let a generator make samples of latents, and write them."""
    from playground.runs.generating import generated

    adversary = experiment.adversary
    assert adversary is not None
    if options.classes:
        raise SpecError("cli.no_classes", place="--classes", value=experiment.data.kind)
    told = adversary.conditional != "none"
    x = _array(options.input)
    width = adversary.latent_dim + told
    if x.shape[1:] != (width,):
        raise SpecError("cli.shape", place="--input", value=list(x.shape), expected=["N", width])
    _require_finite(x)
    z = np.asarray(x[:, : adversary.latent_dim], np.float32)
    y = np.asarray(x[:, -1], np.int64) if told else None
    return _write(options, x, generated(experiment, state, dataset, z, y))


def _write(options: argparse.Namespace, x: npt.NDArray[np.generic], y: npt.NDArray[np.generic]) -> int:
    """Write what came out and report."""
    try:
        with options.output.open("wb") as file:
            np.save(file, y, allow_pickle=False)
    except OSError as error:
        raise SpecError("cli.unwritable", value=str(options.output), reason=error.strerror or "") from error
    report = {"samples": len(y), "input": list(x.shape), "output": list(y.shape), "file": str(options.output)}
    if options.json:
        print_json(report)
    else:
        say(f"{options.output}: {tuple(y.shape)} {y.dtype}")
    return 0


def _inputs(path: Path, dataset: Dataset) -> npt.NDArray[np.generic]:
    """Return the raw inputs of a .npy file: (N, columns), or pictures as (N, *input_shape)."""
    x = _array(path)
    shape = (dataset.x if dataset.points is None else dataset.points).shape[1:]
    rows_of_pixels = len(shape) > 1 and x.ndim > 1 and math.prod(x.shape[1:]) == math.prod(shape)
    if x.shape[1:] != shape and not rows_of_pixels and not (x.ndim == 1 and shape == (1,)):
        raise SpecError("cli.shape", place="--input", value=list(x.shape), expected=["N", *shape])
    x = np.asarray(x).reshape(-1, *shape)
    _require_finite(x)
    return x


def _require_finite(x: npt.NDArray[np.generic]) -> None:
    finite = np.isfinite(x)
    if not finite.all():
        bad = int(np.flatnonzero(~finite.reshape(len(x), -1).all(axis=1))[0])
        raise SpecError("cli.not_finite", place="--input", value=bad)


def _array(path: Path) -> npt.NDArray[np.generic]:
    """Return the numbers of a .npy file."""
    try:
        if path.stat().st_size > MAX_INPUT_BYTES:
            raise SpecError("cli.too_big", value=str(path), bound=f"{MAX_INPUT_BYTES:,}")
        x = np.load(path, allow_pickle=False, mmap_mode="r")
    except OSError as error:
        raise SpecError("cli.unreadable", value=str(path), reason=error.strerror or str(error)) from error
    except (ValueError, EOFError) as error:
        raise SpecError("cli.not_array", value=str(path), reason=str(error)) from error
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub" or x.ndim == 0:
        raise SpecError("cli.not_array", value=str(path), reason="numbers are expected")
    return x
