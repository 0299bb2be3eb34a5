"""Classes as the numbers a loss wants, and outputs back as classes and as shades of confidence.

N is the number of samples, k the width of the output, C the number of classes. Where a network answers at each of S
steps, every (N, …) here is (N, S, …).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.spec import Coding, Experiment, coding
from playground.spec.losses import IGNORED

Array = npt.NDArray[Any]


def code(y: Array, how: Coding, width: int) -> Array:
    """Return targets as a loss wants them.

    Args:
        y: class indices (N,) or numbers (N, k).
        how: the coding that `spec.coding` chose.
        width: the output's width k; 1 for two classes in one number, else one column per class.

    Returns:
        Class indices (N,) int64 for `"classes"`, else float32 (N, k), NaN where a step is not judged.
    """
    if how == "classes":
        return y.astype(np.int64)
    if how == "values":
        return y.astype(np.float32)
    classes = y[..., None]
    bits = classes == np.arange(width) if width > 1 else classes == 1
    coded = (2.0 * bits - 1.0 if how == "signs" else bits).astype(np.float32)
    return np.where(classes == IGNORED, np.float32(np.nan), coded) if y.ndim > 1 else coded


def threshold(experiment: Experiment) -> float:
    """Return where a single output changes from class 0 to class 1."""
    loss = experiment.loss
    if loss.wants == "logits":
        return 0.0
    return 0.0 if coding(loss, experiment.model, experiment.data.target()) == "signs" else 0.5


def decide(experiment: Experiment, outputs: Array) -> npt.NDArray[np.int64]:
    """Return the class (N,) that outputs (N, k) speak for; a single output is compared with `threshold`."""
    if outputs.shape[-1] == 1:
        return (outputs[..., 0] > threshold(experiment)).astype(np.int64)
    return outputs.argmax(axis=-1).astype(np.int64)


def shades(experiment: Experiment, outputs: Array) -> npt.NDArray[np.float32]:
    """Return outputs (N, k) on the scale they are drawn on, float32.

    Regression: the numbers themselves (N, k). Two classes from one output: (N, 1) from −1 (surely class 0) to +1
    (surely class 1), 0 on the boundary. Otherwise (N, C): each class's probability where the loss wants logits or
    probabilities, and the outputs clipped to 0..1 where it compares numbers.
    """
    y = outputs.astype(np.float32)
    how = coding(experiment.loss, experiment.model, experiment.data.target())
    if how == "values":
        return y
    loss = experiment.loss
    if y.shape[-1] == 1:
        if loss.kind == "BCEWithLogits":
            return np.tanh(y / 2)
        return np.clip(y if threshold(experiment) == 0 else 2 * y - 1, -1, 1)
    if loss.kind == "CrossEntropy":
        shifted = np.exp(y - y.max(axis=-1, keepdims=True))
        return shifted / shifted.sum(axis=-1, keepdims=True)
    if loss.wants == "logits":
        return 0.5 + 0.5 * (np.tanh(y / 2) if loss.kind == "BCEWithLogits" else np.clip(y, -1, 1))
    return np.clip(0.5 + 0.5 * y if how == "signs" else y, 0, 1)
