"""Real pictures of ten classes, `(channels, height, width)`, with pixels from 0 to 1: digits, clothes, photographs."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.data import cifar
from playground.data.dataset import Dataset, Scaling
from playground.data.idx import read_idx
from playground.data.loading import loads
from playground.data.prepared import Raw, prepared
from playground.data.published import CIFAR_10, FASHION_MNIST, MNIST, Published, unpacked
from playground.data.source_files import DIGITS_8X8, MNIST_5K, Source, read
from playground.data.splitting import mixed, stratified_split, take_turns
from playground.spec import DataSpec, SpecError
from playground.spec.image_data import Cifar10, Digits8x8, FashionMnist, Mnist, Mnist5k
from playground.spec.random import stream

Bytes = npt.NDArray[np.uint8]
CLASS_NAMES = tuple("0123456789")
CLOTHES = ("top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
"""Fashion-MNIST's classes; `class.<name>` has them in the visitor's language."""


@loads(Mnist5k)
def mnist_5k(spec: Mnist5k, folder: Path | None) -> Dataset:
    """5,000 digits of MNIST's training set: 1,000 held back, 100 of each class, the same ones for ever.

    A smaller `count` is a prefix of the training part, in which the classes take turns.
    """
    pixels, y = read_table(MNIST_5K, folder)
    train, test = stratified_split(y, 4000, stream(0, "split", "Mnist"))
    train = take_turns(train, y)[: spec.count]
    if spec.size == 14:
        squares = pixels.reshape(-1, 14, 2, 14, 2).mean((2, 4))
        pixels = np.rint(squares).astype(np.uint8)
    return _digits(spec, MNIST_5K, pixels, y, train, test, white=255)


@loads(Mnist)
def mnist(spec: Mnist, folder: Path | None) -> Dataset:
    """The 60,000 digits MNIST's authors train on, and the 10,000 of their test set.

    A smaller `count` is a prefix of the training part, in which the classes take turns.
    """
    return _published(spec, spec.count, MNIST, folder, CLASS_NAMES, partial(read_mnist, MNIST, folder))


@loads(FashionMnist)
def fashion_mnist(spec: FashionMnist, folder: Path | None) -> Dataset:
    """60,000 photographs of clothes to train on and 10,000 to test; `count` as for MNIST."""
    read = partial(read_mnist, FASHION_MNIST, folder)
    return _published(spec, spec.count, FASHION_MNIST, folder, CLOTHES, read)


@loads(Cifar10)
def cifar_10(spec: Cifar10, folder: Path | None) -> Dataset:
    """50,000 small photographs to train on and 10,000 to test; `count` as for MNIST."""
    return _published(
        spec, spec.count, CIFAR_10, folder, cifar.CLASS_NAMES, partial(cifar.read, CIFAR_10, folder)
    )


@loads(Digits8x8)
def digits_8x8(spec: Digits8x8, folder: Path | None) -> Dataset:
    """UCI's 1,797 digits, stratified."""
    pixels, y = read_table(DIGITS_8X8, folder)
    train, test = stratified_split(y, spec.num_samples()[0], stream(spec.seed, "split", spec.kind))
    return _digits(spec, DIGITS_8X8, pixels, y, train, test, white=16)


def read_mnist(published: Published, folder: Path | None) -> Raw:
    """Return the pictures of four IDX files in MNIST's format, those to train on mixed, their classes taking turns.

    Raises:
        SpecError: if a file is missing, damaged or not what it should be.
    """
    parts: list[npt.NDArray[np.uint8]] = []
    num_train, num_test = published.num_train, published.num_test
    sizes = ((num_train, 28, 28), (num_train,), (num_test, 28, 28), (num_test,))
    for file, shape in zip(published.files, sizes, strict=True):
        parts.append(read_idx(unpacked(published, file, folder), shape, file.name))
    x, y, x_test, y_test = parts
    if max(y.max(), y_test.max()) > 9:
        raise SpecError(
            "source.idx_class", place=published.files[1].name, value=int(max(y.max(), y_test.max()))
        )
    classes = y.astype(np.int64)
    order = mixed(classes, published.kind)
    return Raw(x[order, None], classes[order], x_test[:, None], y_test.astype(np.int64))


def _published(
    spec: DataSpec,
    count: int,
    published: Published,
    folder: Path | None,
    class_names: tuple[str, ...],
    read: Callable[[], Raw],
) -> Dataset:
    arrays = prepared(f"{published.name}-{published.digest}", folder, read)
    return Dataset(
        x=arrays.x[:count],
        y=arrays.y[:count],
        x_test=arrays.x_test,
        y_test=arrays.y_test,
        target=spec.target(),
        class_names=class_names,
        feature_names=(),
        points=None,
        points_test=None,
        scaling=Scaling("pixels", np.zeros(1), np.array([255.0])),
        source=f"source.{published.name}_about",
        licence=published.licence,
        named=class_names is not CLASS_NAMES,
    )


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
