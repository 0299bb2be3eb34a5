"""What a data set is once it is numbers: arrays, the words for them, and how raw values became network input.

Knows no source, no file and no specification class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from playground import i18n
from playground.data.tokens import Pipeline
from playground.spec import Target

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Scaling:
    """`(raw - offset) / scale`, one offset and one scale per feature, or one for all.

    Attributes:
        kind: `"none"`, `"standard"` (mean 0, deviation 1), `"minmax"` (0 to 1) or `"pixels"` (0 to 1).
        offset: `(F,)` or `(1,)`, float64.
        scale: the same shape, float64, never zero.
    """

    kind: Literal["none", "standard", "minmax", "pixels"]
    offset: Floats
    scale: Floats

    def apply(self, raw: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return network input from raw values: `(N, F)` in and out, computed in float64, given back in float32."""
        values = np.asarray(raw)
        if values.dtype == np.uint8 and self.offset.size == 1:
            return self.apply(np.arange(256.0))[values]  # images: 256 divisions instead of millions
        return ((values.astype(np.float64) - self.offset) / self.scale).astype(np.float32)

    def undo(self, scaled: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return raw values from scaled ones, `(N, F)` in and out."""
        return np.asarray(scaled, np.float64) * self.scale + self.offset

    def text(self, lang: str = "en") -> str:
        """Return one sentence that says what is done to the numbers."""
        return i18n.text(f"source.scaling_{self.kind}", lang)


def fit_scaling(kind: str, train: Floats) -> Scaling:
    """Return the scaling of `kind` fitted on the training part alone.

    Args:
        kind: `"none"`, `"standard"` or `"minmax"`.
        train: `(N, F)` raw features of the training part; a constant column is only shifted.
    """
    values = np.asarray(train, np.float64)
    if kind == "standard":
        offset = values.mean(0)
        # Squares of tiny deviations would underflow to zero, so the largest is taken out first.
        largest = np.abs(values - offset).max(0)
        unit = np.where(largest > 0, largest, 1.0)
        scale = unit * np.sqrt((((values - offset) / unit) ** 2).mean(0))
        return Scaling("standard", offset, np.where(scale > 0, scale, 1.0))
    if kind == "minmax":
        offset = values.min(0)
        scale = values.max(0) - offset
        return Scaling("minmax", offset, np.where(scale > 0, scale, 1.0))
    return Scaling("none", np.zeros(values.shape[1]), np.ones(values.shape[1]))


@dataclass(frozen=True, eq=False)
class SeriesPicture:
    """A series as it was measured, and how samples were cut out of it: what a plot of forecasts and a baseline need.

    The window of sample n is `values[starts[n] : starts[n] + window]`; behind it come the `horizon` values that are to
    be told (many-to-one), or behind each of its steps (many-to-many).

    Attributes:
        values: `(L,)` float64 in the series' own units, gaps filled.
        labels: `(L,)` a date, a time or a number for each value, as it is written below a plot.
        name: what is measured: the i18n key behind `series.name.`, or a visitor's own heading where there is none.
        unit: in what, such as "°F"; empty where it has none.
        filled: `(L,)` bool, where a value was missing and lies on the line between its neighbours.
        begins: index of the first value that is held back; L where nothing is.
        window, horizon: steps that are seen, steps that are to be told.
        season: steps after which the series is expected to repeat itself; 0 where it is not.
        starts, starts_test: `(N,)` int64, where the windows of `x` and of `x_test` begin.
    """

    values: npt.NDArray[np.float64]
    labels: tuple[str, ...]
    name: str
    unit: str
    filled: npt.NDArray[np.bool_]
    begins: int
    window: int
    horizon: int
    season: int
    starts: npt.NDArray[np.int64]
    starts_test: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.values, self.filled, self.starts, self.starts_test):
            array.setflags(write=False)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test part of one data set, ready for a network. All arrays are read-only.

    Attributes:
        x: `(N, *input_shape)` float32, after features and scaling.
        y: `(N,)` int64 for classes, `(N, k)` float32 for regression. With an answer at each of S steps `(N, S)`,
            where −100 is not judged, and `(N, S, k)`.
        x_test, y_test: the same for the test part.
        target: kind and size of what is to be learned.
        class_names: one name per class; empty for regression.
        feature_names: one name per feature (the last axis of sequences); empty for images and for tokens.
        points: `(N, 2)` or `(N, 1)` float32, the coordinates before features and scaling; None where there are none.
        points_test: the same for the test part.
        scaling: how raw features became `x`.
        target_scaling: how raw regression targets became `y`, or None where they are used as they are.
        source: the i18n key of the sentence that says where the numbers come from.
        licence: the licence's name.
        extent: `((low, high), ...)` of the plane or line that a picture of `points` shows; None without points.
        named: whether the classes are words of ours, whose translations are the texts behind `class.<name>`.
        derived: whether `x` is made from `points` by the formulas of `feature_names`; else they are the raw columns.
        vocabulary: where samples are rows of token ids, the token of each id; 0 is padding (""), 1 is unknown ("�").
        pipeline: how a text becomes such a row; None where samples are no text.
        texts, texts_test: what stood there before it became numbers, aligned with `x` and `x_test`; else empty.
        series: the series that samples were cut from; None where there is none.
        notes: what else is to be told of these data: i18n keys behind `source.`, each with what is filled in.
    """

    x: npt.NDArray[np.float32]
    y: Array
    x_test: npt.NDArray[np.float32]
    y_test: Array
    target: Target
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    points: npt.NDArray[np.float32] | None
    points_test: npt.NDArray[np.float32] | None
    scaling: Scaling
    source: str
    licence: str
    target_scaling: Scaling | None = None
    extent: tuple[tuple[float, float], ...] | None = None
    derived: bool = False
    named: bool = False
    vocabulary: tuple[str, ...] = ()
    pipeline: Pipeline | None = None
    texts: tuple[str, ...] = ()
    texts_test: tuple[str, ...] = ()
    series: SeriesPicture | None = None
    notes: tuple[tuple[str, tuple[tuple[str, object], ...]], ...] = ()

    def __post_init__(self) -> None:
        for array in (self.x, self.y, self.x_test, self.y_test, self.points, self.points_test):
            if array is not None:
                array.setflags(write=False)

    def spoken(self, lang: str) -> tuple[str, ...]:
        """Return the class names in `lang`; a visitor's own names stay as they are."""
        if not self.named:
            return self.class_names
        return tuple(i18n.text(f"class.{name}", lang) for name in self.class_names)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.x.shape[1:]

    @property
    def num_bytes(self) -> int:
        """How much memory the arrays hold."""
        arrays = (self.x, self.y, self.x_test, self.y_test, self.points, self.points_test)
        return sum(array.nbytes for array in arrays if array is not None)
