"""Weights in files: safetensors, by torch's names and in torch's layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.spec import Experiment, SpecError, State


def check_target(path: Path, ending: str = ".safetensors", place: str = "--save") -> None:
    """Refuse a place that a file could not be written to, before hours of training.

    Raises:
        SpecError: if the folder is missing or not writable, or the ending is wrong.
    """
    if path.suffix != ending:
        raise SpecError("cli.ending", place=place, value=str(path), expected=ending)
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise SpecError("cli.unwritable", value=str(path), reason=error.strerror or "") from error


def save(path: Path, state: State, experiment: Experiment) -> None:
    """Write `state` with the experiment's JSON beside it in the file's metadata."""
    from safetensors.numpy import save_file

    try:
        tensors = {name: np.ascontiguousarray(value) for name, value in state.items()}
        save_file(tensors, path, metadata={"experiment": experiment.to_json()})
    except OSError as error:
        raise SpecError("cli.unwritable", value=str(path), reason=error.strerror or "") from error


def read(path: Path) -> State:
    """Read tensors from a safetensors file.

    Raises:
        SpecError: if the file is missing or no safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise SpecError("cli.unreadable", value=str(path), reason=error.strerror or "no such file") from error
    except OSError as error:
        raise SpecError("cli.unreadable", value=str(path), reason=error.strerror or "") from error
    except (SafetensorError, ValueError, KeyError) as error:
        raise SpecError("cli.not_weights", value=str(path), reason=str(error)) from error
