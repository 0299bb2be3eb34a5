"""Pairs of networks to begin a game with: a generator and a discriminator that fit the data of an experiment.

Name and sentence are texts: `template.<key>` and `template.<key>_text`, as those of single networks (`templates.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from playground import i18n
from playground.spec import DataSpec, Experiment, LayerSpec, ModelSpec, Shape, SpecError, advise
from playground.spec.image_layers import BatchNorm2d, Conv2d, ConvTranspose2d, Unflatten
from playground.spec.layers import BatchNorm1d, Dropout, Flatten, LeakyReLU, Linear, ReLU, Tanh

Layers = tuple[LayerSpec, ...]
SLOPE = LeakyReLU(negative_slope=0.2)
MAPS = 64
"""How many maps a convolutional generator begins with."""


@dataclass(frozen=True)
class Game:
    """A pair without data.

    Attributes:
        key: its name.
        pictures: whether it makes pictures only.
        players: the layers of generator and discriminator for samples of a shape.
    """

    key: str
    pictures: bool
    players: Callable[[Shape], tuple[Layers, Layers]]

    def title(self, lang: str = "en") -> str:
        """Return the pair's name in `lang`."""
        return i18n.text(f"template.{self.key}", lang)

    def sentence(self, lang: str = "en") -> str:
        """Return what it is, in a sentence."""
        return i18n.text(f"template.{self.key}_text", lang)

    def suits(self, data: DataSpec) -> bool:
        """Tell whether it can imitate such data; pictures that are enlarged have sides that can be halved."""
        shape = data.input_shape()
        return not self.pictures or (len(shape) == 3 and all(side % 2 == 0 for side in shape[1:]))


def fitted(game: Game, experiment: Experiment) -> Experiment:
    """Return `experiment` with the pair's layers; the rules of the game, optimizers and data stay.

    Raises:
        SpecError: if there is no discriminator, or the pair cannot imitate such data.
    """
    adversary = experiment.adversary
    if adversary is None:
        raise SpecError("error.no_adversary", place="adversary")
    shape = experiment.data.input_shape()
    if not game.suits(experiment.data):
        raise SpecError("error.needs_image", place="layers", value=str(shape), kind=game.key)
    generator, discriminator = game.players(shape)
    played = adversary.model_copy(update={"discriminator": ModelSpec(layers=discriminator)})
    wanted = experiment.model_copy(update={"model": ModelSpec(layers=generator), "adversary": played})
    for advice in advise(wanted):
        if advice.level == "error":
            raise SpecError(advice.key, place=advice.place, **advice.values)
    return wanted


def _dense(shape: Shape) -> tuple[Layers, Layers]:
    """Small ones for points; for pictures wide ones, with batch norm for the generator and dropout for its judge."""
    if len(shape) == 1:
        hidden = (Linear(out_features=64), LeakyReLU()) * 2
        return (*hidden, Linear(out_features=shape[0])), (*hidden, Linear(out_features=1))
    wide = Linear(out_features=256)
    generator = (wide, BatchNorm1d(), ReLU()) * 2
    made = (Linear(out_features=math.prod(shape)), Tanh(), Unflatten(channels=shape[0], height=shape[1]))
    judge = (wide, SLOPE, Dropout(p=0.4)) * 2
    return (*generator, *made), (Flatten(), *judge, Linear(out_features=1))


def _convolutional(shape: Shape) -> tuple[Layers, Layers]:
    """Radford, Metz and Chintala (2016), small: sides are doubled twice, or once where they can be halved only once."""
    channels, height, width = shape
    doublings = 2 if height % 4 == 0 and width % 4 == 0 else 1
    first = (height >> doublings, width >> doublings)
    generator: list[LayerSpec] = [Linear(out_features=MAPS * math.prod(first))]
    generator += [Unflatten(channels=MAPS, height=first[0]), BatchNorm2d(), ReLU()]
    judge: list[LayerSpec] = []
    for number in range(doublings):
        last = number == doublings - 1
        maps = channels if last else MAPS >> (number + 1)
        generator.append(ConvTranspose2d(out_channels=maps, kernel_size=4, stride=2, padding=1))
        generator += [Tanh()] if last else [BatchNorm2d(), ReLU()]
        seen = MAPS >> (doublings - 1 - number)
        judge.append(Conv2d(out_channels=seen, kernel_size=4, stride=2, padding=1))
        judge += [SLOPE, Dropout(p=0.3)]
    return tuple(generator), (*judge, Flatten(), Linear(out_features=1))


GAMES = {
    game.key: game
    for game in (
        Game("gan-dense", pictures=False, players=_dense),
        Game("dcgan", pictures=True, players=_convolutional),
    )
}
"""All pairs by key."""
