"""What every engine refuses: states, batches, targets and orders that do not fit. It knows no engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engines.protocol import Array
from playground.spec import LossSpec, ModelSpec, Shape, SpecError, State
from playground.spec.losses import IGNORED
from playground.spec.sequence_layers import Embedding

SHOWN_NAMES = 3


def check_names(state: Mapping[str, Array], expected: Mapping[str, Shape]) -> None:
    """Raise SpecError unless `state` has exactly the expected names and shapes."""
    missing, unknown = set(expected) - set(state), set(state) - set(expected)
    if missing:
        raise SpecError("engine.state_missing", value=_listed(missing))
    if unknown:
        raise SpecError("engine.state_unknown", value=_listed(unknown))
    for name, shape in expected.items():
        if np.shape(state[name]) != shape:
            found = str(np.shape(state[name]))
            raise SpecError("engine.state_shape", place=name, value=found, expected=str(shape))


def check_state(state: State, model: ModelSpec, shape: Shape, dtype: str) -> None:
    """Raise SpecError unless `state` has every tensor of `model` and `dtype` can hold its numbers."""
    tensors = model.tensors(shape)
    check_names(state, {name: tensor.shape for name, tensor in tensors.items()})
    limit = float(np.finfo(dtype).max)
    for name, given in state.items():
        values = np.asarray(given)
        if values.dtype.kind not in "fiu":
            raise SpecError("engine.state_number", place=name, value=str(values.dtype))
        bad = ~(np.abs(values.astype(np.float64)) <= limit)
        if bad.any():
            raise SpecError("engine.state_number", place=name, value=float(values[bad].reshape(-1)[0]))


def as_steps(state: State, name: str) -> int:
    """Return the number of steps that stands in an optimizer's memory under `name`.

    Raises:
        SpecError: if it is no whole number from 0 on.
    """
    value = float(state[name])
    if not (value >= 0 and value.is_integer()):
        raise SpecError("engine.state_number", place=name, value=value)
    return int(value)


def check_retune(old: ModelSpec, new: ModelSpec, shape: Shape) -> None:
    """Raise SpecError unless `new` has the tensors and the inner shapes of `old`."""
    same = len(old.layers) == len(new.layers) and old.shapes(shape) == new.shapes(shape)
    before = {name: tensor.shape for name, tensor in old.tensors(shape).items()}
    if not same or before != {name: tensor.shape for name, tensor in new.tensors(shape).items()}:
        raise SpecError("engine.retune", place="model")


def check_batch_size(model: ModelSpec, shape: Shape, batch_size: int) -> None:
    """Raise SpecError if a batch normalisation would have a single number to normalise: it has no variance."""
    if batch_size == 1 and model.least_batch(shape) > 1:
        raise SpecError("engine.batch_of_one", place="training.batch_size", value=batch_size)


def as_batch(x: Array, shape: Shape) -> Array:
    """Return x as an array (N, *shape).

    Raises:
        SpecError: if it has another shape.
    """
    x = np.asarray(x)
    if x.shape[1:] != shape or x.ndim == 0:
        raise SpecError("engine.input_shape", place="x", value=str(x.shape), expected=_batch_text(shape))
    return x


def as_targets(loss: LossSpec, target: Array, num_samples: int, output: Shape) -> Array:
    """Return coded targets as class indices int64 (N,), of outputs (T, C) at every step (N, T), or as numbers (N, k).

    k is the product of `output`. At a step, `IGNORED` stands for a class that is not judged, NaN for a number.

    Raises:
        SpecError: if the shape does not fit or a class is out of range.
    """
    target = np.asarray(target)
    classes, by_step = loss.targets == "classes", len(output) == 2
    expected: Shape = (num_samples, *output)
    if classes:
        expected = (num_samples, output[0]) if by_step else (num_samples,)
    if target.shape != expected or (classes and target.dtype.kind not in "iu"):
        found = f"{target.shape} {target.dtype}"
        raise SpecError("engine.target_shape", place="y", value=found, expected=str(expected), kind=loss.kind)
    if not classes:
        return target.reshape(num_samples, -1)
    count = output[-1] if by_step else output[0]
    judged = target[target != IGNORED] if by_step else target
    if judged.size and not (judged.min() >= 0 and judged.max() < count):
        worst = int(judged.max()) if judged.max() >= count else int(judged.min())
        raise SpecError("engine.target_class", place="y", value=worst, classes=count)
    return target.astype(np.int64)


def check_tokens(model: ModelSpec, x: Array) -> None:
    """Raise SpecError if x (N, T) has token ids that the model's embedding has no vector for."""
    first = model.layers[0]
    if not isinstance(first, Embedding) or not x.size:
        return
    low, high = float(x.min()), float(x.max())
    if not (low >= 0 and high < first.num_embeddings):
        worst = high if low >= 0 else low
        value = int(worst) if np.isfinite(worst) else str(worst)
        raise SpecError("engine.token", place="x", value=value, size=first.num_embeddings)


def as_order(order: Array, num_samples: int) -> Array:
    """Return an order of samples as int64 (M,), copied.

    Raises:
        SpecError: if it names a sample that is not there.
    """
    order = np.array(order, dtype=np.int64).reshape(-1)
    if order.size and not (order.min() >= 0 and order.max() < num_samples):
        worst = int(order.max()) if order.max() >= num_samples else int(order.min())
        raise SpecError("engine.order", place="order", value=worst, samples=num_samples)
    return order


def _listed(names: set[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:SHOWN_NAMES]) + (", …" if len(shown) > SHOWN_NAMES else "")


def _batch_text(shape: Shape) -> str:
    return "(" + ", ".join(["N", *map(str, shape)]) + ")"
