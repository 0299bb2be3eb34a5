"""Which samples train and which test: drawn once from a seeded stream, never overlapping."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from playground.spec.random import stream

Indices = npt.NDArray[np.int64]


def split(num_samples: int, num_train: int, random: np.random.Generator) -> tuple[Indices, Indices]:
    """Return shuffled indices of the training part and of the test part."""
    order = random.permutation(num_samples)
    return order[:num_train], order[num_train:]


def stratified_split(
    classes: npt.NDArray[np.int64], num_train: int, random: np.random.Generator
) -> tuple[Indices, Indices]:
    """Return shuffled indices of both parts, each class shared out like the whole.

    Args:
        classes: `(N,)` class of every sample.
        num_train: size of the training part, `0 <= num_train <= N`.
        random: where the shuffle comes from.

    Each class gives `floor` of its exact share to the training part; what is then still missing is taken from the
    classes with the largest remainders. With at least two samples of every class, no class is missing in a part whose
    size is at least the number of classes.
    """
    total = len(classes)
    members = [random.permutation(np.flatnonzero(classes == c)) for c in np.unique(classes)]
    sizes = np.array([len(m) for m in members], np.int64)
    exact = sizes * (num_train / max(total, 1))
    shares = np.floor(exact).astype(np.int64)
    for c in np.argsort(shares - exact, kind="stable")[: num_train - shares.sum()]:
        shares[c] += 1
    shares = _leave_no_class_out(shares, sizes)
    train = np.concatenate([m[:k] for m, k in zip(members, shares, strict=True)])
    test = np.concatenate([m[k:] for m, k in zip(members, shares, strict=True)])
    return random.permutation(train), random.permutation(test)


def _leave_no_class_out(shares: Indices, sizes: Indices) -> Indices:
    """Move single samples between classes so that each stands in both parts, where the parts are large enough."""
    num_train, classes = int(shares.sum()), len(sizes)
    if (sizes < 2).any() or num_train < classes or int(sizes.sum()) - num_train < classes:
        return shares
    fitted = np.clip(shares, 1, sizes - 1)
    while (surplus := int(fitted.sum()) - num_train) != 0:
        room = fitted - 1 if surplus > 0 else sizes - 1 - fitted
        fitted[int(np.argmax(room))] -= 1 if surplus > 0 else -1
    return fitted


def take_turns(order: npt.NDArray[np.int64], classes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return `order` rearranged so that every prefix holds the classes as evenly as possible."""
    y = classes[order]
    turn = np.empty(len(order), np.int64)
    for c in np.unique(y):
        members = np.flatnonzero(y == c)
        turn[members] = np.arange(len(members))
    return order[np.argsort(turn, kind="stable")]


def mixed(classes: Indices, name: str) -> Indices:
    """Return an order of samples with these classes (N,): the same for ever, mixed, the classes taking turns."""
    return take_turns(stream(0, "order", name).permutation(len(classes)), classes)
