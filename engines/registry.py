"""How an engine finds the part that carries out a specification: the part names its spec where it is defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from playground.spec import SpecError

T = TypeVar("T")
Part = TypeVar("Part")


class Registry(Generic[T]):
    """Parts by the class of specification they carry out. A stranger's part enters by the same decorator."""

    def __init__(self) -> None:
        self._parts: dict[type, T] = {}

    def __call__(self, spec: type) -> Callable[[Part], Part]:
        """Return the decorator that enters a part for `spec`."""

        def enter(part: Part) -> Part:
            self._parts[spec] = part  # type: ignore[assignment]
            return part

        return enter

    def __getitem__(self, spec: type) -> T:
        """Return the part for `spec`.

        Raises:
            SpecError: if this engine has none.
        """
        try:
            return self._parts[spec]
        except KeyError:
            raise SpecError("engine.no_part", value=spec.__name__) from None
