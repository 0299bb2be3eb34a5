"""Thumbnails, served by a route of our own: kinds of data from real samples of them, examples from what is learned."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from playground.data import Dataset
from playground.presets import presets
from playground.spec import DataSpec, SpecError
from playground.views import sequence_thumbs, thumbs
from playground.views import theme as look

COUNT = 90
OWN = {
    "Csv": thumbs.table,
    "OwnImages": thumbs.album,
    "SeriesCsv": sequence_thumbs.chart,
    "TextCsv": thumbs.table,
    "CorpusOwn": sequence_thumbs.sheet,
}
"""What a visitor brings along has no samples before it is there."""


def thumbnail(kind: str, appearance: str) -> str | None:
    """Return the SVG of a kind of data in "light" or "dark"; None for an unknown kind."""
    theme = look.of(appearance)
    if kind not in DataSpec.catalogue():
        return None
    if kind in OWN:
        return OWN[kind](theme)
    try:
        return _sampled(kind, appearance)
    except SpecError:  # not here, or not yet: that is not remembered
        return thumbs.absent(theme)


@lru_cache(maxsize=64)
def _sampled(kind: str, appearance: str) -> str:
    return _drawn(look.of(appearance), DataSpec.catalogue()[kind].parse({}))


@lru_cache(maxsize=64)
def preset_thumbnail(key: str, appearance: str) -> str | None:
    """Return the SVG of an example: what a network trained on it answers on the plane; else that of its data."""
    from playground.data.folder import data_folder
    from playground.live.opening import learned
    from playground.runs import frames

    preset = presets().get(key)
    if preset is None:
        return None
    frame = learned(preset.experiment.to_json(), data_folder(), preset.epochs)
    arrays = frames.decode(frame).arrays if frame is not None else {}
    theme = look.of(appearance)
    if "map/plane" in arrays:
        return thumbs.plane(theme, (arrays["map/plane"][::2, ::2].astype(float) - 128) / 127)
    if "map/class" in arrays:
        return thumbs.plane(theme, arrays["map/class"][::2, ::2], arrays["map/confidence"][::2, ::2] / 255)
    return thumbnail(preset.experiment.data.kind, appearance)


def _drawn(theme: look.Theme, spec: DataSpec) -> str:
    from playground.data import load
    from playground.data.folder import data_folder

    data = load(spec, data_folder())
    if data.series is not None:
        return sequence_thumbs.line(theme, data.series.values, data.series.begins)
    if data.texts:
        return sequence_thumbs.words(theme, _short(data))
    if spec.nature == "series":
        return sequence_thumbs.columns(theme, data.x[0])
    if data.points is None:
        pixels = data.x[0]
        return thumbs.picture(theme, pixels[0]) if len(pixels) == 1 else thumbs.photo(pixels)
    if data.points.shape[1] == 1:
        return thumbs.curve(theme, data.points[:COUNT, 0], data.y[:COUNT, 0])
    crowded = spec.target().size > 2 or spec.kind in ("Checkerboard", "MultiGaussian")
    some = slice(0, 2 * COUNT if crowded else COUNT)
    classes = spec.target().kind == "classes"
    value = np.asarray(data.y[some], np.float64).reshape(-1)
    if not classes:
        value = value / max(float(np.abs(value).max()), 1e-9)
    return thumbs.points(theme, data.points[some], value, classes=classes)


def _short(data: Dataset) -> list[tuple[str, int]]:
    """Return a few short training texts with their classes: of idioms one, two characters a line."""
    if data.target.steps:
        first = data.texts[0].split("\n")[0][:14]
        middle = (len(first) + 1) // 2
        return [(first[:middle], -1), (first[middle:], -1)]
    if data.pipeline is None or data.pipeline.how == "characters":
        chosen = [
            [text for text, y in zip(data.texts, data.y, strict=True) if y == number] for number in range(3)
        ]
        return [
            (min(mine, key=lambda text: (abs(len(text) - 5), text)), number)
            for number, mine in enumerate(chosen)
            if mine
        ]
    return _telling(data)


def _telling(data: Dataset) -> list[tuple[str, int]]:
    """Return for each of the first classes the word that its training texts have most often and the others do not."""
    assert data.pipeline is not None
    counts = np.zeros((data.target.size, len(data.vocabulary)), np.int64)
    for row, y in zip(data.x.astype(np.int64), data.y, strict=True):
        np.add.at(counts[int(y)], np.unique(row[row > 1]), 1)
    lead = 2 * counts - counts.sum(axis=0)
    return [(data.vocabulary[int(lead[number].argmax())], number) for number in range(min(len(lead), 3))]
