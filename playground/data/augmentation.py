"""Pictures, shifted, turned and with noise: what the training sees instead of the pictures themselves.

Every number comes from the seed, the epoch and the picture's position in the epoch's order, never from how many are
asked for at once: whoever goes on in the middle of an epoch goes on with the same pictures. Legend: N pictures
(N, C, H, W) from 0 to 1.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from playground.data.ground import is_light
from playground.spec.augmentation import AugmentationSpec
from playground.spec.random import stream

Pictures = npt.NDArray[np.float32]
Floats = npt.NDArray[np.floating]
BLOCK = 256
"""The noise of so many pictures comes from one stream."""


class Augmenter:
    """Changes the pictures of a training set, epoch after epoch."""

    def __init__(self, spec: AugmentationSpec, seed: int, pictures: Pictures) -> None:
        self._spec, self._seed, self._pictures = spec, seed, pictures
        self._epoch, self._chance = -1, np.empty((0, 3))
        self._light = is_light(pictures)

    def part(self, epoch: int, order: npt.NDArray[np.int64], start: int, stop: int) -> Pictures:
        """Return the pictures at the positions from `start` to `stop` of an epoch's order, changed.

        Args:
            epoch: the number of the order.
            order: (N,) the pictures' numbers in the order in which they are seen.
            start, stop: positions in it.
        """
        if epoch != self._epoch:
            random = stream(self._seed, "augmentation", epoch)
            self._epoch, self._chance = epoch, random.uniform(-1, 1, (len(order), 3))
        spec, chance = self._spec, self._chance[start:stop]
        changed = moved(
            self._pictures[order[start:stop]],
            np.floor((chance[:, :2] + 1) / 2 * (2 * spec.shift + 1)).astype(np.int64) - spec.shift,
            np.deg2rad(spec.rotate) * chance[:, 2],
            light=self._light,
        )
        if spec.noise:
            changed += spec.noise * self._noise(epoch, start, stop)
            np.clip(changed, 0, 1, out=changed)
        return changed

    def _noise(self, epoch: int, start: int, stop: int) -> Pictures:
        """Return standard normal numbers for the pictures at these positions, (stop - start, C, H, W)."""
        shape = self._pictures.shape[1:]
        blocks = range(start // BLOCK, math.ceil(stop / BLOCK))
        drawn = [
            stream(self._seed, "augmentation", epoch, block).standard_normal(
                (BLOCK, *shape), dtype=np.float32
            )
            for block in blocks
        ]
        first = start - blocks.start * BLOCK
        return np.concatenate([*drawn, np.empty((0, *shape), np.float32)])[first : first + stop - start]


def moved(
    pictures: Pictures, shift: npt.NDArray[np.int64], angle: Floats, *, light: bool = False
) -> Pictures:
    """Return pictures (N, C, H, W) turned around their middles, then shifted; what comes in from outside is black.

    Args:
        pictures: from 0 to 1; they stay as they are.
        shift: (N, 2) whole pixels down and to the right.
        angle: (N,) radians, anticlockwise.
        light: what comes in is white, as the ground of such pictures.
    """
    if light:
        return 1 - moved(1 - pictures, shift, angle)
    turned = _turned(pictures, angle) if angle.any() else pictures.copy()
    return _shifted(turned, shift) if shift.any() else turned


def _shifted(pictures: Pictures, shift: npt.NDArray[np.int64]) -> Pictures:
    height, width = pictures.shape[2:]
    most = int(np.abs(shift).max())
    padded = np.pad(pictures, ((0, 0), (0, 0), (most, most), (most, most)))
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, (height, width), axis=(2, 3)
    )  # (N, C, ., ., H, W)
    return windows[np.arange(len(pictures)), :, most - shift[:, 0], most - shift[:, 1]]


def _turned(pictures: Pictures, angle: Floats) -> Pictures:
    """Look for every pixel where it comes from, and mix the four pixels around that place (bilinear)."""
    count, channels, height, width = pictures.shape
    padded = np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)))
    down, right = (axis.ravel() for axis in np.mgrid[:height, :width].astype(np.float32))
    down, right = down - np.float32((height - 1) / 2), right - np.float32((width - 1) / 2)
    cosine, sine = (each(angle).astype(np.float32)[:, None] for each in (np.cos, np.sin))
    row = cosine * down + sine * right + np.float32((height + 1) / 2)  # (N, H W), in the padded picture
    column = cosine * right - sine * down + np.float32((width + 1) / 2)
    np.clip(row, 0, height + 1 - 1e-3, out=row)
    np.clip(column, 0, width + 1 - 1e-3, out=column)
    above, left = row.astype(np.int32), column.astype(np.int32)
    row -= above
    column -= left
    stride = width + 2
    place = above * stride + left
    flat = padded.reshape(count * channels, -1)
    turned = np.empty((count, channels, height * width), np.float32)
    size = flat.shape[1]
    first = np.arange(count, dtype=np.int64)[:, None] * channels * size + place
    values = flat.ravel()
    for channel in range(channels):
        at = first + channel * size
        upper, lower = values.take(at), values.take(at + stride)
        upper += column * (values.take(at + 1) - upper)
        lower += column * (values.take(at + stride + 1) - lower)
        turned[:, channel] = upper + row * (lower - upper)
    return turned.reshape(pictures.shape)
