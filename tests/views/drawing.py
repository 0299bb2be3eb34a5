"""Every view once, on small arrays, in any theme and language: what the tests of this folder draw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from playground.views.agreement import agreement
from playground.views.confusion import confusion
from playground.views.curves import curves
from playground.views.function import function
from playground.views.network import Column, network
from playground.views.pictures import examples, filters
from playground.views.plane import Points, plane
from playground.views.theme import Theme
from playground.views.weights import weights

Draw = Callable[[Theme, str, int], go.Figure]
"""A view as a function of theme, language and the moment: other moments, other numbers."""


def _random(moment: int) -> np.random.Generator:
    return np.random.default_rng(moment)


def _points(moment: int, classes: int) -> Points:
    random = _random(7)
    value = random.integers(0, classes, 30) if classes else random.uniform(-1, 1, 30)
    return Points(random.uniform(-5, 5, (30, 2)), value)


def _plane(theme: Theme, lang: str, moment: int) -> go.Figure:
    surface = _random(moment).uniform(-1, 1, (12, 12))
    points = _points(moment, 2)
    return plane(theme, lang, surface, extent=((-6, 6), (-6, 6)), train=points, test=points, names=("0", "1"))


def _plane_of_classes(theme: Theme, lang: str, moment: int) -> go.Figure:
    surface = _random(moment).dirichlet(np.ones(4), (12, 12)).astype(np.float32)
    points = _points(moment, 4)
    return plane(
        theme, lang, surface, extent=((-6, 6), (-6, 6)), train=points, test=points, names=tuple("abcd")
    )


def _plane_of_numbers(theme: Theme, lang: str, moment: int) -> go.Figure:
    surface = _random(moment).normal(size=(12, 12))
    points = _points(moment, 0)
    return plane(theme, lang, surface, extent=((-6, 6), (-2, 2)), train=points, span=1.2)


def _curves(theme: Theme, lang: str, moment: int) -> go.Figure:
    train = np.exp(-np.linspace(0, 3, 40)) * (1 + moment)
    return curves(theme, lang, np.linspace(0, 9, 40), train, train * 1.1, what="loss")


def _accuracy(theme: Theme, lang: str, moment: int) -> go.Figure:
    return curves(
        theme, lang, np.arange(5.0), np.linspace(0.1, 0.9, 5), None, what="accuracy", log=bool(moment % 2)
    )


def _function(theme: Theme, lang: str, moment: int) -> go.Figure:
    x = np.linspace(-6, 6, 20)
    line = np.sin(np.linspace(-6, 6, 50) + moment)
    return function(theme, lang, line, extent=(-6, 6), train=(x, np.sin(x)), test=(x, np.cos(x)))


def _confusion(theme: Theme, lang: str, moment: int) -> go.Figure:
    return confusion(theme, lang, _random(moment).integers(0, 30, (4, 4)) * (1 - moment % 2), tuple("abcd"))


def _agreement(theme: Theme, lang: str, moment: int) -> go.Figure:
    truth = np.linspace(-1, 1, 15)
    return agreement(theme, lang, truth, truth + _random(moment).normal(size=15), name="price")


def _network(theme: Theme, lang: str, moment: int) -> go.Figure:
    random = _random(moment)
    columns = [
        Column("in", 2, labels=("x₁", "x₂"), tiles=random.uniform(-1, 1, (2, 8, 8))),
        Column("hidden", 20, tiles=random.uniform(-1, 1, (20, 8, 8)), bias=random.normal(size=20)),
        Column("out", 3, labels=("a", "b", "c"), bias=random.normal(size=3)),
    ]
    return network(theme, lang, columns, [random.normal(size=(8, 2)), random.normal(size=(3, 8))])


def _weights(theme: Theme, lang: str, moment: int) -> go.Figure:
    random = _random(moment)
    return weights(theme, lang, "Linear", random.uniform(-0.9, 0.9, (6, 4)), random.uniform(-0.5, 0.5, 6))


def _filters(theme: Theme, lang: str, moment: int) -> go.Figure:
    return filters(theme, lang, _random(moment).uniform(-0.09, 0.09, (50, 64)), (8, 8))


def _examples(theme: Theme, lang: str, moment: int) -> go.Figure:
    pictures = _random(moment).uniform(0, 1, (10, 8, 8))
    return examples(
        theme, lang, pictures, ["7 → 1"] * 10, title="digits", alt="ten digits", wrong=[True] + [False] * 9
    )


VIEWS: dict[str, Draw] = {
    "plane": _plane,
    "plane of classes": _plane_of_classes,
    "plane of numbers": _plane_of_numbers,
    "loss": _curves,
    "accuracy": _accuracy,
    "function": _function,
    "confusion": _confusion,
    "agreement": _agreement,
    "network": _network,
    "weights": _weights,
    "filters": _filters,
    "examples": _examples,
}
