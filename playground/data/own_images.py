"""The visitor's own pictures: from an upload to a data set. Only the small pictures that are made here are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from playground.data.dataset import Dataset, Scaling
from playground.data.loading import loads
from playground.data.picture_decoding import Channels, decoded, measure
from playground.data.picture_files import keep, packed, read, unpacked
from playground.data.picture_upload import ImageLimits, Upload, check_classes, found_in
from playground.data.splitting import stratified_split
from playground.spec import SpecError
from playground.spec.image_data import OwnImages
from playground.spec.random import stream

__all__ = ["ImageLimits", "Upload", "own_images", "take"]


def take(
    uploads: Sequence[Upload],
    folder: Path,
    *,
    size: int,
    channels: Channels,
    limits: ImageLimits | None = None,
) -> OwnImages:
    """Look at an upload, make its pictures small, keep them, and return the specification of the data set.

    Args:
        uploads: one zip, whose folders are the classes, or several pictures, whose names begin with the class.
        folder: the data folder.
        size: height and width that every picture gets; what is not square is cut to its middle.
        channels: `"grey"` or `"colour"`.
        limits: the caps.

    Raises:
        SpecError: naming the file and what is wrong with it.
    """
    limits = limits or ImageLimits.from_environment()
    if sum(len(upload.data) for upload in uploads) > limits.num_bytes:
        raise SpecError("images.too_large", bound=limits.num_bytes // 1_000_000)
    found = list(found_in(uploads, limits))
    names = tuple(sorted({each.label for each in found}))
    check_classes(found, names)
    for each in found:  # all headers before the first pixel
        measure(each, limits)
    pixels = np.stack([decoded(each, size, channels) for each in found])
    labels = np.array([names.index(each.label) for each in found], np.int64)
    kept = keep(packed(pixels, labels), folder, limits.folder_bytes)
    return OwnImages(file=kept, names=names, size=size, channels=channels, images=len(found))


@loads(OwnImages)
def own_images(spec: OwnImages, folder: Path | None) -> Dataset:
    """Read kept pictures again and cut them into training and test part, each class shared out like the whole.

    Raises:
        SpecError: if they are gone or not what the specification says.
    """
    pixels, labels = unpacked(read(spec.file, folder), spec)
    train, test = stratified_split(labels, spec.num_samples()[0], stream(spec.seed, "split", spec.kind))
    scaling = Scaling("pixels", np.zeros(1), np.array([255.0]))
    return Dataset(
        x=scaling.apply(pixels[train]),
        y=labels[train],
        x_test=scaling.apply(pixels[test]),
        y_test=labels[test],
        target=spec.target(),
        class_names=spec.names,
        feature_names=(),
        points=None,
        points_test=None,
        scaling=scaling,
        source="source.own_images",
        licence="",
    )
