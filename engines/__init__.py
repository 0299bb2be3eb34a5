"""The engines that carry out what a specification describes. `get(name)` loads one, and only that one."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from engines.protocol import Engine
from playground.spec import SpecError

NAMES = ("numpy", "torch")


def get(name: str) -> Engine:
    """Return the engine called `name`; its heavy imports happen now.

    Raises:
        SpecError: if there is no such engine or what it needs is not installed.
    """
    if name not in NAMES:
        raise SpecError("error.choice", place="engine", value=name, options=", ".join(NAMES))
    try:
        return cast("Engine", import_module(f"engines.{name}").engine)
    except ModuleNotFoundError as error:
        raise SpecError("error.engine_missing", place="engine", value=name, package=error.name) from error
