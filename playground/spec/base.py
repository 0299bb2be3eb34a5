"""What all specifications share: frozen, JSON-plain, validated at construction, told apart by `kind`.

A field states its range, default, step and unit once, with `number(...)` and its siblings; validation, the form, the
link and the docs read it there. A specification never computes on data.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError, WrapValidator
from pydantic.fields import FieldInfo

from playground.spec.errors import SpecError

Shape = tuple[int, ...]
"""The shape of one sample, without the batch axis."""


class Spec(BaseModel):
    """A frozen, strict, JSON-plain description. Unknown fields, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False)

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise refusal(error) from None

    @classmethod
    def parse(cls, values: object) -> Self:
        """Validate plain JSON values.

        Raises:
            SpecError: naming the first field that does not fit.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise refusal(error) from None

    def plain(self) -> dict[str, Any]:
        """Return only what differs from the defaults, as JSON values (`kind` is always there)."""
        return self.model_dump(mode="json", exclude_defaults=True) | (
            {"kind": self.kind} if isinstance(self, Kind) else {}
        )


class Kind(Spec, ABC):
    """A specification that is one of a family; `kind` tells which.

    The first subclass level is a family (`LayerSpec`, `LossSpec`, ...), every class below it enters the family's
    catalogue by being defined. A stranger's layer uses the same door.
    """

    kind: Any  # str; Any lets every member narrow it to its own Literal
    _catalogue: ClassVar[dict[str, type[Kind]]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if Kind in cls.__bases__:
            cls._catalogue = {}
            return
        if get_origin(cls.model_fields["kind"].annotation) is Literal:
            cls._catalogue.setdefault(cls.model_fields["kind"].default, cls)

    @classmethod
    def catalogue(cls) -> dict[str, type[Self]]:
        """Return the family's kinds in the order of their definition."""
        return cast("dict[str, type[Self]]", dict(cls._catalogue))

    @classmethod
    def of(cls, values: object) -> Self:
        """Build the member of this family that `values["kind"]` names, in capitals or not.

        Raises:
            SpecError: if there is no such kind or a field does not fit.
        """
        if isinstance(values, cls):
            return values
        if isinstance(values, str):
            values = {"kind": values}
        if not isinstance(values, dict):
            raise SpecError("error.not_object", value=values)
        fields = cast("dict[str, object]", values)
        kind = fields.get("kind")
        name = cls.kind_called(kind) if isinstance(kind, str) else None
        if name is None:
            raise SpecError("error.kind", place="kind", value=kind, options=", ".join(cls._catalogue))
        return cast("Self", cls._catalogue[name].parse({**fields, "kind": name}))

    @classmethod
    def kind_called(cls, name: str) -> str | None:
        """Return the kind of this family that is called so, in capitals or not; None if there is none."""
        if name in cls._catalogue:
            return name
        return next((kind for kind in cls._catalogue if kind.casefold() == name.casefold()), None)


def one_of(family: type[Kind]) -> Any:
    """Return the annotation metadata of a field that holds any member of `family`."""

    def validate(value: object, handler: object) -> Kind:
        return family.of(value)

    def serialise(value: Kind) -> dict[str, Any]:
        return value.plain()

    return (WrapValidator(validate), PlainSerializer(serialise))


@dataclass(frozen=True)
class Knob:
    """How a form shows one field: what it is, its range, step and unit."""

    name: str
    type: Literal["int", "float", "bool", "choice", "text", "names"]
    default: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    log: bool = False
    choices: tuple[str, ...] = ()
    advanced: bool = False


def number(
    default: float,
    low: float,
    high: float,
    *,
    step: float | None = None,
    unit: str = "",
    log: bool = False,
    advanced: bool = False,
) -> Any:
    """Declare a numeric field: default, inclusive range, the form's step, unit, whether its scale is logarithmic."""
    form: dict[str, Any] = {"step": step, "unit": unit, "log": log, "advanced": advanced}
    return Field(default, ge=low, le=high, json_schema_extra=form)


def knobs(spec: type[Spec]) -> tuple[Knob, ...]:
    """Return the fields of `spec` as a form shows them, in order; nested specifications and `kind` are left out."""
    found = (_knob(name, field) for name, field in spec.model_fields.items() if name != "kind")
    return tuple(knob for knob in found if knob is not None)


def _knob(name: str, field: FieldInfo) -> Knob | None:
    extra = cast("dict[str, Any]", field.json_schema_extra or {})
    kind = field.annotation
    shared: dict[str, Any] = dict(
        name=name,
        default=field.get_default(call_default_factory=True),
        unit=extra.get("unit", ""),
        advanced=extra.get("advanced", False),
    )
    if extra.get("hidden"):
        return None
    if get_origin(kind) is Literal:
        return Knob(type="choice", choices=get_args(kind), **shared)
    if get_origin(kind) is tuple and get_origin(get_args(kind)[0]) is Literal:
        return Knob(type="names", choices=get_args(get_args(kind)[0]), **shared)
    if kind is bool:
        return Knob(type="bool", **shared)
    if kind is int or kind is float:
        low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
        high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
        return Knob(
            type="int" if kind is int else "float",
            low=low,
            high=high,
            step=extra.get("step"),
            log=extra.get("log", False),
            **shared,
        )
    if kind is str:
        return Knob(type="text", **shared)
    return None


def refusal(error: ValidationError) -> SpecError:
    """Return the first complaint of pydantic as a sentence of ours."""
    first = error.errors(include_url=False)[0]
    context: dict[str, Any] = dict(first.get("ctx") or {})
    inner = context.get("error")
    place = ".".join(str(part) for part in first["loc"])
    if isinstance(inner, SpecError):
        return inner.at(place) if place else inner
    value, kind = first.get("input"), first["type"]
    if kind == "missing":
        return SpecError("error.missing", place=place)
    if kind == "extra_forbidden":
        return SpecError("error.unknown_field", place=place)
    if kind == "literal_error":
        return SpecError(
            "error.choice", place=place, value=value, options=context["expected"].replace("'", "")
        )
    for bound in ("ge", "le"):
        if bound in context:
            return SpecError(f"error.{bound}", place=place, value=value, bound=f"{context[bound]:g}")
    if kind.startswith(("int", "finite", "float")):
        return SpecError("error.int" if kind.startswith("int") else "error.float", place=place, value=value)
    if kind.startswith("bool"):
        return SpecError("error.bool", place=place, value=value)
    if kind == "string_pattern_mismatch":
        return SpecError("error.pattern", place=place, value=value)
    if kind == "string_too_long":
        return SpecError("error.string_length", place=place, value=value, bound=context["max_length"])
    if kind in ("too_long", "too_short"):
        bound = context.get("max_length", context.get("min_length"))
        return SpecError(f"error.{kind}", place=place, bound=bound)
    return SpecError("error.type", place=place, value=value, expected=first["msg"])
