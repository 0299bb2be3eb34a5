"""The losses. Each is the mean over all elements of the batch, as torch's default; `kind` drops torch's "Loss".

Of sequences with an answer at each step, the mean is over all steps that are judged.

What a loss wants to see — logits or probabilities, codes or classes — is stated here, so that `fit.check` can
explain a mismatch and the trainer can code the targets.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from playground.spec.base import Kind, number

IGNORED = -100
"""In place of a class: this step is not judged (torch's `ignore_index`). Coded as numbers it is NaN."""


class LossSpec(Kind):
    """How far an output is from its target.

    Class attributes:
        wants: what the last layer must give: any "values", "probabilities" in 0..1, or "logits".
        targets: how classes are coded: "numbers" (0/1 or −1/+1, by the range of the last layer), "bits" (0/1),
            "signs" (−1/+1) or "classes" (indices).
    """

    wants: ClassVar[Literal["values", "probabilities", "logits"]] = "values"
    targets: ClassVar[Literal["numbers", "bits", "signs", "classes"]] = "numbers"


class MSE(LossSpec):
    """(y − t)²."""

    kind: Literal["MSE"] = "MSE"


class MAE(LossSpec):
    """|y − t|; the slope at 0 is 0."""

    kind: Literal["MAE"] = "MAE"


class Huber(LossSpec):
    """½ (y − t)² where |y − t| ≤ delta, else delta (|y − t| − ½ delta). Huber (1964)."""

    kind: Literal["Huber"] = "Huber"
    delta: float = number(1.0, 0.01, 100, step=0.1)


class BCE(LossSpec):
    """−t ln p − (1 − t) ln(1 − p), logarithms cut at −100 as in torch."""

    kind: Literal["BCE"] = "BCE"
    wants: ClassVar = "probabilities"
    targets: ClassVar = "bits"


class BCEWithLogits(LossSpec):
    """BCE behind a sigmoid, in one numerically stable piece."""

    kind: Literal["BCEWithLogits"] = "BCEWithLogits"
    wants: ClassVar = "logits"
    targets: ClassVar = "bits"


class CrossEntropy(LossSpec):
    """−ln softmax(z)ₜ with logits z (N, classes) and class indices t (N,)."""

    kind: Literal["CrossEntropy"] = "CrossEntropy"
    wants: ClassVar = "logits"
    targets: ClassVar = "classes"


class Hinge(LossSpec):
    """max(0, 1 − t y) with t ∈ {−1, +1}: Cortes and Vapnik (1995)."""

    kind: Literal["Hinge"] = "Hinge"
    wants: ClassVar = "logits"
    targets: ClassVar = "signs"
