"""What a file is called and what stands above it: the experiment in a few words. Knows no run and no screen."""

from __future__ import annotations

from playground import i18n
from playground.presets import presets
from playground.probes.columns import columns
from playground.spec import Experiment, Shape, SpecError

SEPARATOR = " → "


def shapes(experiment: Experiment) -> list[Shape]:
    """Return the shape of a sample and of what each column gives; only the first where the layers do not fit."""
    shape = experiment.input_shape()
    try:
        outputs = experiment.model.shapes(shape)
        return [shape, *(outputs[column.layer] for column in columns(experiment.model, shape))]
    except SpecError:
        return [shape]


def slug(experiment: Experiment) -> str:
    """Return the beginning of a file's name: `spiral-2-8-8-1`, `mnist-28x28-32-10` (of maps their number)."""
    first, *others = shapes(experiment)
    sizes = [_written(first).replace("×", "x"), *(str(shape[0]) for shape in others)]
    return "-".join([experiment.data.kind.lower(), *sizes])


def title(experiment: Experiment, lang: str = "en") -> str:
    """Return the name of the preset that the experiment is, else of its data."""
    known = (preset for preset in presets().values() if preset.experiment == experiment)
    preset = next(known, None)
    return preset.title(lang) if preset else i18n.text(f"data.{experiment.data.kind}", lang)


def network(experiment: Experiment) -> str:
    """Return the network in a line: `2 → 8 → 8 → 1`, `28×28 → 32×26×26 → 10`."""
    return SEPARATOR.join(_written(shape) for shape in shapes(experiment))


def _written(shape: Shape) -> str:
    """Return a shape as people write it: a picture with one channel is rows × columns."""
    return "×".join(map(str, shape[1:] if len(shape) == 3 and shape[0] == 1 else shape))
