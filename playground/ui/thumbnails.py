"""One thumbnail for each kind of data, drawn from real samples of it and served by a route of our own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from playground.spec import DataSpec, SpecError
from playground.views import theme as look
from playground.views import thumbs

COUNT = 90


@lru_cache(maxsize=64)
def thumbnail(kind: str, appearance: str) -> str | None:
    """Return the SVG of a kind of data in "light" or "dark"; None for an unknown kind or where data are missing."""
    theme = look.of(appearance)
    family = DataSpec.catalogue().get(kind)
    if family is None:
        return None
    if kind == "Csv":
        return thumbs.table(theme)
    try:
        return _drawn(theme, family.parse({}))
    except SpecError:
        return None


def _drawn(theme: look.Theme, spec: DataSpec) -> str:
    from playground.data import load

    data = load(spec)
    if data.points is None:
        pixels = data.x[0].reshape(data.x.shape[-2:])
        return thumbs.picture(theme, pixels)
    if data.points.shape[1] == 1:
        return thumbs.curve(theme, data.points[:COUNT, 0], data.y[:COUNT, 0])
    crowded = spec.target().size > 2 or spec.kind in ("Checkerboard", "MultiGaussian")
    some = slice(0, 2 * COUNT if crowded else COUNT)
    classes = spec.target().kind == "classes"
    value = np.asarray(data.y[some], np.float64).reshape(-1)
    if not classes:
        value = value / max(float(np.abs(value).max()), 1e-9)
    return thumbs.points(theme, data.points[some], value, classes=classes)
