"""A map of what the network knows just before it decides: held-back pictures, placed by the penultimate layer's output.

In the plane of their two main axes, principal components (Pearson 1901, Hotelling 1933), or so that neighbours stay
neighbours, t-SNE (van der Maaten and Hinton 2008).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from playground.data.targets import decide
from playground.probes.asks import Answer, Nothing, Scene, ask
from playground.probes.look.penultimate import activations, affordable, penultimate
from playground.probes.look.picture import require_small
from playground.probes.outcomes import held_back
from playground.probes.registry import Array, Arrays, Subject, in_chunks
from playground.spec import SpecError

MOST_SAMPLES = 600
MOST_WORK = 3e9
"""It is asked for again and again."""
NEIGHBOURLY = 400
"""So many pictures t-SNE places in half a second."""
PERPLEXITY, ROUNDS, KEPT_AXES = 30, 500, 30


@ask()
def landscape(scene: Scene, nothing: Nothing, lang: str) -> Answer:
    """Return where the first held-back pictures lie on their main axes.

    Returns:
        plain: `method`, `layer` (whose output is shown, −1 for the pixels), `width` (how many numbers it has), `shares`
        (2,) of the variance on each axis (PCA only), `test` (whether they are held back). Arrays: `points` (N, 2) f4 in
        units of the first axis' spread; `guess` (N,) u2; PCA only: `axes` (2, F) f4.

    Raises:
        SpecError: if the data are no pictures with classes, or a number is not finite.
    """
    return _placed(scene.subject, "pca")


@ask(slow=True)
def neighbourhood(scene: Scene, nothing: Nothing, lang: str) -> Answer:
    """Return where they lie so that neighbours stay neighbours.

    Returns:
        As `landscape` does.

    Raises:
        SpecError: as `landscape` does, and if there are too few pictures, or the network knows no difference.
    """
    return _placed(scene.subject, "tsne")


def _placed(subject: Subject, method: Literal["pca", "tsne"]) -> Answer:
    dataset = subject.dataset
    if len(dataset.input_shape) != 3 or dataset.target.kind != "classes":
        raise SpecError("stage.look.no_picture")
    require_small(subject, 1)
    x, _ = held_back(dataset)
    most = MOST_SAMPLES if method == "pca" else NEIGHBOURLY
    x = x[: affordable(subject, min(len(x), most), MOST_WORK)]
    layer = penultimate(subject.experiment.model, dataset.input_shape)
    net = subject.net()
    rows = activations(net, x, layer)
    if not np.isfinite(rows).all():
        raise SpecError("stage.backprop.not_finite")
    guess = decide(subject.experiment, in_chunks(net, x))
    plain = {
        "method": method,
        "layer": layer,
        "width": rows.shape[1],
        "shares": list[float](),
        "test": len(dataset.x_test) > 0,
    }
    arrays: Arrays = {"guess": guess.astype(np.uint16)}
    if method == "tsne":
        points = neighbourly(rows)
    else:
        points, arrays["axes"], plain["shares"] = main_axes(rows)
    return Answer(plain, arrays | {"points": points.astype(np.float32)})


def neighbourly(rows: Array) -> Array:
    """Return rows (N, F) in the plane (N, 2) so that neighbours stay neighbours, in units of the first axis' spread.

    t-SNE of the main axes, begun from the first two: the same rows give the same picture.

    Raises:
        SpecError: if there are too few rows, or all are equal.
    """
    from sklearn.manifold import TSNE  # seconds to load, and only whoever asks for it needs it

    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    if len(rows) < 8 or sizes[0] <= 1e-9 * max(1.0, float(np.abs(rows).max())):
        raise SpecError("stage.landscape.alike")
    kept = centred @ axes[:KEPT_AXES].T
    kept /= kept[:, 0].std()
    perplexity = min(PERPLEXITY, (len(rows) - 1) // 3)
    begin: Any = 1e-4 * (kept[:, :2] if kept.shape[1] > 1 else np.pad(kept, ((0, 0), (0, 1))))
    begin = begin.astype(np.float32)
    placing = TSNE(perplexity=perplexity, max_iter=ROUNDS, init=begin, random_state=0, n_jobs=1)
    points = placing.fit_transform(kept)
    return points / (float(points[:, 0].std()) or 1.0)


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
