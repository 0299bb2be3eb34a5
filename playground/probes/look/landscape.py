"""A map of what the network knows just before it decides: the held-back pictures in the plane of their two main axes.

Principal components of the penultimate layer's output: Pearson (1901), Hotelling (1933).
"""

from __future__ import annotations

import numpy as np

from playground.data.targets import decide
from playground.probes.asks import Answer, Nothing, Scene, ask
from playground.probes.look.penultimate import activations, affordable, penultimate
from playground.probes.look.picture import require_small
from playground.probes.outcomes import held_back
from playground.probes.registry import Array, in_chunks
from playground.spec import SpecError

MOST_SAMPLES = 600
MOST_WORK = 3e9
"""It is asked for again and again."""


@ask(Nothing)
def landscape(scene: Scene, wanted: Nothing, lang: str) -> Answer:
    """Return where the first held-back pictures lie.

    Returns:
        plain: `layer` (whose output is shown, −1 for the pixels), `width` (how many numbers it has), `shares` (2,) of
        the variance on each axis, `test` (whether they are held back). Arrays: `points` (N, 2) f4 in units of the
        first axis' spread; `guess` (N,) u2; `axes` (2, F) f4.

    Raises:
        SpecError: if the data are no pictures with classes, or a number is not finite.
    """
    subject = scene.subject
    dataset = subject.dataset
    if len(dataset.input_shape) != 3 or dataset.target.kind != "classes":
        raise SpecError("stage.look.no_picture")
    require_small(subject, 1)
    x, _ = held_back(dataset)
    x = x[: affordable(subject, min(len(x), MOST_SAMPLES), MOST_WORK)]
    layer = penultimate(subject.experiment.model, dataset.input_shape)
    net = subject.net()
    rows = activations(net, x, layer)
    if not np.isfinite(rows).all():
        raise SpecError("stage.backprop.not_finite")
    points, axes, shares = main_axes(rows)
    guess = decide(subject.experiment, in_chunks(net, x))
    plain = {
        "layer": layer,
        "width": rows.shape[1],
        "shares": shares,
        "test": len(dataset.x_test) > 0,
    }
    arrays = {"points": points.astype(np.float32), "guess": guess.astype(np.uint16), "axes": axes}
    return Answer(plain, arrays)


def main_axes(rows: Array) -> tuple[Array, Array, list[float]]:
    """Return rows (N, F) on their two main axes (N, 2), the axes (2, F) f4, and each one's share of the variance.

    The points are in units of the first axis' standard deviation. An axis' largest number is positive.
    """
    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    if rows.shape[1] <= rows.shape[0]:
        values, vectors = np.linalg.eigh(centred.T @ centred)
        axes = vectors[:, ::-1][:, :2].T
    else:  # fewer samples than numbers: the same axes from the smaller matrix
        values, vectors = np.linalg.eigh(centred @ centred.T)
        axes = (centred.T @ vectors[:, ::-1][:, :2]).T
        axes /= np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-12)
    if len(axes) < 2:
        axes = np.vstack([axes, np.zeros_like(axes)])
    axes = axes * np.where(axes[np.arange(2), np.abs(axes).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    spread = np.maximum(values[::-1], 0)
    total = float(spread.sum()) or 1.0
    points = centred @ axes.T
    size = float(points[:, 0].std()) or 1.0
    shares = [float(value) / total for value in (*spread[:2], 0.0)][:2]
    return points / size, axes.astype(np.float32), shares
