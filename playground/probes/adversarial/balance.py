"""How the discriminator judges real samples and fakes: the distribution of its answers. Knows no plane."""

from __future__ import annotations

import numpy as np

from playground.probes.adversarial import latents
from playground.probes.adversarial.players import Players, is_game, players
from playground.probes.maps import nice
from playground.probes.registry import PERIODS, Array, Arrays, Subject, game_probe

BINS = 30
MOST, FEW = 800, 100
"""Samples of each kind, and pictures."""
PERIODS["balance"] = 0.05


@game_probe
def balance(subject: Subject) -> Arrays:
    """Return how D(x) is distributed over real samples and over fakes; nothing for anything but a GAN.

    Returns:
        `gan/answers/real` and `gan/answers/fake` (30,) u2, counts over even parts of 0 … 1; `gan/answers/mean` (2,) f4.
        For a critic the counts are over `gan/answers/range` (2,) f4.
    """
    if not is_game(subject):
        return {}
    pair = players(subject)
    real, fake = answers(pair)
    found: Arrays = {"gan/answers/mean": np.array([real.mean(), fake.mean()], np.float32)}
    span = (0.0, 1.0)
    if pair.judges:
        middle = float(np.concatenate([real, fake]).mean())
        reach = nice(1.02 * float(np.abs(np.concatenate([real, fake]) - middle).max()))
        span = (middle - reach, middle + reach)
        found["gan/answers/range"] = np.array(span, np.float32)
    for name, values in (("real", real), ("fake", fake)):
        found[f"gan/answers/{name}"] = np.histogram(values, BINS, span)[0].astype(np.uint16)
    return found


def answers(pair: Players) -> tuple[Array, Array]:
    """Return D(x) of some real samples and of as many fakes, each (N,); a critic's scores as they are."""
    dataset = pair.subject.dataset
    most = FEW if dataset.x.ndim == 4 else MOST
    x, labels = dataset.x[:most], dataset.y[:most]
    fakes = pair.fakes(latents.fixed(pair.experiment, len(x)), labels)
    return pair.share(pair.scores(x, labels)), pair.share(pair.scores(fakes, labels))
