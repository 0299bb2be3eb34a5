"""Which devices torch has here, found out without loading torch in this process.

Torch takes a second and 200 MB to load, so the app and the run service never do it only to fill a list. Where torch's
files hold nothing for an accelerator the answer is known at once; else another process is asked, once, meanwhile. Who
cannot do without the answer is about to train, and loads torch.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import engines
from playground.spec import SpecError

ACCELERATED = ("*torch_cuda*", "*torch_hip*")
"""How the libraries are called that only a build with an accelerator has."""
QUESTION = (
    "import engines; torch = engines.get('torch'); print(*torch.devices()); print(*torch.bfloat16_devices())"
)
PATIENCE = 120.0
"""Seconds after which nobody waits for the other process any more."""


def torch_devices(*, wait: bool = False) -> tuple[str, ...]:
    """Return the devices as `engines.get("torch").devices()` names them; empty without torch.

    Args:
        wait: load torch here; otherwise the CPU alone is named until the other process has answered.
    """
    return _found(wait)[0]


def bfloat16_devices(*, wait: bool = False) -> tuple[str, ...]:
    """Return those of them that have hardware for products of bfloat16."""
    return _found(wait)[1]


def settle() -> None:
    """Wait until it is known which devices there are."""
    where = _folder()
    if where is not None and _may_have_more(where):
        _question().join()


Found = tuple[tuple[str, ...], tuple[str, ...]]
"""All devices, and those with bfloat16."""
CPU: Found = (("cpu",), ())


def _found(wait: bool) -> Found:
    where = _folder()
    if where is None:
        return (), ()
    if not _may_have_more(where):
        return CPU
    return _asked_here() if wait else _question().found


def _asked_here() -> Found:
    try:
        torch = engines.get("torch")
    except (ImportError, OSError, SpecError):  # a build that cannot be loaded
        return CPU
    return torch.devices(), torch.bfloat16_devices()


class Question(threading.Thread):
    """Another process that is asked; `found` is what is known so far."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.found = CPU
        self.start()

    def run(self) -> None:
        command = [sys.executable, "-c", QUESTION]
        try:
            said = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return
        names, able, *_ = [tuple(line.split()) for line in (*said.splitlines(), "", "")]
        self.found = (names or ("cpu",), able)


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
