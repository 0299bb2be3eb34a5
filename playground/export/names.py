"""What a file is called and what stands above it: the experiment in a few words. Knows no run and no screen."""

from __future__ import annotations

import math

from playground import i18n
from playground.presets import presets
from playground.probes.columns import columns
from playground.spec import Experiment, SpecError

SEPARATOR = " → "


def sizes(experiment: Experiment) -> tuple[int, ...]:
    """Return the number of inputs and the units of each column; only the inputs where the layers do not fit."""
    shape = experiment.data.input_shape()
    try:
        units = [column.units for column in columns(experiment.model, shape)]
    except SpecError:
        units = []
    return (math.prod(shape), *units)


def slug(experiment: Experiment) -> str:
    """Return the beginning of a file's name: `spiral-2-8-8-1`."""
    return "-".join([experiment.data.kind.lower(), *map(str, sizes(experiment))])


def title(experiment: Experiment, lang: str = "en") -> str:
    """Return the name of the preset that the experiment is, else of its data."""
    known = (preset for preset in presets().values() if preset.experiment == experiment)
    preset = next(known, None)
    return preset.title(lang) if preset else i18n.text(f"data.{experiment.data.kind}", lang)


def network(experiment: Experiment) -> str:
    """Return the network in a line: `2 → 8 → 8 → 1`."""
    return SEPARATOR.join(map(str, sizes(experiment)))
