"""What the stage's pictures need to know before the first frame, and what does not change while a run goes on.

One binary message: a frame of kind `"setup"` whose header also holds the facts, and whose arrays are points and maps of
the input. Knows no run, no socket and no visitor but their language.
"""

from __future__ import annotations

import zlib
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from playground import i18n
from playground.data import Dataset, featurise
from playground.data.ground import is_light
from playground.live.envelope import with_fields
from playground.live.texts import text_facts
from playground.probes.columns import columns
from playground.probes.maps import GRID, line_points, nice, plane_points, signed
from playground.probes.outcomes import MAX_SAMPLES, held_back
from playground.probes.sequence import beforehand
from playground.runs import frames
from playground.runs.frames import Snapshot
from playground.spec import Experiment
from playground.spec.adversary import PLAYERS, discriminator_input, generator_input
from playground.spec.image_data import tells_light
from playground.views import theme

Arrays = dict[str, npt.NDArray[Any]]
FAMILIES = ("data", "loss", "optimizer", "schedule")
MAX_POINTS = 5000
MAX_INPUT_MAPS = 64
MAX_PICTURES = 64
MAX_JUDGED = 1 << 20
GREY = 17
LIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)


def setup(experiment: Experiment, dataset: Dataset, lang: str = "en") -> bytes:
    """Return the setup message of an experiment on its data set."""
    arrays, known = static_arrays(dataset), facts(experiment, dataset, lang)
    for name, found in (
        ("sequence", beforehand.first_sequence(experiment, dataset)),
        ("series", beforehand.series(dataset)),
    ):
        if found is not None:
            known[name] = found.plain
            arrays |= {f"{name}/{array}": values for array, values in found.arrays.items()}
    message = frames.encode(Snapshot(0, 0.0, {}, arrays, "setup"))
    return with_fields(message, setup=known)


def facts(experiment: Experiment, dataset: Dataset, lang: str = "en") -> dict[str, Any]:
    """Return the facts, JSON-plain: see `stage.setup` in `assets/board.js`."""
    shape = experiment.input_shape()
    model = experiment.model
    return {
        "lang": lang if lang in i18n.LANGUAGES else "en",
        "experiment": whole(experiment),
        "layers": [
            {
                "index": index,
                "kind": layer.kind,
                "name": i18n.text(f"layer.{layer.kind}", lang),
                "shape": list(output),
                "parameters": parameters,
            }
            for index, (layer, output, parameters) in enumerate(
                zip(model.layers, model.shapes(shape), model.layer_parameters(shape), strict=True)
            )
        ],
        "columns": _columns(experiment, dataset, lang),
        **_players(experiment),
        "input": {
            "labels": _inputs(experiment, dataset, lang),
            "shape": list(dataset.input_shape),
            **_measured(dataset),
            **_shown(experiment, dataset),
        },
        "target": {
            "kind": dataset.target.kind,
            "size": dataset.target.size,
            "names": list(dataset.spoken(lang)),
            "name": getattr(experiment.data, "target_column", ""),
            "steps": dataset.target.steps,
            **_unit(dataset),
        },
        "pattern": experiment.data.pattern(),
        "extent": _extent(dataset),
        "goal": _goal(experiment),
        "steps_per_epoch": -(-len(dataset.x) // (experiment.training.batch_size or len(dataset.x))),
        "samples": [len(dataset.x), len(dataset.x_test)],
        "themes": {"light": asdict(theme.LIGHT), "dark": asdict(theme.DARK)},
        "words": words(lang),
        **text_facts(experiment, dataset),
    }


def whole(experiment: Experiment) -> dict[str, Any]:
    """Return every setting of an experiment, also those that are as they always are."""
    families = {name: getattr(experiment, name).model_dump(mode="json") for name in FAMILIES}
    layers = [layer.model_dump(mode="json") for layer in experiment.model.layers]
    return experiment.model_dump(mode="json") | families | {"model": {"layers": layers}}


def static_arrays(dataset: Dataset) -> Arrays:
    """Return the points and their labels, and what each input is at every place of the plane.

    Returns:
        `points` (N, 2) or (N, 1) f4, `labels` (N,) i4 classes or f4 numbers, the same with `_test`; at most 5,000 of
        each, the first ones, whose index is that of the sample; no labels where there is one at each step.
        `input_maps` (F, 34, 34) u1 and `input_maps/reach` (F,) f4 for two-dimensional data, bytes as in the probe
        `maps`; (1, 1, 34) for one-dimensional data.

        Where a sample is a picture: `pictures` (up to 64, H, W) u1 the first training samples, 255 = 1; `judged`
        (bytes,) u1 the first of those that the probe `verdicts` speaks of, N · H · W bytes in 16 greys, deflated;
        `judged/shape` (3,) i4 N, H, W.
    """
    found: Arrays = {}
    for end, points, y in (
        ("", dataset.points, dataset.y),
        ("_test", dataset.points_test, dataset.y_test),
    ):
        if points is not None:
            found[f"points{end}"] = np.asarray(points[:MAX_POINTS], np.float32)
        if not dataset.target.steps:  # no picture shows all answers of all steps
            found[f"labels{end}"] = _labels(dataset, y[:MAX_POINTS])
    if len(dataset.input_shape) == 3:
        found["pictures"] = _pictures(dataset.x[:MAX_PICTURES])
        judged = held_back(dataset)[0]
        greys = _pictures(judged[: min(MAX_SAMPLES, MAX_JUDGED // judged[0, 0].size)])
        # Sixteen greys are as many as anyone sees in so small a picture, and they take an eighth of the way.
        packed = zlib.compress((np.rint(greys / GREY) * GREY).astype(np.uint8).tobytes())
        found["judged"] = np.frombuffer(packed, np.uint8)
        found["judged/shape"] = np.array(greys.shape, np.int32)
    if dataset.points is not None and dataset.extent is not None and len(dataset.extent) == 2:
        x = featurise(dataset, plane_points(dataset, GRID))[:, :MAX_INPUT_MAPS]
        rows = x.reshape(GRID, GRID, -1)[::3, ::3]  # the same places as the units' maps
        reach = np.array([nice(float(np.abs(rows[..., i]).max())) for i in range(rows.shape[2])], np.float32)
        found["input_maps"] = np.stack([signed(rows[..., i], float(r)) for i, r in enumerate(reach)])
        found["input_maps/reach"] = reach
    line = line_points(dataset)
    if line is not None:
        x = featurise(dataset, line)
        end = nice(float(np.abs(x).max()))
        found["input_maps"] = signed(x.T, end).reshape(1, 1, -1)
        found["input_maps/reach"] = np.array([end], np.float32)
    return found


def words(lang: str) -> dict[str, str]:
    """Return every text of `[stage]` by its key without `stage.`, in `lang`, English where it is not spoken."""
    prefix = "stage."
    spoken = i18n.keys(lang if lang in i18n.LANGUAGES else "en")
    return {name.removeprefix(prefix): text for name, text in spoken.items() if name.startswith(prefix)}


def _pictures(x: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return pictures (N, C, H, W) as bytes, of colours how light they are (ITU-R BT.601)."""
    grey = x[:, 0] if x.shape[1] == 1 else np.einsum("c,nchw->nhw", LIGHTNESS, x[:, :3])
    return np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8)


def _labels(dataset: Dataset, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if dataset.target.kind == "classes":
        return y.astype(np.int32)
    return np.ascontiguousarray(y[:, 0], np.float32)


def _columns(experiment: Experiment, dataset: Dataset, lang: str) -> list[dict[str, Any]]:
    found = columns(experiment.model, experiment.input_shape())
    last = len(found) - 1
    return [
        {
            "layer": column.layer,
            "until": column.until,
            "units": column.units,
            "activation": column.activation,
            "bounded": column.bounded,
            "name": _column_name(experiment, column.layer, number, number == last, lang),
        }
        for number, column in enumerate(found)
    ]


def _column_name(experiment: Experiment, layer: int, number: int, last: bool, lang: str) -> str:
    """Return what a column is called: of a network for pictures as the list of layers has it, `4 · Convolution`."""
    if len(experiment.input_shape()) == 3:
        return f"{layer + 1} · {i18n.text(f'layer.{experiment.model.layers[layer].kind}', lang)}"
    return i18n.text("stage.output", lang) if last else i18n.text("stage.hidden", lang, number=number + 1)


def _players(experiment: Experiment) -> dict[str, Any]:
    """Return how both players of a game are drawn; nothing for a single network."""
    if experiment.adversary is None:
        return {}
    maps = len(experiment.data.input_shape()) == 1
    models = experiment.model, experiment.adversary.discriminator
    shapes = generator_input(experiment), discriminator_input(experiment)
    found = {
        name: {
            "inputs": shape[0],
            "maps": maps,
            "columns": [
                {"layer": one.layer, "until": one.until, "units": one.units, "activation": one.activation}
                for one in columns(model, shape)
            ],
        }
        for name, model, shape in zip(PLAYERS, models, shapes, strict=True)
    }
    return {"players": found}


def _inputs(experiment: Experiment, dataset: Dataset, lang: str) -> list[str]:
    """Return what the inputs are called; those of tasks that we have thought up, in the visitor's language."""
    if experiment.data.nature != "series":
        return list(dataset.feature_names)
    keys = {name: f"ui.sign.{name}" for name in dataset.feature_names}
    return [i18n.text(key, lang) if i18n.has(key, lang) else name for name, key in keys.items()]


def _measured(dataset: Dataset) -> dict[str, Any]:
    """Return how a series' input becomes a number as it was measured: times `scale`, plus `offset`, in `unit`."""
    if dataset.series is None:
        return {}
    scaling = dataset.scaling
    return {
        "unit": dataset.series.unit,
        "scale": float(scaling.scale[0]),
        "offset": float(scaling.offset[0]),
    }


def _shown(experiment: Experiment, dataset: Dataset) -> dict[str, bool]:
    """Return whether pictures have white at 1 (`photo`), and whether most stand on a light ground (`light`)."""
    if len(dataset.input_shape) != 3:
        return {}
    return {"photo": tells_light(experiment.data), "light": is_light(dataset.x)}


def _unit(dataset: Dataset) -> dict[str, float]:
    """Return how a target becomes a number in the unit of the data: times `scale`, plus `offset`."""
    scaling = dataset.target_scaling
    if scaling is None:
        return {"scale": 1.0, "offset": 0.0}
    return {"scale": float(scaling.scale[0]), "offset": float(scaling.offset[0])}


def _extent(dataset: Dataset) -> list[float] | None:
    if dataset.points is None or dataset.extent is None:
        return None
    return [float(bound) for axis in dataset.extent for bound in axis]


def _goal(experiment: Experiment) -> dict[str, float] | None:
    training = experiment.training
    goal = {"loss": training.target_loss, "accuracy": training.target_accuracy}
    return {name: value for name, value in goal.items() if value} or None
