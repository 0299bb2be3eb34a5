"""What the layers of both players make of noise and plane (points), or of one sample (pictures), as small tiles.

Legend: U units of a column, of which at most 8 are shown; h, w a tile's rows and columns.
"""

from __future__ import annotations

import math

import numpy as np

from playground.data import featurise
from playground.probes.adversarial import latents
from playground.probes.adversarial.players import Players, is_game, players
from playground.probes.columns import columns
from playground.probes.maps import nice, plane_points, signed
from playground.probes.registry import PERIODS, Array, Arrays, Subject, game_probe
from playground.spec.adversary import condition_size, discriminator_input, generator_input

TILES, SIDE = 8, 20
REACH = 2.2
"""The maps of the generator's units reach over so many deviations of normal noise to either side."""
PERIODS["anatomy"] = 0.03


@game_probe
def anatomy(subject: Subject) -> Arrays:
    """Return what each column of both players responds to; nothing for anything but a GAN.

    For points a tile is a unit's map: over the first two latent numbers in the generator (the others 0), over the plane
    in the discriminator. For pictures it is what the unit makes of the first fixed sample: a feature map, or all units
    of a dense layer in rows.

    Returns:
        `gan/g/<column>` and `gan/d/<column>` (tiles, h, w) u1, column −1 is what enters without the class; bytes as in
        the probe `maps`, row 0 the lowest for maps, the highest for pictures. `gan/g/<column>/reach` (1,) f4. Where
        players are told the class of a sample: `gan/g/-1/told` and `gan/d/-1/told` (1, 1, k) u1, the k numbers for it.
    """
    if not is_game(subject):
        return {}
    pair = players(subject)
    plane = subject.dataset.extent is not None and len(subject.dataset.extent) == 2
    if plane:
        noise, places = _noise_plane(pair), featurise(subject.dataset, plane_points(subject.dataset, SIDE))
        labels = np.zeros(SIDE * SIDE, np.int64)
    elif subject.dataset.x.ndim == 4:
        noise, labels = latents.fixed(subject.experiment, 1), np.zeros(1, np.int64)
        places = pair.fakes(noise, labels)
    else:
        return {}
    entered = pair.drafted(noise, labels), pair.presented(places, labels)
    found: Arrays = {}
    nets = (pair.generator, generator_input), (pair.discriminator, discriminator_input)
    for name, x, (net, shape) in zip("gd", entered, nets, strict=True):
        own = x.shape[1] - condition_size(pair.experiment)
        found |= _tiles(f"gan/{name}/-1", x[:, :own], plane, 1.0 if name == "d" else None)
        if own < x.shape[1]:
            told = x[0, own:].reshape(x.shape[1] - own, -1)[:, 0]  # a class is the same all over a picture
            found[f"gan/{name}/-1/told"] = signed(told, nice(float(np.abs(told).max())))[None, None]
        layers = net.trace(x)
        for number, column in enumerate(columns(net.model, shape(pair.experiment))):
            reach = 1.0 if column.bounded else None
            found |= _tiles(f"gan/{name}/{number}", layers[column.until], plane, reach)
    return found


def _noise_plane(pair: Players) -> Array:
    ends = 1.0 if pair.adversary.noise == "uniform" else REACH
    line = np.linspace(-ends, ends, SIDE, dtype=np.float32)
    z = np.zeros((SIDE, SIDE, pair.adversary.latent_dim), np.float32)
    z[..., 0] = line[None, :]
    if pair.adversary.latent_dim > 1:
        z[..., 1] = line[:, None]
    return z.reshape(SIDE * SIDE, -1)


def _tiles(name: str, values: Array, plane: bool, reach: float | None) -> Arrays:
    """Return one layer's outputs (N, *shape) as tiles."""
    if plane:
        tiles = values.reshape(SIDE, SIDE, -1)[..., :TILES].transpose(2, 0, 1)
    elif values.ndim == 4:
        tiles = values[0, :TILES]
    else:
        row = values[0].ravel()
        wide = math.ceil(math.sqrt(len(row)))
        padded = np.zeros(wide * math.ceil(len(row) / wide), np.float32)
        padded[: len(row)] = row
        tiles = padded.reshape(1, -1, wide)
    size = reach or nice(float(np.abs(tiles).max()))
    return {name: signed(tiles, size), f"{name}/reach": np.array([size], np.float32)}
