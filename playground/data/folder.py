"""The data folder: where runs and data sets of this installation lie."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playground.spec import SpecError


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder: `PLAYGROUND_DATA`, else the platform's user data folder. It need not exist."""
    chosen = environment.get("PLAYGROUND_DATA", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("nn-playground", appauthor=False)


def usable(folder: Path) -> Path:
    """Return `folder` with `runs/` and `datasets/` in it, after writing and removing a file there.

    Raises:
        SpecError: if it cannot be created or written to.
    """
    try:
        for inner in ("runs", "datasets"):
            (folder / inner).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder / inner) as probe:
                probe.write(b"writable")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SpecError("error.folder", place="PLAYGROUND_DATA", value=str(folder), reason=reason) from error
    return folder
