"""Frames with the pictures that are wanted: what a recorded frame lacks is computed from the weights it holds.

A run that nobody watched was recorded with few pictures, and a view that comes on screen later wants others. Every
frame that holds all tensors can give them, exactly, because a picture is a function of the weights. Gradients are the
one exception: they belong to a step, not to a state.
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground import probes
from playground.data import Dataset, load
from playground.probes import Subject
from playground.probes.maps import GRID
from playground.probes.registry import names
from playground.runs import frames
from playground.runs.evaluation import MAX_SAMPLES, share
from playground.runs.frames import Snapshot
from playground.runs.trainer import trainer_of
from playground.spec import Experiment, SpecError, State, estimate

WEIGHT = "w/"
MOST_FLOPS = 2e10
"""A network above this is not looked at in this process."""
MOST_PARAMETERS = 20_000_000
OF_WEIGHTS = ("filters",)
"""Probes that look at the weights alone."""
_length = struct.Struct("<I")
_judging = threading.Lock()
"""Two who ask for the same network at once have it judged once."""


def array_names(frame: bytes) -> set[str]:
    """Return the names of a frame's arrays, without a look at the arrays."""
    (length,) = _length.unpack_from(frame)
    header: Any = json.loads(frame[_length.size : _length.size + length])
    return {entry["name"] for entry in header["arrays"]}


def lacks(frame: bytes, experiment: Experiment, folder: Path, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return which of the probes `wanted` a frame does not show, although it could."""
    present = array_names(frame)
    if not any(name.startswith(WEIGHT) for name in present):
        return ()
    # pyright does not know that pydantic's frozen models are hashable.
    known = {name: gives(experiment, folder, name) for name in wanted}  # pyright: ignore[reportArgumentType]
    return tuple(name for name in wanted if not known[name] <= present)


def complete(frame: bytes, experiment: Experiment, folder: Path, wanted: tuple[str, ...]) -> bytes:
    """Return `frame` with the arrays of the probes in `wanted`; as it is where they cannot be had."""
    snapshot = frames.decode(frame)
    try:
        dataset = load(experiment.data, folder)
        subject = Subject(experiment, dataset, _state(experiment, dataset, snapshot.arrays))
        found = {name: array for probe in wanted for name, array in probes.compute(probe, subject).items()}
    except (SpecError, KeyError):
        return frame
    return frames.encode(replace(snapshot, arrays={**found, **snapshot.arrays}))


@lru_cache(maxsize=256)
def gives(experiment: Experiment, folder: Path, probe: str) -> frozenset[str]:
    """Return the names of the arrays that a probe gives for an experiment, whatever its weights."""
    if probe not in names() or not small(experiment):
        return frozenset()
    try:
        dataset = load(experiment.data, folder)
        state = initial_state(experiment, dataset)
        return frozenset(probes.compute(probe, Subject(experiment, dataset, state)))
    except SpecError:
        return frozenset()


@lru_cache(maxsize=64)
def untrained(experiment: Experiment, folder: Path, wanted: tuple[str, ...]) -> bytes | None:
    """Return the frame of a network at step 0; None where it is too large for this process or cannot be trained.

    Where judging it on all its data would take too long here, it has no metrics: what is asked of it, and what can be
    read off its weights, needs none.
    """
    here = experiment.model_copy(update={"engine": "numpy", "device": "cpu"})
    if not small(here):
        return _unjudged(here, folder, wanted)
    with _judging:
        frame = _judged(here, folder)  # pyright: ignore[reportArgumentType] - as above
    more = tuple(name for name in wanted if name != "weights")
    return frame if frame is None or not more else complete(frame, here, folder, more)


@lru_cache(maxsize=64)
def _judged(experiment: Experiment, folder: Path) -> bytes | None:
    """Return the frame with metrics and weights alone: judging takes far longer than most pictures do."""
    try:
        return frames.encode(trainer_of(experiment, load(experiment.data, folder)).snapshot(("weights",)))
    except SpecError:
        return None


def _unjudged(experiment: Experiment, folder: Path, wanted: tuple[str, ...]) -> bytes | None:
    try:
        if experiment.adversary is not None or estimate(experiment).parameters > MOST_PARAMETERS:
            return None
        dataset = load(experiment.data, folder)
        subject = Subject(experiment, dataset, initial_state(experiment, dataset))
        seen = [probes.compute(name, subject) for name in wanted if name in OF_WEIGHTS]
    except SpecError:
        return None
    arrays = {name: array for found in seen for name, array in found.items()}
    return frames.encode(Snapshot(0, 0.0, {}, arrays, "glance"))


def small(experiment: Experiment) -> bool:
    """Tell whether looking at a network is a matter of milliseconds."""
    try:
        train, test = experiment.data.num_samples()
        judged = min(train, share(experiment.model, experiment.input_shape())) + min(test, MAX_SAMPLES)
        places = GRID**2 if experiment.data.nature == "points" else 0
        flops = experiment.model.flops(experiment.input_shape()) * (judged + places)
        return flops <= MOST_FLOPS and estimate(experiment).parameters <= 2_000_000
    except SpecError:
        return False


def _state(experiment: Experiment, dataset: Dataset, arrays: dict[str, npt.NDArray[Any]]) -> State:
    """Return the tensors of a frame as a net takes them. Raises KeyError if one is missing."""
    return {
        name: arrays[WEIGHT + name].astype(np.int64 if tensor.init == "count" else np.float32)
        for name, tensor in experiment.tensors().items()
    }


def initial_state(experiment: Experiment, dataset: Dataset) -> State:
    """Return the tensors of a network before its first step, as an engine holds them."""
    state = experiment.initial_state()
    return {name: x.astype(np.float32) if x.dtype.kind == "f" else x for name, x in state.items()}
