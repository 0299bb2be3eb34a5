"""From an experiment and the arrays of a moment to the columns and edges of the network's picture. Knows no screen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.data import Dataset, featurise
from playground.i18n import text
from playground.spec import Experiment
from playground.views.network import MOST, Column

TILE = 24


def columns(
    experiment: Experiment, dataset: Dataset, arrays: Mapping[str, np.ndarray], lang: str
) -> tuple[list[Column], list[np.ndarray | None]]:
    """Return the columns from input to output and the weights between them.

    A column is a `Linear` with what follows it up to the next one: its tiles are what comes out there.
    """
    layers = experiment.model.layers
    dense = [
        index
        for index, layer in enumerate(layers)
        if layer.kind == "Linear" and f"w/{index}.weight" in arrays
    ]
    found = [_input(experiment, dataset, arrays, lang)]
    weights: list[np.ndarray | None] = []
    pictures = len(dataset.input_shape) == 3
    for place, index in enumerate(dense):
        weight = arrays[f"w/{index}.weight"]
        until = dense[place + 1] if place + 1 < len(dense) else len(layers)
        last = place + 1 == len(dense)
        if pictures and place == 0:
            tiles: np.ndarray | None = _filters(weight, dataset.input_shape)
        else:
            tiles = _responses(experiment, arrays, until - 1, last)
        follows = next((layer.kind for layer in layers[index + 1 : until] if layer.is_activation), "")
        name = text("ui.column.output" if last else "ui.column.hidden", lang, number=place + 1)
        found.append(
            Column(
                name=f"{name} · {follows}" if follows and not last else name,
                units=len(weight),
                labels=dataset.class_names if last and len(weight) == len(dataset.class_names) else (),
                tiles=tiles,
                bias=arrays.get(f"w/{index}.bias"),
            )
        )
        weights.append(None if pictures and place == 0 else weight[:MOST, :MOST])
    return found, weights


def _input(experiment: Experiment, dataset: Dataset, arrays: Mapping[str, np.ndarray], lang: str) -> Column:
    name = text("ui.column.input", lang)
    if len(dataset.input_shape) == 3:
        picture = dataset.x[0].reshape(dataset.input_shape[-2:])
        size = "×".join(map(str, picture.shape))
        return Column(name=f"{name} {size}", units=picture.size, tiles=picture[None, ::-1], whole=True)
    labels = tuple(pretty(feature) for feature in dataset.feature_names)
    if dataset.points is None or dataset.extent is None:
        return Column(name=name, units=dataset.input_shape[0], labels=labels)
    sides = [np.linspace(low, high, TILE) for low, high in dataset.extent]
    grid = np.meshgrid(*sides) if len(sides) == 2 else [np.tile(sides[0], (TILE, 1))]
    places = np.stack([side.ravel() for side in grid], axis=1)
    seen = featurise(dataset, places).T.reshape(-1, TILE, TILE)
    return Column(name=name, units=len(seen), labels=labels, tiles=_scaled(seen))


def _responses(
    experiment: Experiment, arrays: Mapping[str, np.ndarray], index: int, last: bool
) -> np.ndarray | None:
    if last and "grid" in arrays:
        return shown(experiment, arrays["grid"].transpose(2, 0, 1)[:, ::3, ::3])
    tiles = arrays.get(f"tiles/{index}")
    return None if tiles is None else _scaled(tiles)


def shown(experiment: Experiment, values: np.ndarray) -> np.ndarray:
    """Return outputs as `shades` gives them on the palette's scale, −1 to +1."""
    if experiment.data.target().kind == "regression":
        return _scaled(values)
    return values if values.shape[0] == 1 else 2 * values - 1


def _filters(weight: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    pictures = weight[:MOST].reshape(-1, *shape[-2:])[:, ::-1]
    return _scaled(pictures, least=0.0)


def _scaled(values: np.ndarray, least: float = 1.0) -> np.ndarray:
    """Shrink the whole column into about −1 … +1 where it reaches beyond; what is small stays small."""
    if not values.size:
        return values.astype(np.float32)
    # A few extreme places would leave all others grey.
    reach = max(float(np.quantile(np.abs(values), 0.9)), least, 1e-9)
    return np.clip(values / reach, -1, 1).astype(np.float32)


def pretty(feature: str) -> str:
    """Return a feature's name as it is written in a formula."""
    return feature.replace("x1", "x₁").replace("x2", "x₂").replace("^2", "²").replace("*", "·")
