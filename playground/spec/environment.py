"""Caps that whoever runs the playground sets by environment variables: whole numbers above zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from playground.spec.errors import SpecError


def caps(limits: Any, prefix: str, environment: Mapping[str, str]) -> dict[str, int]:
    """Return what is set of the fields of a dataclass `limits`: the variable is `prefix` and the field's name.

    Raises:
        SpecError: if a variable is not a positive whole number.
    """
    found: dict[str, int] = {}
    for field in fields(limits):
        name = f"{prefix}{field.name.upper()}"
        text = environment.get(name, "").strip()
        if text:
            if not (text.isascii() and text.isdigit() and int(text) > 0):
                raise SpecError("error.environment", place=name, value=text)
            found[field.name] = int(text)
    return found


def variables(limits: Any) -> dict[str, float]:
    """Return what is in force, by the variable that sets it; `limits` is a dataclass with a `PREFIX`."""
    return {f"{limits.PREFIX}{field.name.upper()}": getattr(limits, field.name) for field in fields(limits)}
