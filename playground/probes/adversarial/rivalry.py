"""The games of generator and discriminator: what each pays for the scores of a batch, and the slopes of it.

Legend: B samples of a batch; s is the discriminator's raw output, its score, (B,) or (B, 1); σ the logistic function.
Values are means over the batch, computed in float64; slopes have the scores' shape and dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.spec import GanLoss

Array = npt.NDArray[Any]


def discriminator_loss(
    loss: GanLoss, real: Array, fake: Array, smoothing: float = 0.0
) -> tuple[float, Array, Array]:
    """Return what the discriminator pays, and the slopes of it by the scores of real and of generated samples.

    With labels t = 1 − smoothing for real samples and 0 for generated ones:

        logit:     E_R[softplus(s) − t s] + E_G[softplus(s)]        slopes σ(s) − t, σ(s)
        value:     ½ E_R[(s − t)²] + ½ E_G[s²]                      slopes s − t, s
        judgement: E_G[s] − E_R[s]                                  slopes −1, 1
    """
    r, f = real.astype(np.float64), fake.astype(np.float64)
    label = 1.0 - smoothing
    if loss.scores == "logit":
        value = (softplus(r) - label * r).mean() + softplus(f).mean()
        slopes = sigmoid(r) - label, sigmoid(f)
    elif loss.scores == "value":
        value = 0.5 * ((r - label) ** 2).mean() + 0.5 * (f**2).mean()
        slopes = r - label, f
    else:
        value = f.mean() - r.mean()
        slopes = -np.ones_like(r), np.ones_like(f)
    return float(value), _mean(slopes[0], real), _mean(slopes[1], fake)


def generator_loss(loss: GanLoss, fake: Array) -> tuple[float, Array]:
    """Return what the generator pays for the scores of its samples, and the slopes of it.

    NonSaturating: E[softplus(−s)]       slope σ(s) − 1
    Minimax:       E[−softplus(s)]       slope −σ(s): nothing where D is sure
    LeastSquares:  ½ E[(s − 1)²]         slope s − 1
    Wasserstein:   −E[s]                 slope −1
    """
    s = fake.astype(np.float64)
    if loss.kind == "NonSaturating":
        value, slope = softplus(-s).mean(), sigmoid(s) - 1.0
    elif loss.kind == "Minimax":
        value, slope = -softplus(s).mean(), -sigmoid(s)
    elif loss.scores == "value":
        value, slope = 0.5 * ((s - 1.0) ** 2).mean(), s - 1.0
    else:
        value, slope = -s.mean(), -np.ones_like(s)
    return float(value), _mean(slope, fake)


def shares(loss: GanLoss, scores: Array) -> Array | None:
    """Return D(x), how real samples are thought to be from 0 to 1; None for a critic, whose scores have no such scale.

    A logit goes through σ, a value is cut to 0 … 1. At ½ the discriminator cannot tell.
    """
    if loss.scores == "judgement":
        return None
    return sigmoid(scores) if loss.scores == "logit" else np.clip(scores, 0.0, 1.0)


def verdict(loss: GanLoss, real: Array, fake: Array) -> dict[str, float]:
    """Return how a discriminator does: `d_real`, `d_fake` and `d_accuracy`, the share of right decisions.

    The first two are means of D(x). A critic decides nothing: they are its mean scores then, and instead of the third
    there is their `distance`, which estimates (up to a factor) the earth mover's distance.
    """
    r, f = shares(loss, real.astype(np.float64)), shares(loss, fake.astype(np.float64))
    if r is None or f is None:
        d_real, d_fake = float(real.mean(dtype=np.float64)), float(fake.mean(dtype=np.float64))
        return {"d_real": d_real, "d_fake": d_fake, "distance": d_real - d_fake}
    right = 0.5 * float((r > 0.5).mean()) + 0.5 * float((f < 0.5).mean()) + 0.25 * _ties(r, f)
    return {"d_real": float(r.mean()), "d_fake": float(f.mean()), "d_accuracy": right}


def sigmoid(s: Array) -> Array:
    """Return 1 / (1 + e⁻ˢ), written so that nothing overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * s)


def softplus(s: Array) -> Array:
    """Return ln(1 + eˢ), written so that nothing overflows."""
    return np.logaddexp(0.0, s)


def _mean(slope: Array, scores: Array) -> Array:
    return (slope / max(scores.size, 1)).astype(scores.dtype)


def _ties(real: Array, fake: Array) -> float:
    """Return the shares of undecided ones, of both: each of them is right half of the time."""
    return float((real == 0.5).mean()) + float((fake == 0.5).mean())
