"""Training on samples with known answers, one step at a time. Knows no thread, clock, queue or screen.

Everything is decided by the experiment: the same experiment takes the same steps, wherever it is interrupted and
however often it is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np

import engines
from engines.choice import place_of
from engines.protocol import Array, Dtype, Fit, Net
from playground import probes
from playground.data import Dataset, baselines
from playground.data.augmentation import Augmenter
from playground.data.targets import code
from playground.runs.evaluation import evaluate, share
from playground.runs.frames import Snapshot
from playground.runs.soundness import finite, put_number
from playground.spec import Experiment, SpecError, State, check, coding, enforce
from playground.spec.random import stream

CHECK_EVERY = 200
"""At most so many steps lie between two checks for divergence and stop conditions."""
PORTION = 512
"""So many pictures are changed at once: it takes some hundredths of a second, and nothing else happens meanwhile."""
LIVE = ("optimizer", "schedule", "training", "loss")
"""Parts of an experiment that may change while it trains; of the model, whatever keeps every tensor's shape."""


class Supervised:
    """The trainer of one experiment on one data set.

    Attributes:
        experiment: with every change made since the start.
        steps: optimizer steps taken.
        status: `"running"`, `"finished"` (a stop condition) or `"diverged"`.
        place: the engine and the device, chosen where the experiment leaves them open.
        reason: the i18n key of the sentence that says why it is not running; empty while it is.
    """

    def __init__(self, experiment: Experiment, dataset: Dataset, *, dtype: Dtype = "float32") -> None:
        """Build the network at step 0.

        Raises:
            SpecError: if the experiment cannot be trained on this data set or exceeds a limit.
        """
        check(experiment)
        enforce(experiment)
        if dataset.x.shape[1:] != experiment.data.input_shape() or dataset.target != experiment.data.target():
            raise SpecError("error.other_data", place="data", value=experiment.data.kind)
        self.experiment = experiment
        self.dataset = dataset
        self.steps = 0
        self.status = "running"
        self.reason = ""
        self._dtype: Dtype = dtype
        self._baselines = baselines.errors(dataset)
        self.place = place_of(experiment, wait=True)
        self._engine = engines.get(self.place.engine)
        self._net: Net = self._engine.net(
            experiment.model,
            dataset.x.shape[1:],
            experiment.optimizer,
            seed=experiment.seed,
            device=self.place.device,
            precision=self.place.precision if dtype == "float32" else "float32",
            dtype=dtype,
        )
        self._shuffles = 0  # orders drawn so far
        self._order = self._draw(self._shuffles)
        self._epochs = 0.0  # epochs trained when the present order began
        self._consumed = 0  # samples of the present order used when the present fit began
        self._began = 0  # the step at which the present fit began
        self._fed = 0  # samples of the present order that the fits have been given
        self._best = (math.inf, 0.0)  # the lowest loss and its epoch, for the plateau
        self._judged = 0  # the step of the last snapshot's batch loss
        self._prepare()
        self._anchor = self.checkpoint()
        self._anchored = 0

    # --- training ---------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Take one optimizer step; does nothing unless the status is running."""
        if self.status != "running":
            return
        if self._scheduled:
            self._lr = self._base_lr * self.experiment.schedule.factor(self.epoch)
        if not self._fit.step(self._lr):
            self._go_on()
            self._fit.step(self._lr)
        self.steps += 1
        if self.steps >= self._check_at:
            self._check()

    @property
    def epoch(self) -> float:
        """Epochs trained; a fraction counts the samples used of the present one."""
        return self._epochs + self._used() / len(self.dataset.x)

    @property
    def batch_size(self) -> int:
        """Samples in a step."""
        return min(self.experiment.training.batch_size or len(self.dataset.x), len(self.dataset.x))

    @property
    def steps_per_epoch(self) -> int:
        """Steps in an epoch; the last may be smaller."""
        return math.ceil(len(self.dataset.x) / self.batch_size)

    # --- looking ----------------------------------------------------------------------------------------------

    def snapshot(self, wanted: Sequence[str] = ()) -> Snapshot:
        """Return the metrics now, and the arrays of the probes in `wanted`. Training is not disturbed by it."""
        arrays = {name: array for _, found in self.look(wanted) for name, array in found.items()}
        return Snapshot(self.steps, self.epoch, self.metrics(), arrays)

    def look(self, wanted: Sequence[str]) -> Iterator[tuple[str, dict[str, Array]]]:
        """Give the arrays of each probe in `wanted`, with its name, computed as they are asked for.

        Training is not disturbed by it; between two of them it must not go on.
        """
        if not wanted:
            return
        # The NumPy engine's own net is looked at as it is: to take its numbers elsewhere costs as much as a look.
        own = self._engine.name == "numpy" and self._dtype == "float32"
        holder = cast("Any", self._net) if own else None
        subject = probes.Subject(self.experiment, self.dataset, self._net.state(), self._gradients(), holder)
        for name in wanted:
            yield name, probes.compute(name, subject)

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

    # --- changing ---------------------------------------------------------------------------------------------

    def set(self, path: str, value: object) -> None:
        """Change one setting and go on training with the same weights.

        Raises:
            SpecError: if there is no such setting, the value does not fit, or the change needs a new start; nothing
                has changed then.
        """
        changed = self.experiment.replace(path, value)
        self._require_live(changed)
        check(changed)
        enforce(changed)
        self._net.retune(changed.model, changed.optimizer)
        self._consumed = self._used()
        self.experiment = changed
        self._prepare()
        if self.status == "finished":
            self.status, self.reason = "running", ""
        self._anchor_here()

    def set_weight(self, name: str, index: Sequence[int], value: float) -> None:
        """Set one number of one tensor by hand.

        Raises:
            SpecError: if there is no such number or the value is not finite.
        """
        state = self._net.state()
        put_number(state, name, index, value)
        self._net.load(state)
        self._anchor_here()

    # --- leaving and coming back ------------------------------------------------------------------------------

    def checkpoint(self) -> tuple[dict[str, Any], State]:
        """Return everything a new trainer needs to go on exactly from here: plain values, and arrays."""
        meta: dict[str, Any] = {
            "experiment": _plain(self.experiment),  # pyright: ignore[reportArgumentType]  (frozen models are hashable)
            "steps": self.steps,
            "status": self.status,
            "reason": self.reason,
            "shuffles": self._shuffles,
            "epochs": self._epochs,
            "consumed": self._used(),
            "best": [None if math.isinf(self._best[0]) else self._best[0], self._best[1]],
            "checked": self._checked,
        }
        parts = {
            "net": self._net.state(),
            "optimizer": self._net.optimizer_state(),
            "random": self._net.random_state(),
        }
        return meta, {
            f"{part}/{name}": value for part, state in parts.items() for name, value in state.items()
        }

    def restore(self, meta: dict[str, Any], state: State) -> None:
        """Go to where `checkpoint` was taken.

        Raises:
            SpecError: if the checkpoint belongs to another experiment.
        """
        experiment = Experiment.from_plain(meta["experiment"])
        if experiment.data != self.experiment.data or experiment.seed != self.experiment.seed:
            raise SpecError("error.other_experiment", place="checkpoint")
        self._require_live(experiment)
        self.experiment = experiment
        parts: dict[str, State] = {"net": {}, "optimizer": {}, "random": {}}
        for name, value in state.items():
            part, _, inner = name.partition("/")
            parts[part][inner] = value
        self._net.retune(experiment.model, experiment.optimizer)
        self._net.load(parts["net"])
        self._net.load_optimizer(parts["optimizer"])
        self._net.load_random(parts["random"])
        self.steps, self.status, self.reason = meta["steps"], meta["status"], meta["reason"]
        self._shuffles, self._epochs, self._consumed = meta["shuffles"], meta["epochs"], meta["consumed"]
        best, epoch = meta["best"]
        self._best = (math.inf if best is None else best, epoch)
        self._order = self._draw(self._shuffles)
        self._prepare()
        self._checked = meta["checked"]
        self._plan()
        self._anchor, self._anchored = (meta, state), self.steps

    # --- inside -----------------------------------------------------------------------------------------------

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
        self._augmenter = _augmenter(experiment, data)
        if self._augmenter is None:
            self._fit: Fit = self._net.fit(experiment.loss, data.x, self._coded, self.batch_size)
        self._base_lr = experiment.optimizer.lr
        self._lr = self._base_lr
        self._scheduled = experiment.schedule.kind != "Constant"
        self._feed()
        self._checked = self.steps
        self._plan()

    def _draw(self, shuffle: int) -> Array:
        return stream(self.experiment.seed, "shuffle", shuffle).permutation(len(self.dataset.x))

    def _go_on(self) -> None:
        """Bring in the next samples: what is left of this epoch, or the next one."""
        self._consumed = self._fed
        if self._fed == len(self.dataset.x):
            self._epochs += 1
            self._shuffles += 1
            self._order = self._draw(self._shuffles)
            self._consumed = 0
        self._feed()

    def _feed(self) -> None:
        """Give the fit what is left of the present order; of changed pictures a portion, which is made now."""
        self._began, start, whole = self.steps, self._consumed, len(self._order)
        if self._augmenter is None:
            self._fed = whole
            self._fit.begin(self._order[start:])
            return
        size = max(PORTION // self.batch_size, 1) * self.batch_size
        # A fit has a batch's samples at least, as every epoch has: a last sample alone is the rest of a portion.
        self._fed = start + size if whole - start >= size + self.batch_size else whole
        first = max(0, min(start, self._fed - self.batch_size))
        x = self._augmenter.part(self._shuffles, self._order, first, self._fed)
        y = self._coded[self._order[first : self._fed]]
        self._fit = self._net.fit(self.experiment.loss, x, y, self.batch_size)
        self._fit.begin(np.arange(start - first, self._fed - first))

    def _used(self) -> int:
        return min(self._consumed + (self.steps - self._began) * self.batch_size, len(self.dataset.x))

    def _plan(self) -> None:
        """Decide at which step to look up next: for divergence and goals, or because it is the last one."""
        training = self.experiment.training
        watching = training.target_loss or training.target_accuracy or training.plateau_epochs
        every = max(10, min(CHECK_EVERY, self.steps_per_epoch)) if watching else CHECK_EVERY
        self._check_at = self._checked + every
        if training.max_steps:
            self._check_at = min(self._check_at, max(training.max_steps, self.steps + 1))
        if training.max_epochs:
            ends_at = self._step_at_epoch(training.max_epochs)
            self._check_at = min(self._check_at, max(ends_at, self.steps + 1))

    def _step_at_epoch(self, epoch: int) -> int:
        """Return the step at which so many epochs are complete."""
        left = math.ceil((len(self.dataset.x) - self._used()) / self.batch_size)
        whole = math.floor(self._epochs + 1e-9) + 1
        return self.steps + left + (epoch - whole) * self.steps_per_epoch

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
        if training.max_steps and self.steps >= training.max_steps:
            return "run.reached_steps"
        if training.max_epochs and self.epoch >= training.max_epochs - 1e-9:
            return "run.reached_epochs"
        if training.target_loss or training.target_accuracy or training.plateau_epochs:
            return self._goal_reason()
        return ""

    def _goal_reason(self) -> str:
        training = self.experiment.training
        found = self._quality(held_back=False)
        if training.target_loss and found["loss"] <= training.target_loss:
            return "run.reached_loss"
        if training.target_accuracy and self.dataset.target.kind == "classes":
            judged = self._quality(held_back=True) if len(self.dataset.x_test) else found
            if judged["accuracy"] >= training.target_accuracy:
                return "run.reached_accuracy"
        if training.plateau_epochs:
            if found["loss"] < self._best[0] * (1 - 1e-4):
                self._best = (found["loss"], self.epoch)
            elif self.epoch - self._best[1] >= training.plateau_epochs:
                return "run.reached_plateau"
        return ""

    def _anchor_here(self) -> None:
        """Keep a state that is known to be good."""
        self._anchor, self._anchored = self.checkpoint(), self.steps

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

    def _require_live(self, changed: Experiment) -> None:
        """Refuse a change that would need other data, other tensors or another engine."""
        now = self.experiment
        shape = self.dataset.x.shape[1:]
        for part in ("data", "seed", "engine", "device"):
            if getattr(changed, part) != getattr(now, part):
                raise SpecError("error.needs_restart", place=part)
        kinds = [layer.kind for layer in changed.model.layers]
        if kinds != [layer.kind for layer in now.model.layers] or {
            name: tensor.shape for name, tensor in changed.model.tensors(shape).items()
        } != {name: tensor.shape for name, tensor in now.model.tensors(shape).items()}:
            raise SpecError("error.needs_restart", place="model")

    def _quality(self, *, held_back: bool) -> dict[str, float]:
        """Return loss and quality on the training samples, or on those held back."""
        data = self.dataset
        x, y, coded = (
            (data.x_test, data.y_test, self._coded_test) if held_back else (data.x, data.y, self._coded)
        )
        if not held_back and len(data.x_test):
            some = slice(share(self.experiment.model, x.shape[1:]))
            x, y, coded = x[some], y[some], coded[some]
        scaling = data.target_scaling if data.series is not None else None
        unit = 1.0 if scaling is None else float(scaling.scale[0])
        return evaluate(self.experiment, self._engine, self._net, x, y, coded, unit=unit)


def _augmenter(experiment: Experiment, data: Dataset) -> Augmenter | None:
    """Return what changes the training pictures; None where nothing is to be changed or there are no pictures."""
    spec = experiment.training.augmentation
    return Augmenter(spec, experiment.seed, data.x) if spec.active and data.x.ndim == 4 else None


@lru_cache(maxsize=32)
def _plain(experiment: Experiment) -> dict[str, Any]:
    """An experiment seldom changes while it trains, and turning it into plain values takes a dozen steps' time."""
    return {"version": Experiment.VERSION, **experiment.plain()}
