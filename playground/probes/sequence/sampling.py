"""From scores of the next token to one token: temperature, top-k, and a draw. Pure; knows no network and no text.

Temperature divides the scores before the softmax (Ackley, Hinton and Sejnowski, 1985): below 1 the likely becomes
likelier, above 1 everything more even; at 0 the likeliest is always taken. Top-k leaves only the k likeliest (Fan,
Lewis and Dauphin, 2018).

Legend: V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from playground.spec.random import stream

Vector = npt.NDArray[np.float64]


def distribution(
    scores: npt.ArrayLike, temperature: float = 1.0, top_k: int = 0, never: Sequence[int] = ()
) -> Vector:
    """Return how probable each token is to be drawn, (V,) float64 that sum to 1.

    Args:
        scores: (V,), logits or logarithms of probabilities: a constant added to all changes nothing.
        temperature: 0 for always the likeliest.
        top_k: how many of the likeliest may be drawn; 0 for all. Of two equally likely the one with the smaller id.
        never: ids that are not drawn, such as padding.
    """
    found = np.array(scores, np.float64)
    found[list(never)] = -np.inf
    order = np.argsort(-found, kind="stable")
    kept = 1 if temperature == 0 else top_k or len(found)
    found[order[kept:]] = -np.inf
    best = found[order[0]]
    weights = np.exp((found - best) / (temperature or 1.0))
    return weights / weights.sum()


def draw(probabilities: Vector, u: float) -> int:
    """Return the token that a number 0 ≤ u < 1 falls on, the tokens laid end to end, the likeliest first.

    The likeliest first, so that the same u gives nearly the same token when the network has hardly changed.
    """
    order = np.argsort(-probabilities, kind="stable")
    place = int(np.searchsorted(np.cumsum(probabilities[order]), u, side="right"))
    last = int(np.count_nonzero(probabilities)) - 1  # the sum of all may be a hair below 1
    return int(order[min(place, last)])


def chances(seed: int, start: int, count: int) -> Vector:
    """Return the random numbers 0 ≤ u < 1 of the positions start … start + count − 1 of a text, (count,).

    Each position has its own: a text is the same whether it is written at once or piece by piece.
    """
    return stream(seed, "writing").random(start + count)[start:]


def bits(probabilities: Vector) -> float:
    """Return the entropy of a distribution (V,) in bits: how many yes-or-no questions the next token takes."""
    some = probabilities[probabilities > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0
