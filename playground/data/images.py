"""Real handwritten digits as images `(1, height, width)` with pixels from 0 to 1."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data.dataset import Dataset, Scaling
from playground.data.loading import loads
from playground.data.source_files import DIGITS_8X8, MNIST_5K, Source, read
from playground.data.splitting import stratified_split
from playground.spec.data import DataSpec, Digits8x8, Mnist
from playground.spec.random import stream

Bytes = npt.NDArray[np.uint8]
CLASS_NAMES = tuple("0123456789")


@loads(Mnist)
def mnist(spec: Mnist, folder: Path | None) -> Dataset:
    """5,000 digits of MNIST's training set: 1,000 held back, 100 of each class, the same ones for ever.

    A smaller `count` is a prefix of the training part, in which the classes take turns.
    """
    pixels, y = read_table(MNIST_5K, folder)
    train, test = stratified_split(y, 4000, stream(0, "split", spec.kind))
    train = take_turns(train, y)[: spec.count]
    return _digits(spec, MNIST_5K, pixels, y, train, test, white=255)


@loads(Digits8x8)
def digits_8x8(spec: Digits8x8, folder: Path | None) -> Dataset:
    """UCI's 1,797 digits, stratified."""
    pixels, y = read_table(DIGITS_8X8, folder)
    train, test = stratified_split(y, spec.num_samples()[0], stream(spec.seed, "split", spec.kind))
    return _digits(spec, DIGITS_8X8, pixels, y, train, test, white=16)


def take_turns(order: npt.NDArray[np.int64], classes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return `order` rearranged so that every prefix holds the classes as evenly as possible."""
    y = classes[order]
    turn = np.empty(len(order), np.int64)
    for c in np.unique(y):
        members = np.flatnonzero(y == c)
        turn[members] = np.arange(len(members))
    return order[np.argsort(turn, kind="stable")]


def _digits(
    spec: DataSpec,
    source: Source,
    pixels: Bytes,
    y: npt.NDArray[np.int64],
    train: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
    *,
    white: int,
) -> Dataset:
    images = pixels.reshape(-1, *spec.input_shape())  # (N, 1, H, W)
    scaling = Scaling("pixels", np.zeros(1), np.array([float(white)]))
    return Dataset(
        x=scaling.apply(images[train]),
        y=y[train],
        x_test=scaling.apply(images[test]),
        y_test=y[test],
        target=spec.target(),
        class_names=CLASS_NAMES,
        feature_names=(),
        points=None,
        points_test=None,
        scaling=scaling,
        source=f"source.{source.name}_about",
        licence=source.licence,
    )


@cache
def read_table(source: Source, folder: Path | None) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """Return pixels `(N, H·W)` uint8 and classes `(N,)` int64 of a verified file; a refusal is not remembered."""
    # The bytes are exactly those whose checksum the source states, so they need no further mistrust.
    text = gzip.decompress(read(source, folder))
    rows = text.count(b"\n")
    numbers = np.fromstring(text.replace(b"\n", b","), np.int16, sep=",").reshape(rows, -1)
    return numbers[:, :-1].astype(np.uint8), numbers[:, -1].astype(np.int64)
