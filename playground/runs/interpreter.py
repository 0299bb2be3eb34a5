"""How a process of ours is started: this interpreter, this code, and nothing of the folder it happens to stand in."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping
from pathlib import Path

import playground


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs `module`; `-P` keeps the current folder off the path."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """Return `base` with this code on the path, where the interpreter would not find it by itself."""
    found = dict(base)
    root = str(Path(playground.__file__).parents[1])
    # An installed package is found anyway, and its folder must not come before the standard library.
    if root not in (*site.getsitepackages(), site.getusersitepackages()):
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (root, found.get("PYTHONPATH", ""))))
    return found
