"""Training on samples with known answers, one step at a time. Knows no thread, clock, queue or screen."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any, cast

import numpy as np

import engines
from engines.choice import Place, place_of
from engines.protocol import Array, Dtype, Fit, Net
from playground import probes
from playground.data import Dataset, baselines
from playground.data.targets import code
from playground.runs import goals
from playground.runs.evaluation import MAX_SAMPLES, evaluate, forward, share
from playground.runs.feed import Feed
from playground.runs.goals import Goals
from playground.runs.soundness import finite
from playground.runs.training import Training
from playground.spec import Experiment, SpecError, State, coding

CHECK_EVERY = 200
"""At most so many steps lie between two checks for divergence and stop conditions."""


class Supervised(Training):
    """The trainer of one network on one data set."""

    def __init__(self, experiment: Experiment, dataset: Dataset, *, dtype: Dtype = "float32") -> None:
        """Build the network at step 0.

        Raises:
            SpecError: if the experiment cannot be trained on this data set or exceeds a limit.
        """
        super().__init__(experiment, dataset)
        self._dtype: Dtype = dtype
        self._baselines = baselines.errors(dataset)
        self._net: Net = self._built(experiment, self.place)
        self._feed = Feed(experiment.seed, dataset.x)
        self._goals = Goals()
        self._judged = 0  # the step of the last snapshot's batch loss
        self._outputs: Array = np.empty(0)  # for the samples that it is judged by, at the step `_answered`
        self._prepare()
        self._anchor_here()

    # --- training ---------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Take one optimizer step; does nothing unless the status is running."""
        if self.status != "running":
            return
        if self._scheduled:
            self._lr = self._base_lr * self.experiment.schedule.factor(self.epoch)
        if not self._fit.step(self._lr):
            self._fit = self._feed.go_on(self.steps)
            self._fit.step(self._lr)
        self.steps += 1
        if self.steps >= self._check_at:
            self._check()

    @property
    def epoch(self) -> float:
        """Epochs trained; a fraction counts the samples used of the present one."""
        return self._feed.epoch(self.steps)

    # --- looking ----------------------------------------------------------------------------------------------

    def metrics(self) -> dict[str, float]:
        """Return loss and quality on training and test samples, the last batches' loss, lr, penalty, gradient norm.

        For a series also what the baselines reach, and `test_skill`: by which share the error is below the naive one.
        """
        found = self._quality(held_back=False)
        if len(self.dataset.x_test):
            found |= {f"test_{name}": value for name, value in self._quality(held_back=True).items()}
            found |= self._baselines
            if self._baselines:
                found["test_skill"] = 1 - found["test_rmse"] / self._baselines["naive_rmse"]
        losses = self._fit.losses()
        recent = losses[-min(max(self.steps - self._judged, 1), len(losses)) :] if len(losses) else losses
        self._judged = self.steps
        if len(recent):
            found["batch_loss"] = float(recent.mean())
        found["lr"] = self._base_lr * self.experiment.schedule.factor(self.epoch)
        found["penalty"] = self._net.penalty()
        parts = [gradient.ravel() for gradient in self._gradients().values()] or [np.zeros(0)]
        whole = np.concatenate(parts).astype(np.float64)
        found["gradient_norm"] = math.sqrt(float(whole.dot(whole)))
        return found

    def judged(self) -> dict[str, float]:
        """Return how good the network is on the samples held back, `test_…`; on the others where there are none."""
        if not len(self.dataset.x_test):
            return self._quality(held_back=False)
        return {f"test_{name}": value for name, value in self._quality(held_back=True).items()}

    def state(self) -> State:
        """Return copies of the network's tensors by torch's names."""
        return self._net.state()

    # --- what a trainer says of itself ------------------------------------------------------------------------

    def _subject(self) -> probes.Subject:
        # The NumPy engine's own net is looked at as it is: to take its numbers elsewhere costs as much as a look.
        own = self.place.engine == "numpy" and self._dtype == "float32"
        holder = cast("Any", self._net) if own else None
        known = self._outputs if self._answered == self.steps else None
        return probes.Subject(
            self.experiment, self.dataset, self._net.state(), self._gradients(), holder, known
        )

    def _take_up(self, changed: Experiment) -> None:
        place = place_of(changed, wait=True)
        if place.where == self.place.where:
            self._net.retune(changed.model, changed.optimizer)
        else:
            self._enter(self._built(changed, place), place, self._parts())
        self.experiment = changed
        self._prepare()

    def _load(self, state: State) -> None:
        self._net.load(state)
        self._answered = -1

    def _standing(self) -> dict[str, Any]:
        return self._feed.plain(self.steps) | {"best": self._goals.plain(), "checked": self._checked}

    def _parts(self) -> dict[str, State]:
        net = self._net
        return {"net": net.state(), "optimizer": net.optimizer_state(), "random": net.random_state()}

    def _resume(self, meta: dict[str, Any], parts: dict[str, State]) -> None:
        place, net = place_of(self.experiment, wait=True), self._net
        if place.where == self.place.where:
            net.retune(self.experiment.model, self.experiment.optimizer)
        else:
            net = self._built(self.experiment, place)
        self._enter(net, place, parts)
        self._feed.restore(meta, self.steps)
        self._goals.restore(meta["best"])
        self._prepare()
        self._checked = meta["checked"]
        self._plan()

    # --- inside -----------------------------------------------------------------------------------------------

    def _built(self, experiment: Experiment, place: Place) -> Net:
        """Return a net at step 0, somewhere."""
        return engines.get(place.engine).net(
            experiment.model,
            self.dataset.x.shape[1:],
            experiment.optimizer,
            seed=experiment.seed,
            device=place.device,
            precision=place.precision if self._dtype == "float32" else "float32",
            dtype=self._dtype,
        )

    def _enter(self, net: Net, place: Place, parts: dict[str, State]) -> None:
        """Go on with a net that stands somewhere, from a state of the net, the optimizer and what is drawn."""
        net.load(parts["net"])
        net.load_optimizer(parts["optimizer"])
        with suppress(SpecError):  # an accelerator draws by a generator of its own
            net.load_random(parts["random"])
        self._net, self.place = net, place

    def _gradients(self) -> State:
        """Return those of the last step; none before the first."""
        return self._net.gradients() if self.steps else {}

    def _prepare(self) -> None:
        """Lay the training set out for the present settings and continue with what is left of the present order."""
        experiment, data = self.experiment, self.dataset
        how = coding(experiment.loss, experiment.model, data.target)
        width = experiment.model.output_shape(data.x.shape[1:])[-1]
        self._coded = code(data.y, how, width)
        self._coded_test = code(data.y_test, how, width)
        self._fit: Fit = self._feed.lay_out(experiment, self._net, self._coded, self.batch_size, self.steps)
        self._base_lr = experiment.optimizer.lr
        self._lr = self._base_lr
        self._scheduled = experiment.schedule.kind != "Constant"
        self._checked: int = self.steps
        self._answered = -1
        self._plan()

    def _plan(self) -> None:
        """Decide at which step to look up next: for divergence and goals, or because it is the last one."""
        training = self.experiment.training
        often = max(10, min(CHECK_EVERY, self.steps_per_epoch))
        stops = [self._checked + (often if goals.watched(training) else CHECK_EVERY)]
        if training.max_steps:
            stops.append(max(training.max_steps, self.steps + 1))
        if training.max_epochs:
            stops.append(max(self._feed.step_at(training.max_epochs, self.steps), self.steps + 1))
        self._check_at: int = min(stops)

    def _check(self) -> None:
        """Stop if the loss or a weight is no longer finite, or if a stop condition holds."""
        self._checked = self.steps
        anchor = self.checkpoint()
        losses = self._fit.losses()
        if not (np.isfinite(losses[self._anchored - self.steps :]).all() and finite(anchor[1])):
            self._diverge()
            return
        self._anchor, self._anchored = anchor, self.steps
        reason = self._stop_reason()
        if reason:
            self.status, self.reason = "finished", reason
        self._plan()

    def _stop_reason(self) -> str:
        training = self.experiment.training
        found = goals.limit(training, self.steps, self.epoch)
        if found or not goals.watched(training):
            return found
        present = self._quality(held_back=False)
        return self._goals.reached(
            training,
            self.epoch,
            present,
            lambda: self._quality(held_back=True) if len(self.dataset.x_test) else present,
        )

    def _diverge(self) -> None:
        """Go back to the last good state and forward to the last step at which everything was finite."""
        bad_at = self.steps
        self.restore(*self._anchor)
        self._check_at = bad_at + 1
        good = self.checkpoint()
        while self.steps < bad_at:
            self.step()
            losses = self._fit.losses()
            if len(losses) and not np.isfinite(losses[-1]):
                break
            now = self.checkpoint()
            if not finite(now[1]):
                break
            good = now
        self.restore(*good)
        self.status, self.reason = "diverged", "run.diverged"

    def _quality(self, *, held_back: bool) -> dict[str, float]:
        """Return loss and quality on the training samples, or on those held back."""
        data = self.dataset
        judged = held_back or not len(data.x_test)
        x, y, coded = (
            (data.x_test, data.y_test, self._coded_test) if held_back else (data.x, data.y, self._coded)
        )
        outputs = forward(
            self._net, x[: MAX_SAMPLES if judged else share(self.experiment.model, x.shape[1:])]
        )
        if judged:
            self._outputs, self._answered = outputs, self.steps
        scaling = data.target_scaling if data.series is not None else None
        unit = 1.0 if scaling is None else float(scaling.scale[0])
        return evaluate(self.experiment, engines.get(self.place.engine), outputs, y, coded, unit=unit)
