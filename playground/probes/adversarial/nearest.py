"""Whether a generator copies: the nearest real picture of each of its samples, measured by how near real ones are.

Legend: N samples, M training pictures.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from playground.data import Dataset
from playground.probes.adversarial import latents
from playground.probes.adversarial.gallery import COUNT, as_bytes
from playground.probes.adversarial.players import players
from playground.probes.asks import Answer, Nothing, Scene, ask
from playground.probes.registry import Array
from playground.spec import SpecError
from playground.spec.random import stream

MOST, JUDGES = 5000, 200
CLOSE = 0.05
"""A sample is suspiciously near if so few real pictures have a neighbour as near."""


@ask(of="game")
def copies(scene: Scene, nothing: Nothing, lang: str) -> Answer:
    """Return the nearest training picture of each sample on the fixed latents.

    Returns:
        plain: `copied`, how many samples are nearer to a training picture than 95 % of real pictures are to another;
            `count`; `usual`, the median distance of real pictures to their nearest other; `close`, the 5 % quantile.
        arrays: `nearest` (60, H, W) u1, `distance` (60,) f4 (Euclidean, of pixels from 0 to 1), `index` (60,) i8.
    """
    dataset = scene.subject.dataset
    if dataset.x.ndim != 4:
        raise SpecError("stage.gallery.no_pictures", place="data")
    pair = players(scene.subject)
    made = pair.fakes(latents.fixed(pair.experiment, COUNT), latents.classes(pair.experiment, COUNT))
    index, distance = nearest(dataset, made)
    close, usual = apart(dataset)
    plain: dict[str, Any] = {
        "copied": int((distance < close).sum()),
        "count": COUNT,
        "usual": usual,
        "close": close,
    }
    return Answer(plain, {"nearest": as_bytes(dataset.x[index]), "distance": distance, "index": index})


def nearest(dataset: Dataset, pictures: Array) -> tuple[Array, Array]:
    """Return for each picture (N, C, H, W) which of the first 5,000 training ones is nearest, and how far it is."""
    squares = _squares(dataset, pictures)
    index = squares.argmin(axis=1).astype(np.int64)
    return index, np.sqrt(np.take_along_axis(squares, index[:, None], 1)[:, 0]).astype(np.float32)


def apart(dataset: Dataset) -> tuple[float, float]:
    """Return how far real pictures are from their nearest other: the 5 % quantile and the median."""
    if dataset not in _known:
        count = min(len(dataset.x), MOST)
        chosen = stream(0, "judges").choice(count, min(JUDGES, count), replace=False)
        squares = _squares(dataset, dataset.x[chosen])
        squares[np.arange(len(chosen)), chosen] = np.inf
        distances = np.sqrt(squares.min(axis=1))
        _known[dataset] = float(np.quantile(distances, CLOSE)), float(np.median(distances))
    return _known[dataset]


def _squares(dataset: Dataset, pictures: Array) -> Array:
    real = dataset.x[:MOST].reshape(min(len(dataset.x), MOST), -1)
    x = np.nan_to_num(pictures).reshape(len(pictures), -1).astype(np.float32)
    squares = (x**2).sum(1)[:, None] - 2 * x @ real.T + (real**2).sum(1)[None, :]
    return np.maximum(squares, 0)


_known: WeakKeyDictionary[Dataset, tuple[float, float]] = WeakKeyDictionary()
