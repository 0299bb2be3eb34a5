"""Which devices torch has here, found out without loading torch in this process.

Torch takes a second and 200 MB to load, so the app and the run service never do it only to fill a list. Where torch's
files hold nothing for an accelerator the answer is known at once; else another process is asked, once, meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ACCELERATED = ("*torch_cuda*", "*torch_hip*")
"""How the libraries are called that only a build with an accelerator has."""
QUESTION = "from engines.torch.devices import devices; print(*devices())"
PATIENCE = 120.0
"""Seconds after which nobody waits for the other process any more."""


def torch_devices(*, wait: bool = False) -> tuple[str, ...]:
    """Return the devices as `engines.get("torch").devices()` names them; empty without torch.

    Args:
        wait: wait for the other process; otherwise the CPU alone is named until it has answered.
    """
    where = _folder()
    if where is None:
        return ()
    if not _may_have_more(where):
        return ("cpu",)
    question = _question()
    if wait:
        question.join()
    return question.found


class Question(threading.Thread):
    """Another process that is asked; `found` is what is known so far."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.found: tuple[str, ...] = ("cpu",)
        self.start()

    def run(self) -> None:
        command = [sys.executable, "-c", QUESTION]
        try:
            said = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return
        self.found = tuple(said.split()) or ("cpu",)


@cache
def _question() -> Question:
    return Question()


@cache
def _folder() -> Path | None:
    found = find_spec("torch")
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) if places else None


@cache
def _may_have_more(where: Path) -> bool:
    return sys.platform == "darwin" or any(any((where / "lib").glob(name)) for name in ACCELERATED)
