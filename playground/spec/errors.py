"""The one way to refuse what a visitor asked for, in a sentence of their language."""

from __future__ import annotations

from typing import cast

from playground import i18n


class SpecError(ValueError):
    """A refusal that names the place, the value and what was expected.

    Attributes:
        key: the i18n key of the sentence, such as `"error.range"`.
        place: where the value stands, such as `"layers.2.p"`; may be empty.
        value: the refused value, shortened for reading.
        values: what else the sentence names; refusals among them are spoken in its language.
    """

    def __init__(self, key: str, *, place: str = "", value: object = None, **values: object) -> None:
        self.key = key
        self.place = place
        self.value = value
        self.values = values
        super().__init__(self.text("en"))

    def text(self, lang: str = "en") -> str:
        """Return the sentence in `lang`."""
        values = {name: _spoken(value, lang) for name, value in self.values.items()}
        return i18n.text(self.key, lang, place=self.place, value=brief(self.value), **values)

    def at(self, place: str) -> SpecError:
        """Return the same refusal seen from further outside: `place` is put in front."""
        inner = f"{place}.{self.place}" if self.place else place
        return SpecError(self.key, place=inner, value=self.value, **self.values)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.key, self.place, self.value, self.values))


def _spoken(value: object, lang: str) -> object:
    if isinstance(value, SpecError):
        return value.text(lang)
    if isinstance(value, tuple):
        parts = cast("tuple[object, ...]", value)
        if parts and all(isinstance(part, SpecError) for part in parts):
            return "; ".join(str(_spoken(part, lang)) for part in parts)
    return cast("object", value)


def _rebuild(key: str, place: str, value: object, values: dict[str, object]) -> SpecError:
    return SpecError(key, place=place, value=value, **values)


def brief(value: object, limit: int = 120) -> str:
    """Return `value` as a short text that is safe to show in one line."""
    shown = value if isinstance(value, str) else repr(value)
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown[: limit + 1])
    return shown if len(shown) <= limit else shown[:limit] + "…"
