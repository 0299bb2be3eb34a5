"""What is different between two experiments, in words: place, and the value on each side. Knows no page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from playground.i18n import has
from playground.spec import Adversary, Experiment, LayerSpec
from playground.ui.language import language, t
from playground.ui.say import place_name

Layers = tuple[LayerSpec, ...]
PARTS = ("loss", "optimizer", "schedule", "training", "engine", "device")
MOST_PLACES = 4
"""Where layers differ in more places than this, both sequences are written down whole."""
NOTHING = "–"
"""Stands where one side has no layer."""
FAMILIES = {"loss": "loss", "optimizer": "optimizer", "schedule": "schedule"}


@dataclass(frozen=True)
class Difference:
    """One setting that differs: where, what it is in the first experiment, and what in the second."""

    place: str
    here: str
    there: str


def differences(here: Experiment, there: Experiment) -> list[Difference]:
    """Return what differs, data and seed apart, in the order of the form."""
    found = _layers(here.model.layers, there.model.layers)
    if here.adversary is not None and there.adversary is not None:
        found += _rules(here.adversary, there.adversary)
    for part in PARTS:
        if part == "loss" and here.adversary is not None:
            continue
        a, b = getattr(here, part), getattr(there, part)
        if a == b:
            continue
        if not hasattr(a, "model_dump"):
            found.append(Difference(place_name(part), _written(part, a), _written(part, b)))
        elif type(a) is not type(b):
            family = FAMILIES[part]
            found.append(Difference(place_name(part), t(f"{family}.{a.kind}"), t(f"{family}.{b.kind}")))
        else:
            found += _fields(part, a, b)
    return found


def _rules(here: Adversary, there: Adversary) -> list[Difference]:
    """Return what differs between two games: the discriminator, its optimizer, the game, and every other rule."""
    who = t("ui.player_discriminator")
    layers = _layers(here.discriminator.layers, there.discriminator.layers)
    found = [Difference(f"{who} · {one.place}", one.here, one.there) for one in layers]
    for part, words in (("optimizer", "optimizer"), ("loss", "gan_loss")):
        a, b = getattr(here, part), getattr(there, part)
        place = f"{who} · {t('ui.place.optimizer')}" if part == "optimizer" else t("ui.place.game")
        if type(a) is not type(b):
            found.append(Difference(place, t(f"{words}.{a.kind}"), t(f"{words}.{b.kind}")))
        else:
            name = who if part == "optimizer" else place
            found += [Difference(f"{name} · {one.place}", one.here, one.there) for one in _fields("", a, b)]
    plain = {"discriminator", "optimizer", "loss"}
    return found + _fields("", here, there, leave=plain)


def _layers(ours: Layers, theirs: Layers) -> list[Difference]:
    if [layer.kind for layer in ours] == [layer.kind for layer in theirs]:
        return [
            one
            for index, (a, b) in enumerate(zip(ours, theirs, strict=True))
            for one in _fields(f"layers.{index}", a, b)
        ]
    texts = [[layer.model_dump_json() for layer in side] for side in (ours, theirs)]
    matched = SequenceMatcher(None, *texts, autojunk=False)
    places = [code for code in matched.get_opcodes() if code[0] != "equal"]
    if len(places) > MOST_PLACES:
        return [Difference(t("ui.layers"), _sequence(ours), _sequence(theirs))]
    return [
        Difference(place_name(f"layers.{begin}"), _sequence(ours[begin:end]), _sequence(theirs[start:stop]))
        for _, begin, end, start, stop in places
    ]


def _fields(place: str, a: Any, b: Any, leave: Collection[str] = ()) -> list[Difference]:
    old, new = a.model_dump(mode="json"), b.model_dump(mode="json")
    before = f"{place}." if place else ""
    return [
        Difference(place_name(f"{before}{name}"), _written(name, old[name]), _written(name, new[name]))
        for name in new
        if name not in leave and new[name] != old[name]
    ]


def _sequence(layers: tuple[LayerSpec, ...]) -> str:
    """Write layers down as short as people do: `8 · ReLU · 4 · ReLU · 1`; a dash where there are none."""
    return (
        " · ".join(str(getattr(layer, "out_features", "")) or t(f"layer.{layer.kind}") for layer in layers)
        or NOTHING
    )


def _written(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return t("ui.compare.on" if value else "ui.compare.off")
    if isinstance(value, float):
        return f"{value:g}"
    zero = f"ui.zero.{name}"
    if value == 0 and has(zero, language()):
        return t(zero)
    return str(value)
