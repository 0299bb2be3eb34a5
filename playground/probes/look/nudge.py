"""A picture that is changed so little that nobody sees it, and taken for something else: the fast gradient sign method.

x′ = x + ε·sign(∂L/∂x), within 0..1: Goodfellow, Shlens and Szegedy (2015).
"""

from __future__ import annotations

import numpy as np

from playground.probes.asks import Answer, Scene, ask
from playground.probes.look.gradient import Target, blame, class_of
from playground.probes.look.picture import as_bytes, probabilities, seen
from playground.probes.maps import signed
from playground.probes.registry import Array

EPSILONS = np.linspace(0, 0.3, 31)


@ask(Target)
def nudge(scene: Scene, wanted: Target, lang: str) -> Answer:
    """Return what a picture is taken for when every pixel moves by ε in the direction that makes the loss larger.

    The loss is that of the picture's own class, or of `target`; of a drawing, of the class it is taken for.

    Returns:
        plain: `target`, `epsilons` (E,), `taken_for` at each, `turns` (the first ε at which it is taken for another
        class, None where it stays), and `loss` at ε = 0. Arrays: `x` (C, H, W) u1; `sign` (C, H, W) u1, 1 for −1, 128
        for 0, 255 for +1; `probabilities` (E, K) f4.
    """
    subject = scene.subject
    at = seen(scene, wanted, times=len(EPSILONS) + 3)
    x = at.x.astype(np.float64)
    asked = at.truth if wanted.target < 0 and at.truth is not None else wanted.target
    guilty = blame(subject, x, asked)
    sign = np.sign(guilty.slopes[0]).reshape(x.shape)
    outputs = guilty.net.forward(nudged(x, sign, EPSILONS))
    found = probabilities(subject.experiment, outputs)
    taken = [class_of(subject, -1, row[None]) for row in outputs]
    turned = [float(e) for e, guess in zip(EPSILONS, taken, strict=True) if guess != taken[0]]
    plain = {
        "target": guilty.target,
        "epsilons": [round(float(e), 4) for e in EPSILONS],
        "taken_for": taken,
        "turns": round(turned[0], 4) if turned else None,
        "loss": guilty.loss,
    }
    arrays = {
        "x": as_bytes(at.x[0]),
        "sign": signed(sign[0].astype(np.float32), 1.0),
        "probabilities": found.astype(np.float32),
    }
    return Answer(plain, arrays)


def nudged(x: Array, sign: Array, epsilons: Array) -> Array:
    """Return the picture (1, C, H, W) moved by each ε, within 0..1: (E, C, H, W)."""
    return np.clip(x + epsilons.reshape(-1, 1, 1, 1) * sign, 0, 1)
