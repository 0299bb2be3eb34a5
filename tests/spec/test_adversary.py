"""Experiments with an adversary: they survive every round trip, and what does not fit is said, with what mends it."""

from __future__ import annotations

import pytest

from playground import i18n
from playground.spec import Adversary, Experiment, SpecError, advise, check, estimate, knobs
from playground.spec.adversary import GanLoss, discriminator_input, generator_input, pixels
from playground.spec.image_data import Digits8x8
from playground.spec.layers import Linear
from playground.spec.mode_data import Drawing, Gaussians8

PLANE = Experiment(data=Gaussians8(), adversary=Adversary()).replace(
    "model.layers", ["Linear", "ReLU", {"kind": "Linear", "out_features": 2}]
)
FACES = [{"kind": "Linear", "out_features": 64}, "Tanh", {"kind": "Unflatten", "height": 8}]
JUDGE = [
    "Flatten",
    {"kind": "Linear", "out_features": 16},
    "LeakyReLU",
    {"kind": "Linear", "out_features": 1},
]
DIGITS = (
    PLANE.replace("data", {"kind": "Digits8x8"})
    .replace("model.layers", FACES)
    .replace("adversary.discriminator", {"layers": JUDGE})
)


def test_an_experiment_without_one_is_what_it_was() -> None:
    assert "adversary" not in Experiment().plain()
    assert Experiment().digest() == "44136fa355b3678a1146ad16f7e8649e"


def test_it_survives_json_and_link() -> None:
    for experiment in (PLANE, DIGITS, PLANE.replace("adversary.loss", {"kind": "Wasserstein", "clip": 0.05})):
        assert Experiment.from_json(experiment.to_json()) == experiment
        assert Experiment.from_link(experiment.to_link()) == experiment
    assert PLANE.digest() != PLANE.replace("adversary.latent_dim", 3).digest()


def test_every_setting_has_a_path() -> None:
    found = PLANE
    for path, value in {
        "adversary.optimizer.lr": 0.5,
        "adversary.optimizer.beta2": 0.9,
        "adversary.optimizer.kind": "RMSprop",
        "adversary.loss.kind": "Wasserstein",
        "adversary.loss.clip": 0.3,
        "adversary.discriminator.layers.0.out_features": 7,
        "adversary.discriminator.layers.0.l2": 0.1,
        "adversary.noise": "uniform",
        "adversary.training": "generator",
    }.items():
        found = found.replace(path, value)
    assert found.adversary is not None
    assert found.adversary.optimizer.plain() == {"kind": "RMSprop", "lr": 0.5}
    assert found.adversary.loss.plain() == {"kind": "Wasserstein", "clip": 0.3}
    first = found.adversary.discriminator.layers[0]
    assert isinstance(first, Linear)
    assert (first.out_features, first.l2) == (7, 0.1)
    for path in ("adversary.judge", "adversary.discriminator.layers.9.p"):
        with pytest.raises(SpecError):
            PLANE.replace(path, 1)
    with pytest.raises(SpecError, match="adversary"):
        PLANE.replace("adversary", None).replace("adversary.latent_dim", 3)


def test_shapes_follow_from_noise_and_condition() -> None:
    assert (generator_input(PLANE), discriminator_input(PLANE)) == ((2,), (2,))
    told = DIGITS.replace("adversary.conditional", "one-hot").replace("adversary.latent_dim", 16)
    assert (generator_input(told), discriminator_input(told)) == ((26,), (11, 8, 8))
    embedded = told.replace("adversary.conditional", "embedding").replace("adversary.embedding_dim", 3)
    assert (generator_input(embedded), discriminator_input(embedded)) == ((19,), (4, 8, 8))
    assert embedded.tensors()["generator.classes.weight"].shape == (3, 10)
    assert embedded.initial_state().keys() == embedded.tensors().keys()


def test_the_two_players_begin_with_different_numbers() -> None:
    twins = PLANE.replace("adversary.discriminator", PLANE.model.plain())
    state = twins.initial_state()
    assert state["generator.0.weight"].shape == state["discriminator.0.weight"].shape
    assert (state["generator.0.weight"] != state["discriminator.0.weight"]).all()


def test_pictures_are_scaled_to_what_the_generator_can_give() -> None:
    assert pixels(DIGITS) == (-1, 1)
    assert pixels(DIGITS.replace("layers.1", {"kind": "Sigmoid"})) == (0, 1)
    assert pixels(PLANE) == (0, 1)


def test_good_ones_give_no_cause_for_advice() -> None:
    assert check(PLANE) == []
    assert check(DIGITS) == []


LAST = "adversary.discriminator.layers"
WRONG = {
    "gan_data": PLANE.replace("data", {"kind": "Function1D"}),
    "gan_features": PLANE.replace("data.features", ["x1", "x2", "x1^2"]),
    "gan_condition": PLANE.replace("data", {"kind": "Plane"}).replace("adversary.conditional", "one-hot"),
    "gan_sample": DIGITS.replace("model.layers", ["Linear", "ReLU", "Linear"]),
    "gan_score": PLANE.replace(f"{LAST}.4.out_features", 3),
    "gan_logit": PLANE.replace(LAST, ["Linear", "ReLU", {"kind": "Linear", "out_features": 1}, "Sigmoid"]),
    "gan_judgement": PLANE.replace("adversary.loss.kind", "Wasserstein").replace(
        LAST, ["Linear", {"kind": "Linear", "out_features": 1}, "Tanh"]
    ),
    "gan_loss_torch": PLANE.replace("adversary.loss.kind", "WassersteinPenalty").replace("engine", "numpy"),
    "gan_spectral_norm_torch": PLANE.replace("adversary.spectral_norm", True).replace("engine", "numpy"),
}
DOUBTFUL = {
    "gan_pixels": DIGITS.replace("layers.1", {"kind": "Identity"}),
    "gan_bounded": PLANE.replace("model.layers", ["Linear", {"kind": "Linear", "out_features": 2}, "Tanh"]),
    "gan_batch_norm": PLANE.replace(
        LAST, ["Linear", "BatchNorm1d", "ReLU", {"kind": "Linear", "out_features": 1}]
    ),
    "gan_unused": PLANE.replace("training.target_loss", 0.1),
}


@pytest.mark.parametrize("key", [*WRONG, *DOUBTFUL])
def test_what_does_not_fit_is_said_and_mended(key: str) -> None:
    experiment = {**WRONG, **DOUBTFUL}[key]
    (advice,) = advise(experiment)
    assert (advice.key, advice.level) == (f"fit.{key}", "error" if key in WRONG else "warning")
    assert advice.text("zh") != advice.text("en")
    assert "{" not in advice.text("en") + advice.text("zh")
    if key == "gan_data":
        assert advice.mend is None
    else:
        assert advice.mend is not None
        assert advise(advice.mend) == []
    if key in WRONG:
        with pytest.raises(SpecError):
            check(experiment)


def test_shapes_that_do_not_meet_inside_a_player_are_named_with_the_player() -> None:
    with pytest.raises(SpecError, match=r"adversary\.discriminator\.layers\.0"):
        check(DIGITS.replace("adversary.discriminator.layers.0", {"kind": "Linear"}))
    with pytest.raises(SpecError, match=r"^layers\.2: 60 numbers"):
        check(DIGITS.replace("layers.0.out_features", 60))


def test_its_cost_is_that_of_both() -> None:
    cost = estimate(PLANE)
    assert cost.parameters == sum(t.size for t in PLANE.tensors().values())
    assert estimate(PLANE.replace("adversary.discriminator_steps", 5)).step_flops > 2 * cost.step_flops


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_setting_and_game_has_words(lang: str) -> None:
    for knob in knobs(Adversary):
        assert i18n.has(f"field.{knob.name}", lang)
        assert i18n.has(f"field.{knob.name}_help", lang)
        for choice in knob.choices:
            assert i18n.has(f"ui.choice.{choice}", lang), choice
    for kind, loss in GanLoss.catalogue().items():
        assert i18n.has(f"gan_loss.{kind}_help", lang)
        assert all(i18n.has(f"field.{knob.name}", lang) for knob in knobs(loss))


def test_a_drawing_is_kept_within_bounds() -> None:
    assert Drawing(strokes=(((0, 0), (1, 1)), ((2, 2),))).target().size == 2
    for strokes in ((((0, 7),),), (tuple((0.0, 0.0) for _ in range(300)),) * 2, ()):
        with pytest.raises(SpecError):
            Drawing(strokes=strokes)
    assert Digits8x8().target().size == 10
