"""How the hidden state wanders: h at every step of a sequence, on the plane in which the states of many differ most.

The principal components are those of all states of the sequences that are shown beside it (Pearson, 1901).
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from playground.probes.asks import Answer, Scene, ask
from playground.probes.sequence.looked import Sequence, looked_at, some
from playground.probes.sequence.recurrence import Vector
from playground.probes.sequence.theatre import tokens, truth
from playground.probes.sequence.unrolled import levels, unrolled
from playground.spec import SpecError

OTHERS = 32


class Way(Sequence):
    """A sequence, and the level whose states are followed; empty: the last."""

    level: Annotated[str, Field(max_length=24)] = ""


@ask(Way)
def trajectory(scene: Scene, wanted: Way, lang: str) -> Answer:
    """Return the way of a level's hidden state.

    Returns:
        plain: `level`, `steps`, `tokens`, `explained` (2,) shares of the variance, `answers` of the others.
        Arrays: `way` (T, 2) f4, `others` (N, T, 2) f4 the ways of other sequences, `present` (T,) u1.

    Raises:
        SpecError: if there is no such level.
    """
    subject = scene.subject
    known = levels(subject.experiment.model)
    level = next(
        (one for one in known if one.key == wanted.level), known[-1] if known and not wanted.level else None
    )
    at = looked_at(scene, wanted, passes=OTHERS + 1)
    if level is None:
        raise SpecError("error.no_element", place="level", value=wanted.level)
    x, y = some(subject, OTHERS)
    own = unrolled(subject, at.x)
    done = unrolled(subject, x)
    others = done.reads[level.key].gates["h"]
    mean, axes, explained = plane(others[done.present])
    plain: dict[str, Any] = {
        "level": level.key,
        "steps": at.x.shape[1],
        "tokens": tokens(subject.dataset, at.x[0]),
        "explained": explained,
        "answers": [truth(one) for one in y] if y.ndim == 1 else [],
        "mine": None if at.y is None or at.y.ndim > 1 else truth(at.y[0]),
    }
    arrays = {
        "way": ((own.reads[level.key].gates["h"][0] - mean) @ axes.T).astype(np.float32),
        "others": ((others - mean) @ axes.T).astype(np.float32),
        "present": own.present[0].astype(np.uint8),
    }
    return Answer(plain, arrays)


def plane(states: Vector) -> tuple[Vector, Vector, list[float]]:
    """Return the mean (H,), two axes (2, H) and their shares of the variance, of states (M, H).

    The largest weight of an axis is positive, so that a picture does not turn over from one moment to the next.
    """
    mean = states.mean(0)
    _, sizes, axes = np.linalg.svd(states - mean, full_matrices=False)
    power = np.square(sizes)
    axes, power = axes[:2], power / max(float(power.sum()), 1e-30)
    if len(axes) < 2:
        axes, power = np.vstack([axes, np.zeros_like(axes[:1])]), np.append(power, 0.0)
    turned = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], axis=1) < 0
    return mean, np.where(turned, -axes, axes), [float(share) for share in power[:2]]
