"""One step of the game in slow motion: the trainer's own step, taken by copies of both players on a batch drawn for it.

First the discriminator learns on real samples and fakes, then the generator learns from what the other's gradient says
of new fakes. Legend: B samples of the batch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playground.data import featurise
from playground.probes.adversarial import latents, rivalry
from playground.probes.adversarial.arena import GRID, critic_scale
from playground.probes.adversarial.players import Players, players
from playground.probes.asks import Answer, Scene, ask
from playground.probes.maps import plane_points, signed
from playground.probes.registry import Array, Arrays
from playground.spec import Spec, SpecError, State
from playground.spec.adversary import PLAYERS, pixels
from playground.spec.base import number
from playground.spec.random import stream

POINTS, PICTURES = 96, 10


class Draw(Spec):
    """Which batch: another number draws another one."""

    number: int = number(0, 0, 1_000_000, step=1)


@ask(Draw, wants=("memory",), of="game")
def duel_walk(scene: Scene, draw: Draw, lang: str) -> Answer:
    """Return one step of both players with every number that passes between them.

    Returns:
        plain: `before` and `after` the discriminator's update, and at the `end`: `d_loss`, `g_loss`, `d_real`,
            `d_fake` (D(x) on average; a critic's scores); `d_gradient_norm`, `g_gradient_norm`, `d_lr`, `g_lr`,
            `batch`, `moved` (how far the fakes went on average, in the data's numbers), `known` (whether the
            optimizers' memory is known).
        arrays: `real`, `fake` (the discriminator's batch), `fresh` (the generator's), `moved` (the same noise after
            its update), (B, 2) f4 or (B, H, W) u1; `answer/real`, `answer/fake`, `answer/fresh` (B,) f4; `pull` (B, 2)
            f4, or (B, H, W) u1 with 128 = 0; of points `plane/before` and `plane/after` (64, 64) u1 as in `arena`.

    Raises:
        SpecError: if it is no GAN, too large, or only torch can take such a step.
    """
    if scene.subject.experiment.adversary is not None and _adversary(scene).needs_torch():
        raise SpecError("stage.duel.torch_only", place="adversary")
    pair = players(scene.subject, (scene.subject.experiment.optimizer, _adversary(scene).optimizer))
    known = _remember(pair, scene.memory)
    batch = Batch(pair, draw.number, scene.step)
    found: Arrays = {"real": batch.real, "fake": pair.fakes(batch.z, batch.labels)}
    plane = scene.subject.dataset.extent is not None
    if plane:
        places = featurise(scene.subject.dataset, plane_points(scene.subject.dataset, GRID))
        middle, reach = critic_scale(pair, pair.scores(places)) if pair.judges else (0.0, 1.0)
        found["plane/before"] = _picture(pair, places, middle, reach)
    before = _standing(pair, batch, found["fake"])
    found["answer/real"] = pair.share(pair.scores(batch.real, batch.labels))
    found["answer/fake"] = pair.share(pair.scores(found["fake"], batch.labels))
    d_norm = _discriminator_learns(pair, batch, found["fake"])
    after = _standing(pair, batch, found["fake"])
    if plane:
        found["plane/after"] = _picture(pair, places, middle, reach)
    found["fresh"] = pair.fakes(batch.fresh, batch.labels)
    found["answer/fresh"] = pair.share(pair.scores(found["fresh"], batch.labels))
    found["pull"], g_norm = _generator_learns(pair, batch)
    found["moved"] = pair.fakes(batch.fresh, batch.labels)
    end = _standing(pair, batch, found["moved"])
    away = (found["moved"] - found["fresh"]).reshape(batch.size, -1).astype(np.float64)
    plain: dict[str, Any] = {
        "before": before,
        "after": after,
        "end": end,
        "d_gradient_norm": d_norm,
        "g_gradient_norm": g_norm,
        "d_lr": _adversary(scene).optimizer.lr,
        "g_lr": scene.subject.experiment.optimizer.lr,
        "batch": batch.size,
        "moved": float(np.sqrt((away**2).sum(axis=1)).mean()),
        "known": known,
        "critic": pair.judges,
        "step": scene.step,
    }
    return Answer({name: _finite(value) for name, value in plain.items()}, _shown(pair, found))


class Batch:
    """What one step is played with: real samples, noise for the discriminator's turn, fresh noise for the other's."""

    def __init__(self, pair: Players, number: int, step: int) -> None:
        dataset = pair.subject.dataset
        drawn = stream(pair.experiment.seed, "walk", number, step)
        self.size = min(POINTS if dataset.x.ndim == 2 else PICTURES, len(dataset.x))
        chosen = drawn.choice(len(dataset.x), self.size, replace=False)
        self.real: Array = dataset.x[chosen]
        self.labels: Array = dataset.y[chosen]
        self.z, self.fresh = (latents.drawn(pair.adversary, self.size, drawn) for _ in range(2))
        self._drawn, self._noise = drawn, np.float32(pair.adversary.input_noise)

    def blurred(self, x: Array) -> Array:
        """Return what the discriminator sees of samples x (N, ...) while somebody learns: maybe with noise."""
        return x + self._noise * self._drawn.standard_normal(x.shape, dtype=np.float32) if self._noise else x


def _adversary(scene: Scene) -> Any:
    return scene.subject.experiment.adversary


def _standing(pair: Players, batch: Batch, fakes: Array) -> dict[str, Any]:
    loss = pair.adversary.loss
    real, fake = (pair.scores(x, batch.labels) for x in (batch.real, fakes))
    verdict = rivalry.verdict(loss, real, fake)
    d_loss = rivalry.discriminator_loss(loss, real, fake, pair.adversary.label_smoothing)[0]
    found = {"d_loss": d_loss, "g_loss": rivalry.generator_loss(loss, fake)[0]}
    return {name: _finite(value) for name, value in (found | verdict).items()}


def _discriminator_learns(pair: Players, batch: Batch, fakes: Array) -> float:
    """Take the discriminator's step and return the norm of its gradient."""
    net, adversary = pair.discriminator, pair.adversary
    both = np.concatenate([pair.entered(batch.real), pair.entered(fakes)])
    labels = np.concatenate([batch.labels, batch.labels])
    x = latents.told(batch.blurred(both), pair.condition("discriminator", labels, len(both)))
    scores = net.forward(x, training=True)
    _, real, fake = rivalry.discriminator_loss(
        adversary.loss, scores[: batch.size], scores[batch.size :], adversary.label_smoothing
    )
    net.backward(np.concatenate([real, fake]))
    norm = _norm(net.gradients())
    net.step(adversary.optimizer.lr)
    clip = getattr(adversary.loss, "clip", None)
    if clip is not None:
        net.load(
            {name: np.clip(x, -clip, clip) if x.dtype.kind == "f" else x for name, x in net.state().items()}
        )
    return norm


def _generator_learns(pair: Players, batch: Batch) -> tuple[Array, float]:
    """Take the generator's step; return the push on each fake, and the norm of its gradient."""
    made = pair.generator.forward(pair.drafted(batch.fresh, batch.labels), training=True)
    low, high = pixels(pair.experiment)
    shaped = made.reshape(batch.size, *pair.experiment.data.input_shape())
    entered = latents.told(batch.blurred(shaped), pair.condition("discriminator", batch.labels, batch.size))
    scores = pair.discriminator.forward(entered, training=True)
    slope = rivalry.generator_loss(pair.adversary.loss, scores)[1]
    grad = np.ascontiguousarray(pair.discriminator.backward(slope)[:, : shaped.shape[1]])
    pair.generator.backward(grad.reshape(made.shape))
    norm = _norm(pair.generator.gradients())
    pair.generator.step(pair.experiment.optimizer.lr)
    return -grad * np.float32(batch.size / (high - low)), norm


def _picture(pair: Players, places: Array, middle: float, reach: float) -> Array:
    scores = pair.scores(places).reshape(GRID, GRID)
    if pair.judges:
        return signed(scores - np.float32(middle), reach)
    return signed(2 * pair.share(scores) - 1, 1.0)


def _shown(pair: Players, found: Arrays) -> Arrays:
    """Return samples in the data's own numbers, or as bytes."""
    scaling = pair.subject.dataset.scaling
    shown: Arrays = {}
    for name, values in found.items():
        if name.startswith("plane/"):
            shown[name] = values
        elif values.ndim == 4:
            picture = values[:, 0]
            if name == "pull":
                shown[name] = signed(picture, float(np.abs(picture).max()) or 1.0)
            else:
                shown[name] = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
        elif values.ndim == 2:
            raw = values * scaling.scale if name == "pull" else scaling.undo(values)
            shown[name] = np.ascontiguousarray(raw, np.float32)
        else:
            shown[name] = values.astype(np.float32)
    return shown


def _remember(pair: Players, memory: State | None) -> bool:
    """Give both nets what their optimizers remember; whether that is known."""
    if memory is None:
        return False
    for player, net in ((PLAYERS[0], pair.generator), (PLAYERS[1], pair.discriminator)):
        own: State = {}
        for name in net.optimizer_state():
            quantity, slash, tensor = name.partition("/")
            found = memory.get(f"{quantity}/{player}.{tensor}" if slash else f"{quantity}/{player}")
            if found is None:
                return False
            own[name] = np.array(found)
        net.load_optimizer(own)
    return True


def _norm(gradients: State) -> float:
    return math.sqrt(sum(float(np.square(g.astype(np.float64)).sum()) for g in gradients.values()))


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
