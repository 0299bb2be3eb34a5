"""What both players of a GAN make of the plane, for points: the stage's picture of the game.

It is taken up to sixty times a second, so the discriminator sees every place once, and the fakes are few.
"""

from __future__ import annotations

from statistics import NormalDist
from weakref import WeakKeyDictionary

import numpy as np

from playground.data import Dataset, featurise
from playground.probes.adversarial import latents, rivalry
from playground.probes.adversarial.players import Players, is_game, players
from playground.probes.maps import nice, plane_points, signed
from playground.probes.registry import PERIODS, SHARES, Array, Arrays, Subject, game_probe
from playground.spec.adversary import pixels

GRID, COARSE = 64, 48
"""Places a side for the discriminator's answer, and for densities."""
FAKES, SHOWN, PULLED = 1000, 360, 140
SHEET = 25
SPREAD = 1.4
"""The deviation of a density's kernel, in coarse places."""
PERIODS["sheet"], SHARES["arena"] = 0.1, 0.03


@game_probe
def arena(subject: Subject) -> Arrays:
    """Return the game on the plane; nothing where it is not played there.

    Returns:
        `gan/plane` (64, 64) u1: the answer everywhere, row 0 the lowest: 1 = fake, 128 = either, 255 = real. For a
        critic also `gan/scale` (2,) f4: the score at 128, and from there to 255. `gan/fake` (360, 2) f4 of the same
        noise at all times; `gan/pull` (140, 2) f4, −∂L_G/∂x: where the first of them would please the generator more.
    """
    if not _on_plane(subject):
        return {}
    pair = players(subject)
    fakes = pair.fakes(latents.fixed(subject.experiment, SHOWN))
    raw = subject.dataset.scaling
    found = _answer(pair)
    found["gan/fake"] = raw.undo(fakes).astype(np.float32)
    found["gan/pull"] = (pull(pair, fakes[:PULLED]) * raw.scale).astype(np.float32)
    return found


@game_probe
def sheet(subject: Subject) -> Arrays:
    """Return how the generator spreads its samples; nothing where they are no points of the plane.

    Returns:
        `gan/difference` (48, 48) u1, the density of real samples minus that of fakes, over the highest of the real
        ones. `gan/manifold` (25, 25, 2) or (25, 2) f4, where even shares of the first two latent numbers lie, the
        others at 0.
    """
    if not _on_plane(subject):
        return {}
    pair, raw = players(subject), subject.dataset.scaling
    fakes = raw.undo(pair.fakes(latents.fixed(subject.experiment, FAKES)))
    bent = manifold(pair)
    return {
        "gan/difference": difference(subject.dataset, fakes),
        "gan/manifold": raw.undo(bent.reshape(-1, 2)).reshape(bent.shape).astype(np.float32),
    }


def _on_plane(subject: Subject) -> bool:
    extent = subject.dataset.extent
    return is_game(subject) and extent is not None and len(extent) == 2


def _answer(pair: Players) -> Arrays:
    dataset = pair.subject.dataset
    scores = pair.scores(_places(dataset)).reshape(GRID, GRID)
    if not pair.judges:
        return {"gan/plane": signed(2 * pair.share(scores) - 1, 1.0)}
    middle, reach = critic_scale(pair, scores)
    return {
        "gan/plane": signed(scores - np.float32(middle), reach),
        "gan/scale": np.array([middle, reach], np.float32),
    }


def critic_scale(pair: Players, scores: Array) -> tuple[float, float]:
    """Return the score between real and fake samples, and how far the scores (…) reach from there."""
    real = pair.scores(pair.subject.dataset.x[:256])
    fake = pair.scores(pair.fakes(latents.fixed(pair.experiment, 256)))
    middle = float(real.mean() + fake.mean()) / 2
    return middle, nice(float(np.abs(scores - middle).max()))


def pull(pair: Players, fakes: Array, labels: Array | None = None) -> Array:
    """Return −∂L_G/∂x for each of the fakes (N, *sample), as the data have them: where the generator is pushed to."""
    net = pair.discriminator
    scores = net.forward(pair.presented(fakes, labels), training=True)
    slope = rivalry.generator_loss(pair.adversary.loss, scores)[1]
    grad = net.backward(slope)[:, : fakes.shape[1]]  # without what belongs to the condition
    low, high = pixels(pair.experiment)
    return np.ascontiguousarray(grad * np.float32(-len(fakes) / (high - low)), np.float32)


def manifold(pair: Players) -> Array:
    """Return where the generator lays a grid over its first two latent numbers; between its lines lie equal shares."""
    shares = np.linspace(0.02, 0.98, SHEET)
    lines = 2 * shares - 1 if pair.adversary.noise == "uniform" else _quantiles(shares)
    size = pair.adversary.latent_dim
    if size == 1:
        return pair.fakes(lines[:, None].astype(np.float32))
    z = np.zeros((SHEET, SHEET, size), np.float32)
    z[..., 0], z[..., 1] = lines[None, :], lines[:, None]
    labels = np.zeros(SHEET**2, np.int64)
    return pair.fakes(z.reshape(-1, size), labels).reshape(SHEET, SHEET, 2)


def _quantiles(shares: Array) -> Array:
    return np.array([NormalDist().inv_cdf(float(part)) for part in shares])


def difference(dataset: Dataset, fakes: Array) -> Array:
    """Return the density of the real samples minus that of fakes (N, 2), as bytes over the highest real one."""
    real, kernel = _density_of(dataset)
    if not np.isfinite(fakes).all():
        return np.full(real.shape, 128, np.uint8)
    return signed((real - _density(dataset, fakes, kernel)) / real.max(), 1.0)


def _density(dataset: Dataset, points: Array, kernel: Array) -> Array:
    assert dataset.extent is not None
    (left, right), (bottom, top) = dataset.extent
    counts, _, _ = np.histogram2d(points[:, 1], points[:, 0], COARSE, ((bottom, top), (left, right)))
    return kernel @ counts @ kernel.T / len(points)


def _density_of(dataset: Dataset) -> tuple[Array, Array]:
    if dataset not in _known:
        places = np.arange(COARSE)
        kernel = np.exp(-0.5 * ((places[:, None] - places[None, :]) / SPREAD) ** 2)
        assert dataset.points is not None
        _known[dataset] = _density(dataset, dataset.points, kernel), kernel
    return _known[dataset]


def _places(dataset: Dataset) -> Array:
    if dataset not in _grids:
        _grids[dataset] = featurise(dataset, plane_points(dataset, GRID))
    return _grids[dataset]


_known: WeakKeyDictionary[Dataset, tuple[Array, Array]] = WeakKeyDictionary()
_grids: WeakKeyDictionary[Dataset, Array] = WeakKeyDictionary()
