"""Pictures that the generator makes of the same noise at every step, and how real the discriminator finds each."""

from __future__ import annotations

import numpy as np

from playground.probes.adversarial import latents
from playground.probes.adversarial.players import is_game, players
from playground.probes.registry import PERIODS, SHARES, Array, Arrays, Subject, game_probe

COUNT = 60
"""Six rows of ten: with conditions a column for each class of digits."""
PERIODS["gallery"], SHARES["gallery"] = 0.1, 0.03


@game_probe
def gallery(subject: Subject) -> Arrays:
    """Return samples on fixed latents; nothing where samples are no pictures.

    Returns:
        `gan/samples` (60, H, W) u1, 255 = 1, and `gan/samples/answer` (60,) f4, D(x) of each (a critic's score).
    """
    if not is_game(subject) or subject.dataset.x.ndim != 4:
        return {}
    pair = players(subject)
    labels = latents.classes(subject.experiment, COUNT)
    made = pair.fakes(latents.fixed(subject.experiment, COUNT), labels)
    answers = pair.share(pair.scores(made, labels))
    return {"gan/samples": as_bytes(made), "gan/samples/answer": answers.astype(np.float32)}


def as_bytes(pictures: Array) -> Array:
    """Return the first channel of pictures (N, C, H, W) as bytes (N, H, W), 255 = 1."""
    return np.rint(255 * np.clip(np.nan_to_num(pictures[:, 0]), 0, 1)).astype(np.uint8)
