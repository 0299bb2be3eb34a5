"""Pairs of networks fit whatever data they are offered for, and learn."""

from __future__ import annotations

import pytest

from playground.data import load
from playground.i18n import LANGUAGES, has
from playground.presets.games import GAMES, fitted
from playground.runs.trainer import trainer_of
from playground.spec import Adversary, DataSpec, Experiment, SpecError, check, enforce
from playground.spec.image_data import Digits8x8, Mnist5k, Shapes
from playground.spec.image_layers import Conv2d, ConvTranspose2d
from playground.spec.mode_data import Grid25, Ring

DATA: tuple[DataSpec, ...] = (
    Ring(),
    Grid25(),
    Digits8x8(),
    Mnist5k(count=200),
    Mnist5k(count=200, size=14),
    Shapes(count=100),
)


@pytest.mark.parametrize("told", ["none", "one-hot", "embedding"])
@pytest.mark.parametrize("data", DATA, ids=lambda data: f"{data.kind}-{data.input_shape()[-1]}")
@pytest.mark.parametrize("key", list(GAMES))
def test_a_pair_fits_all_data_that_suit_it(key: str, data: DataSpec, told: str) -> None:
    before = Experiment(data=data, adversary=Adversary(conditional=told, latent_dim=5))  # type: ignore[arg-type]
    if not GAMES[key].suits(data):
        with pytest.raises(SpecError):
            fitted(GAMES[key], before)
        return
    found = fitted(GAMES[key], before).replace("training.batch_size", 16)
    assert check(found) == []
    enforce(found)
    assert found.adversary is not None
    assert (found.adversary.latent_dim, found.adversary.conditional) == (5, told)
    trainer = trainer_of(found.replace("engine", "numpy"), load(data))
    trainer.step()
    assert trainer.steps == 1
    assert trainer.metrics()["g_gradient_norm"] > 0


def test_the_convolutional_pair_is_a_small_dcgan() -> None:
    found = fitted(GAMES["dcgan"], Experiment(data=Mnist5k(), adversary=Adversary()))
    assert [layer.kind for layer in found.model.layers if isinstance(layer, ConvTranspose2d)] == [
        "ConvTranspose2d"
    ] * 2
    assert found.adversary is not None
    judge = found.adversary.discriminator.layers
    assert [layer.out_channels for layer in judge if isinstance(layer, Conv2d)] == [32, 64]
    with pytest.raises(SpecError, match="discriminator"):
        fitted(GAMES["dcgan"], Experiment(data=Mnist5k()))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_pair_has_a_name_and_a_sentence(lang: str) -> None:
    for game in GAMES.values():
        assert has(f"template.{game.key}", lang)
        assert game.sentence(lang) != game.title(lang)
