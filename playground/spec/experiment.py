"""One experiment: everything that decides what a run will do. One experiment is one link."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import Field

from playground.spec import adversary as adversaries
from playground.spec import image_data, memory_data, mode_data, series_data, text_data, wire
from playground.spec.adversary import Adversary
from playground.spec.augmentation import AugmentationSpec
from playground.spec.base import Shape, Spec, number, one_of
from playground.spec.data import Circles, DataSpec
from playground.spec.errors import SpecError
from playground.spec.initialisation import TensorSpec
from playground.spec.layers import LayerSpec, Linear, Tanh
from playground.spec.losses import MSE, LossSpec
from playground.spec.model import ModelSpec, State
from playground.spec.optimizers import SGD, OptimizerSpec
from playground.spec.schedules import Constant, ScheduleSpec

DATA = (image_data, memory_data, mode_data, series_data, text_data)
"""Whatever is defined there enters the catalogue of data."""


class TrainingSpec(Spec):
    """How long and in what portions. A `batch_size` of 0 is the whole training set; elsewhere 0 turns a stop off."""

    batch_size: int = number(10, 0, 100_000, step=1, unit="samples")
    max_steps: int = number(0, 0, 100_000_000, step=100, unit="steps", advanced=True)
    max_epochs: int = number(0, 0, 1_000_000, step=1, unit="epochs")
    target_loss: float = number(0.0, 0, 1000, log=True, advanced=True)
    target_accuracy: float = number(0.0, 0, 1, step=0.01, advanced=True)
    plateau_epochs: int = number(0, 0, 100_000, step=1, unit="epochs", advanced=True)
    augmentation: AugmentationSpec = AugmentationSpec()


class Experiment(Spec):
    """Data, model, loss, optimizer, schedule, training settings, seed and engine.

    With an `adversary` the model and the optimizer are a generator's, and the loss is not used.
    """

    VERSION: ClassVar[int] = 1

    data: Annotated[DataSpec, *one_of(DataSpec)] = Circles()
    model: ModelSpec = ModelSpec(
        layers=(
            Linear(out_features=4),
            Tanh(),
            Linear(out_features=2),
            Tanh(),
            Linear(out_features=1),
            Tanh(),
        )
    )
    loss: Annotated[LossSpec, *one_of(LossSpec)] = MSE()
    optimizer: Annotated[OptimizerSpec, *one_of(OptimizerSpec)] = SGD(lr=0.03)
    schedule: Annotated[ScheduleSpec, *one_of(ScheduleSpec)] = Constant()
    training: TrainingSpec = TrainingSpec()
    seed: int = number(0, 0, 2**31 - 1, step=1)
    engine: Literal["auto", "numpy", "torch"] = "auto"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$")] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    adversary: Adversary | None = None

    def input_shape(self) -> Shape:
        """Return the shape of what enters `model`: a sample, or a generator's noise and condition."""
        return self.data.input_shape() if self.adversary is None else adversaries.generator_input(self)

    def tensors(self) -> dict[str, TensorSpec]:
        """Return every tensor by its name in the state; those of two players begin with the player's name."""
        return (
            self.model.tensors(self.data.input_shape())
            if self.adversary is None
            else adversaries.tensors(self)
        )

    def initial_state(self) -> State:
        """Return the numbers a training starts from, float64 (counts int64), the same for every engine."""
        if self.adversary is None:
            return self.model.init(self.data.input_shape(), self.seed)
        return adversaries.initial_state(self)

    def to_json(self) -> str:
        """Return the experiment as a JSON file: its version and what differs from the defaults."""
        return json.dumps({"version": self.VERSION, **self.plain()}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read an experiment from JSON.

        Raises:
            SpecError: naming what is wrong with it and where.
        """
        return cls.from_plain(wire.read_json(text))

    def to_link(self) -> str:
        """Return the experiment as the text that follows `?e=` in a link."""
        return wire.to_link(self.VERSION, self.plain())

    @classmethod
    def from_link(cls, link: str) -> Self:
        """Read an experiment from a link: the bare text, or a whole address with `e=` in its query.

        Raises:
            SpecError: naming what is wrong with it.
        """
        if "e=" in link:
            link = link.partition("e=")[2].partition("&")[0]
        version, values = wire.from_link(link)
        if not isinstance(values, dict):
            raise SpecError("error.link", value=link)
        return cls.from_plain({"version": version, **cast("dict[str, Any]", values)})

    @classmethod
    def from_plain(cls, values: object) -> Self:
        """Build an experiment from plain JSON values that name their `version` (absent: the current one).

        Raises:
            SpecError: naming what is wrong with them and where.
        """
        if not isinstance(values, dict):
            raise SpecError("error.not_experiment", value=values)
        fields = dict(cast("dict[str, Any]", values))
        version = fields.pop("version", cls.VERSION)
        if version != cls.VERSION:
            raise SpecError("error.version", place="version", value=version, current=cls.VERSION)
        return cls.parse(fields)

    def replace(self, path: str, value: object) -> Self:
        """Return the experiment with one setting changed.

        Args:
            path: dotted, such as `"optimizer.lr"`, `"model.layers.0.out_features"` or `"loss"`; `"layers.0.p"` is
                short for `"model.layers.0.p"`. `"optimizer.kind"` changes the kind (in capitals or not), keeping its
                `lr`; `"data.kind"` keeps what was changed of the settings that both kinds have.
            value: a plain value; a text is read as JSON where it is JSON.

        Raises:
            SpecError: if there is no such setting or the value does not fit.
        """
        if isinstance(value, str):
            value = _read_value(value)
        plain = self.model_dump(mode="json") | {
            name: getattr(self, name).model_dump(mode="json") for name in _KINDS
        }
        plain["model"] = _whole_layers(self.model)
        if self.adversary is not None:
            plain["adversary"] |= {
                "discriminator": _whole_layers(self.adversary.discriminator),
                "optimizer": self.adversary.optimizer.model_dump(mode="json"),
                "loss": self.adversary.loss.model_dump(mode="json"),
            }
        parts = path.split(".")
        if parts[0] == "layers":
            parts.insert(0, "model")
        *way, last = parts
        node: Any = plain
        for part in way:
            node = _enter(node, part, path)
        if last == "kind" and isinstance(node, dict):
            fields = cast("dict[str, Any]", node)
            kept = _shared(self.data, value) if parts == ["data", "kind"] else {"lr"}
            for name in [name for name in fields if name not in kept]:
                del fields[name]
            fields["kind"] = value
        elif isinstance(node, list):
            _enter(cast("list[Any]", node), last, path)
            node[int(last)] = value
        elif isinstance(node, dict):
            node[last] = value
        else:
            raise SpecError("error.unknown_field", place=path)
        return type(self).parse(plain)

    def with_layers(self, layers: tuple[LayerSpec, ...]) -> Self:
        """Return the experiment with another sequence of layers."""
        return self.model_copy(update={"model": ModelSpec(layers=layers)})

    def digest(self) -> str:
        """Return a fingerprint: equal experiments, equal text."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()[:32]


_KINDS = ("data", "loss", "optimizer", "schedule")


def _whole_layers(model: ModelSpec) -> dict[str, Any]:
    return {"layers": [layer.model_dump(mode="json") for layer in model.layers]}


def _shared(data: DataSpec, kind: object) -> set[str]:
    """Return the settings of `data` that differ from their defaults and that the other kind has as well."""
    name = DataSpec.kind_called(kind) if isinstance(kind, str) else None
    if name is None:
        return set()
    other = DataSpec.catalogue()[name].model_fields
    return {field for field in data.plain() if field in other and field != "kind"}


def _read_value(text: str) -> object:
    try:
        return wire.read_json(text)
    except SpecError:
        return text


def _enter(node: Any, part: str, path: str) -> Any:
    if isinstance(node, list):
        items = cast("list[Any]", node)
        if part.isascii() and part.isdigit() and int(part) < len(items):
            return items[int(part)]
    elif isinstance(node, dict) and part in node:
        return cast("dict[str, Any]", node)[part]
    raise SpecError("error.unknown_field", place=path)
