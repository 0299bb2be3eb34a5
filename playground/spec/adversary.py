"""The other half of a generative adversarial network: the discriminator, the game the two play, and the noise.

In an experiment with an adversary, `model` and `optimizer` are the generator's, `data` are the real samples, and `loss`
is not used. What enters each player is decided here and nowhere else:

    generator:     z (latent_dim,), behind it the condition (k,)
    discriminator: a sample; the condition behind its numbers (F + k,), or as k even planes behind its channels
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from playground.spec.base import Kind, Shape, Spec, number, one_of
from playground.spec.initialisation import TensorSpec
from playground.spec.layers import LeakyReLU, Linear
from playground.spec.model import ModelSpec, State
from playground.spec.optimizers import Adam, OptimizerSpec

if TYPE_CHECKING:
    from playground.spec.experiment import Experiment

PLAYERS = ("generator", "discriminator")
"""What the names of their tensors begin with: `generator.0.weight`."""
EMBEDDING = "classes.weight"
"""A player's learned embedding of the classes, (embedding_dim, classes): `generator.classes.weight`."""


class GanLoss(Kind):
    """What the two players want of the discriminator's raw output s, its score. R are real samples, G generated ones.

    Class attributes:
        scores: what a score is: a "logit" of being real, a "value" near 1 for real and 0 for fake, or a critic's
            "judgement", whose differences alone mean something.
    """

    scores: ClassVar[Literal["logit", "value", "judgement"]] = "logit"


class NonSaturating(GanLoss):
    """D minimises E_R[−ln D] + E_G[−ln(1 − D)], G minimises E_G[−ln D], D = σ(s). Goodfellow et al. (2014), §3."""

    kind: Literal["NonSaturating"] = "NonSaturating"


class Minimax(GanLoss):
    """The game as its theory has it: D as above, G minimises E_G[ln(1 − D)], which is flat where D is sure."""

    kind: Literal["Minimax"] = "Minimax"


class LeastSquares(GanLoss):
    """D minimises ½E_R[(s − 1)²] + ½E_G[s²], G minimises ½E_G[(s − 1)²]. Mao et al. (2017)."""

    kind: Literal["LeastSquares"] = "LeastSquares"
    scores: ClassVar = "value"


class Wasserstein(GanLoss):
    """D minimises E_G[s] − E_R[s], its weights kept within ±clip, G minimises −E_G[s]. Arjovsky et al. (2017)."""

    kind: Literal["Wasserstein"] = "Wasserstein"
    scores: ClassVar = "judgement"
    clip: float = number(0.01, 0.001, 10, log=True)


class WassersteinPenalty(GanLoss):
    """As Wasserstein, but D is kept smooth by penalty · E[(‖∇s‖ − 1)²] between real and fake. Gulrajani et al. (2017).

    It needs the gradient of a gradient, which the torch engine has.
    """

    kind: Literal["WassersteinPenalty"] = "WassersteinPenalty"
    scores: ClassVar = "judgement"
    penalty: float = number(10.0, 0.01, 1000, log=True)


class Adversary(Spec):
    """The discriminator and the rules.

    Attributes:
        discriminator: layers from a sample to one number, the score.
        optimizer: the discriminator's.
        loss: the game.
        latent_dim: how many random numbers the generator makes a sample of.
        noise: their distribution: standard normal, or even between −1 and 1.
        discriminator_steps: updates of the discriminator in a step; they come first.
        generator_steps: updates of the generator in a step.
        label_smoothing: real samples are labelled 1 − label_smoothing. Salimans et al. (2016).
        input_noise: the deviation of what is added to all that the discriminator sees while training.
        spectral_norm: every weight of the discriminator is divided by its largest singular value (torch engine).
            Miyato et al. (2018).
        conditional: whether both players are told a class, and how: as one-hot numbers, or as a learned embedding.
        embedding_dim: the width of that embedding.
        training: who learns now.
    """

    discriminator: ModelSpec = ModelSpec(
        layers=(
            Linear(out_features=64),
            LeakyReLU(),
            Linear(out_features=64),
            LeakyReLU(),
            Linear(out_features=1),
        )
    )
    optimizer: Annotated[OptimizerSpec, *one_of(OptimizerSpec)] = Adam(beta1=0.5)
    loss: Annotated[GanLoss, *one_of(GanLoss)] = NonSaturating()
    latent_dim: int = number(2, 1, 128, step=1)
    noise: Literal["normal", "uniform"] = "normal"
    discriminator_steps: int = number(1, 1, 20, step=1)
    generator_steps: int = number(1, 1, 20, step=1)
    label_smoothing: float = number(0.0, 0, 0.5, step=0.05)
    input_noise: float = number(0.0, 0, 2, step=0.05)
    spectral_norm: bool = False
    conditional: Literal["none", "one-hot", "embedding"] = "none"
    embedding_dim: int = number(8, 1, 128, step=1, advanced=True)
    training: Literal["both", "discriminator", "generator"] = "both"

    def needs_torch(self) -> bool:
        """Tell whether only the torch engine can play by these rules."""
        return self.spectral_norm or isinstance(self.loss, WassersteinPenalty)


def condition_size(experiment: Experiment) -> int:
    """Return how many numbers tell a player the class: 0 without a condition."""
    adversary = experiment.adversary
    if adversary is None or adversary.conditional == "none":
        return 0
    return adversary.embedding_dim if adversary.conditional == "embedding" else experiment.data.target().size


def generator_input(experiment: Experiment) -> Shape:
    """Return the shape of what enters the generator: latent numbers and condition."""
    assert experiment.adversary is not None
    return (experiment.adversary.latent_dim + condition_size(experiment),)


def discriminator_input(experiment: Experiment) -> Shape:
    """Return the shape of what enters the discriminator: a sample, and the condition with its channels or numbers."""
    first, *rest = experiment.data.input_shape()
    return (first + condition_size(experiment), *rest)


def pixels(experiment: Experiment) -> tuple[float, float]:
    """Return what black and white are for the two players.

    Behind a last layer from −1 to 1 (`Tanh`) pictures are −1 … 1: real ones come in as 2x − 1, and what is generated is
    shown as (x + 1)/2. Behind any other it is 0 … 1, as the data have it; points of the plane are never changed.
    """
    pictures = len(experiment.data.input_shape()) == 3
    return (-1.0, 1.0) if pictures and experiment.model.bounds() == (-1, 1) else (0.0, 1.0)


def tensors(experiment: Experiment) -> dict[str, TensorSpec]:
    """Return every tensor of both players by its name in the state."""
    adversary = experiment.adversary
    assert adversary is not None
    found: dict[str, TensorSpec] = {}
    shapes = generator_input(experiment), discriminator_input(experiment)
    models = experiment.model, adversary.discriminator
    for player, model, shape in zip(PLAYERS, models, shapes, strict=True):
        found |= {f"{player}.{name}": tensor for name, tensor in model.tensors(shape).items()}
        if adversary.conditional == "embedding":
            spec, classes = embedding(adversary), (experiment.data.target().size,)
            found[f"{player}.{EMBEDDING}"] = spec.tensors(classes)["0.weight"]
    return found


def embedding(adversary: Adversary) -> ModelSpec:
    """Return what turns a one-hot class into its embedding: one column of numbers for each class."""
    return ModelSpec(layers=(Linear(out_features=adversary.embedding_dim, bias=False, init="xavier"),))


def initial_state(experiment: Experiment) -> State:
    """Return the numbers both players start from, float64. The discriminator has a seed of its own."""
    adversary = experiment.adversary
    assert adversary is not None
    shapes = generator_input(experiment), discriminator_input(experiment)
    models = experiment.model, adversary.discriminator
    found: State = {}
    for player, model, shape in zip(PLAYERS, models, shapes, strict=True):
        seed = player_seed(experiment.seed, player)
        found |= {f"{player}.{name}": value for name, value in model.init(shape, seed).items()}
        if adversary.conditional == "embedding":
            drawn = embedding(adversary).init((experiment.data.target().size,), seed + 1)
            found[f"{player}.{EMBEDDING}"] = drawn["0.weight"]
    return found


def player_seed(seed: int, player: str) -> int:
    """Return the seed of a player's initial weights: equal layers of the two must not begin as twins."""
    return seed if player == PLAYERS[0] else (seed + 1_000_003) % (2**31 - 1)
