"""A fork's folder: what its parent has recorded up to a step, and the states to go on from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playground.runs import checkpoint, keyframes

LOG = "log.bin"


def take_over(parent: Path, child: Path, step: int) -> None:
    """Fill `child` with the parent's recording and its whole states up to `step`.

    States are never changed once they are written, so they are shared where the disk can do that. The recording is
    copied whole; whoever opens it cuts it back.

    Raises:
        OSError: if the disk refuses; nothing is left behind then.
    """
    child.mkdir(parents=True)
    try:
        if (parent / LOG).exists():
            shutil.copyfile(parent / LOG, child / LOG)
        for pattern in ("keyframe-*.safetensors", "checkpoint-*.safetensors"):
            for path in parent.glob(pattern):
                _share(path, child / path.name)
        keyframes.cut_back(child, step)
        checkpoint.cut_back(child, step)
    except OSError:
        shutil.rmtree(child, ignore_errors=True)
        raise


def _share(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileNotFoundError:
        return  # its worker has thinned it just now
    except OSError:
        shutil.copyfile(path, target)
