"""Training a generator against a discriminator, one step at a time. Knows no thread, clock, queue or screen.

A step is `discriminator_steps` updates of the discriminator and then `generator_steps` of the generator, each on a
batch; an epoch is as many steps as it takes to go through the real samples once at one batch a step.
Legend: B samples of a batch, N real samples.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.generators import generator_state, restore_generator
from engines.protocol import Array, Dtype
from playground import probes
from playground.data import Dataset
from playground.data.modes import modes
from playground.probes.adversarial import coverage, latents, rivalry
from playground.runs import goals
from playground.runs.feed import shuffled
from playground.runs.players import Player
from playground.runs.soundness import finite
from playground.runs.training import Training
from playground.spec import Adversary, Experiment, SpecError, State
from playground.spec.adversary import PLAYERS, Wasserstein, WassersteinPenalty, pixels
from playground.spec.random import stream

CHECK_EVERY = 200
"""So many steps lie between two states that are kept in case the training diverges."""
JUDGED = 1000
"""So many real and generated points are compared; of pictures a quarter."""
CHUNK = 256


class Adversarial(Training):
    """The trainer of a generator and its discriminator on one data set; its steps are those of both together."""

    def __init__(self, experiment: Experiment, dataset: Dataset, *, dtype: Dtype = "float32") -> None:
        """Build both players at step 0.

        Raises:
            SpecError: if the experiment cannot be trained on this data set or exceeds a limit.
        """
        if experiment.adversary is None:
            raise SpecError("error.no_adversary", place="adversary")
        super().__init__(experiment, dataset)
        if experiment.adversary.needs_torch() and self.place.engine != "torch":
            raise SpecError("fit.gan_loss_torch", place="adversary")
        self._generator, self._discriminator = (
            Player(name, experiment, self.place, dtype) for name in PLAYERS
        )
        self._random = stream(experiment.seed, "adversary")  # noise, and the classes of what is generated
        self._shuffles = 0  # orders of the real samples drawn so far
        self._order = self._draw()
        self._taken = 0  # samples of the present order that have been shown
        self._seen = 0  # real samples that all steps together would have shown at one batch each
        self._norms: dict[str, float] = {}  # of the last gradients of who has learned already
        self._paid = dict.fromkeys(PLAYERS, 0.0)  # of the last batches
        self._penalty = 0.0
        self._modes = modes(experiment.data, dataset)
        self._anchor_here()

    # --- training ---------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let both players make their updates; does nothing unless the status is running."""
        if self.status != "running":
            return
        self._advance()
        if not all(math.isfinite(value) for value in self._paid.values()):
            self._diverge()
            return
        if self.steps - self._anchored >= CHECK_EVERY:
            self._look_up()
        reason = goals.limit(self.experiment.training, self.steps, self.epoch)
        if reason:
            self.status, self.reason = "finished", reason

    @property
    def epoch(self) -> float:
        """Epochs trained, with fractions."""
        return self._seen / len(self.dataset.x)

    # --- looking ----------------------------------------------------------------------------------------------

    def metrics(self) -> dict[str, float]:
        """Return how the game stands, judged on the first real samples and on as many from fixed latents.

        `d_loss`, `g_loss`: what the players pay, without noise, smoothing and penalty. `d_real`, `d_fake`,
        `d_accuracy`: see `rivalry.verdict`. `modes`, `quality`, `reverse_kl`: see `coverage`; pictures have no
        quality, which only a classifier could tell. `d_gradient_norm`, `g_gradient_norm`: of the last updates,
        where there has been one.
        """
        adversary = self._rules
        count = min(len(self.dataset.x), JUDGED if self.dataset.x.ndim == 2 else JUDGED // 4)
        real = self._shown(self.dataset.x[:count])
        fake, y = self.fixed_samples(count)
        scores = self._judged(real, np.asarray(self.dataset.y[:count])), self._judged(fake, y)
        found = {
            "d_loss": rivalry.discriminator_loss(adversary.loss, *scores)[0],
            "g_loss": rivalry.generator_loss(adversary.loss, scores[1])[0],
            **rivalry.verdict(adversary.loss, *scores),
            **{f"{player[0]}_gradient_norm": size for player, size in self._norms.items()},
        }
        found |= self._covered(fake)
        if isinstance(adversary.loss, WassersteinPenalty):
            found["penalty"] = self._penalty
        factor = self.experiment.schedule.factor(self.epoch)
        return found | {"lr": self.experiment.optimizer.lr * factor, "d_lr": adversary.optimizer.lr * factor}

    def _covered(self, fake: Array) -> dict[str, float]:
        """Return how well generated samples cover the modes of the real ones, or the classes of real pictures."""
        if self._modes is not None:
            return coverage.coverage(self._modes, self.dataset.scaling.undo(fake))
        if fake.ndim == 2 or self.dataset.target.kind != "classes":
            return {}
        real, y = self._shown(self.dataset.x[:JUDGED]), np.asarray(self.dataset.y[:JUDGED], np.int64)
        return coverage.imitated(real, y, fake, self.dataset.target.size)

    def judged(self) -> dict[str, float]:
        """Return nothing: no number of a game tells which of its moments was the best."""
        return {}

    def state(self) -> State:
        """Return copies of both players' tensors by their names."""
        return self._generator.state() | self._discriminator.state()

    def fixed_samples(self, count: int) -> tuple[Array, npt.NDArray[np.int64]]:
        """Return what is generated from the first fixed latents (count, *sample), as the players see it, and classes.

        The classes (count,) are told to the generator if it is conditional, and mean nothing else.
        """
        y = (
            latents.classes(self.experiment, count)
            if self._rules.conditional != "none"
            else np.zeros(count, int)
        )
        z = latents.fixed(self.experiment, count)
        parts = [self._generator.forward(z[i : i + CHUNK], y[i : i + CHUNK]) for i in range(0, count, CHUNK)]
        return np.concatenate(parts), y

    # --- what a trainer says of itself ------------------------------------------------------------------------

    def _subject(self) -> probes.Subject:
        return probes.Subject(self.experiment, self.dataset, self.state())

    def _take_up(self, changed: Experiment) -> None:
        for player in self._players:
            player.retune(changed)
        self.experiment = changed

    def _load(self, state: State) -> None:
        for player in self._players:
            player.load(state)

    def _standing(self) -> dict[str, Any]:
        return {
            "shuffles": self._shuffles,
            "taken": self._taken,
            "seen": self._seen,
            "norms": dict(self._norms),
            "penalty": self._penalty,
        }

    def _parts(self) -> dict[str, State]:
        one, other = self._players
        return {
            "net": one.state() | other.state(),
            "optimizer": one.optimizer_state() | other.optimizer_state(),
            "random": {"noise": generator_state(self._random), **one.random_state(), **other.random_state()},
        }

    def _resume(self, meta: dict[str, Any], parts: dict[str, State]) -> None:
        for player in self._players:
            player.retune(self.experiment)
            player.load(parts["net"])
            player.load_optimizer(parts["optimizer"])
            player.load_random(parts["random"])
        restore_generator(self._random, parts["random"]["noise"])
        self._shuffles, self._taken, self._seen = meta["shuffles"], meta["taken"], meta["seen"]
        self._norms, self._penalty = dict(meta["norms"]), meta["penalty"]
        self._order = self._draw()

    # --- inside -----------------------------------------------------------------------------------------------

    @property
    def _rules(self) -> Adversary:
        assert self.experiment.adversary is not None
        return self.experiment.adversary

    @property
    def _players(self) -> tuple[Player, Player]:
        return self._generator, self._discriminator

    def _advance(self) -> None:
        """Make the updates of one step, whatever comes out."""
        rules, factor = self._rules, self.experiment.schedule.factor(self.epoch)
        if rules.training != "generator":
            for _ in range(rules.discriminator_steps):
                self._teach_discriminator(rules, rules.optimizer.lr * factor)
        if rules.training != "discriminator":
            for _ in range(rules.generator_steps):
                self._teach_generator(rules, self.experiment.optimizer.lr * factor)
        self._seen += self.batch_size
        self.steps += 1

    def _teach_discriminator(self, rules: Adversary, lr: float) -> None:
        """Show it a batch of real samples and one of generated ones, in one pass, and let it learn."""
        chosen = self._next(self.batch_size)
        real, y = self._shown(self.dataset.x[chosen]), np.asarray(self.dataset.y[chosen])
        fake = self._generator.forward(
            latents.drawn(rules, len(real), self._random), self._classes_of(y), training=True
        )
        both = self._blurred(np.concatenate([real, fake.astype(real.dtype)]), rules)
        player = self._discriminator
        scores = player.forward(both, self._classes_of(np.concatenate([y, y])), training=True)
        half = len(real)
        value, first, second = rivalry.discriminator_loss(
            rules.loss, scores[:half], scores[half:], rules.label_smoothing
        )
        player.backward(np.concatenate([first, second]))
        if isinstance(rules.loss, WassersteinPenalty):
            value += self._penalise(rules.loss, both[:half], both[half:], y)
        player.step(lr)
        if isinstance(rules.loss, Wasserstein):
            player.clamp(rules.loss.clip)
        self._paid["discriminator"], self._norms["discriminator"] = value, player.gradient_norm()

    def _teach_generator(self, rules: Adversary, lr: float) -> None:
        """Let the discriminator judge a generated batch, and the generator learn from the slopes of that."""
        count = self.batch_size
        y = None
        if rules.conditional != "none":
            y = np.asarray(self.dataset.y)[self._random.integers(0, len(self.dataset.x), count)]
        fake = self._generator.forward(latents.drawn(rules, count, self._random), y, training=True)
        scores = self._discriminator.forward(self._blurred(fake, rules), y, training=True)
        value, slopes = rivalry.generator_loss(rules.loss, scores)
        self._generator.backward(self._discriminator.backward(slopes))
        self._generator.step(lr)
        self._paid["generator"], self._norms["generator"] = value, self._generator.gradient_norm()

    def _penalise(self, loss: WassersteinPenalty, real: Array, fake: Array, y: Array) -> float:
        """Add the gradients of the penalty at places between real and generated samples, and return its value."""
        share = self._random.random((len(real), *(1,) * (real.ndim - 1)), dtype=np.float32)
        between = self._discriminator.entering(share * real + (1 - share) * fake, self._classes_of(y))
        net: Any = self._discriminator.net  # torch's: `check` has refused any other
        self._penalty = net.penalise_slope(between, loss.penalty, real.shape[1])
        return self._penalty

    def _classes_of(self, y: Array) -> Array | None:
        return None if self._rules.conditional == "none" else y

    def _blurred(self, x: Array, rules: Adversary) -> Array:
        """Return what the discriminator sees of samples while it trains: with noise, where that is asked for."""
        if not rules.input_noise:
            return x
        noise = self._random.standard_normal(x.shape, dtype=np.float32)
        return x + np.float32(rules.input_noise) * noise

    def _shown(self, x: Array) -> Array:
        """Return real samples (B, ...) as the players see them: pictures between their black and their white."""
        low, high = pixels(self.experiment)
        return x if (low, high) == (0.0, 1.0) else np.float32(low) + np.float32(high - low) * x

    def _judged(self, x: Array, y: Array) -> Array:
        parts = [
            self._discriminator.forward(x[i : i + CHUNK], self._classes_of(y[i : i + CHUNK]))
            for i in range(0, len(x), CHUNK)
        ]
        return np.concatenate(parts)

    def _draw(self) -> npt.NDArray[np.int64]:
        return shuffled(self.experiment.seed, self._shuffles, len(self.dataset.x))

    def _next(self, count: int) -> Array:
        """Return the indices (count,) of the next real samples; behind the last of an order begins another."""
        chosen = self._order[self._taken : self._taken + count]
        self._taken += len(chosen)
        if len(chosen) < count:
            self._shuffles += 1
            self._order = self._draw()
            self._taken = count - len(chosen)
            chosen = np.concatenate([chosen, self._order[: self._taken]])
        return chosen

    def _look_up(self) -> None:
        """Keep this state if all its numbers are finite."""
        found = self.checkpoint()
        if finite(found[1]):
            self._anchor, self._anchored = found, self.steps
        else:
            self._diverge()

    def _diverge(self) -> None:
        """Go back to the last good state and forward to the last step at which everything was finite."""
        bad_at, good = self.steps, self._anchor
        self.restore(*good)
        while self.steps < bad_at:
            self._advance()
            now = self.checkpoint()
            if not (all(math.isfinite(value) for value in self._paid.values()) and finite(now[1])):
                break
            good = now
        self.restore(*good)
        self._paid = dict.fromkeys(PLAYERS, 0.0)
        self.status, self.reason = "diverged", "run.diverged"
