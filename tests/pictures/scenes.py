"""What is photographed: a preset, the step it has come to, a window, a theme and a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playground.presets import preset
from playground.spec import Experiment


@dataclass(frozen=True)
class Scene:
    """One still: a preset's key, and the step from which on it is photographed, training at `pace` steps a second."""

    preset: str
    step: int
    lang: str = "en"
    theme: Literal["light", "dark"] = "light"
    width: int = 1440
    height: int = 900
    scale: float = 1.0
    pace: int = 100


@dataclass(frozen=True)
class Film:
    """The moving picture: moments of a replay, in milliseconds each."""

    name: str
    experiment: Experiment
    frames: int = 52
    width: int = 1200
    height: int = 546
    size: tuple[int, int] = (960, 437)
    pause: int = 700
    each: int = 90
    rest: int = 2500
    quality: int = 74
    style: str = (
        ".replay-head, .replay-foot, [data-view=curves], .stage-timeline-acts, .stage-plane-reading,"
        " .stage-plane-switches, .stage-diagram-scroll::after { display: none !important; } body { padding-top: 14px; }"
        " .stage .stage-foot { position: static; }"
    )


SCENES = {
    "light": Scene("three-rings", 40, pace=20),
    "dark": Scene("moons", 120, lang="zh", theme="dark", pace=20),
    "digits": Scene("lenet-5", 150, height=1100),
    "sequences": Scene("series-lstm", 400, height=1500),
    "text": Scene("char-lstm", 400, lang="zh", theme="dark", height=1000),
    "gan": Scene("gan-8-gaussians", 700),
    "phone": Scene("moons", 80, width=390, height=844, scale=1.5, pace=20),
    "phone-dark": Scene("xor", 100, lang="zh", theme="dark", width=390, height=844, scale=1.5, pace=20),
}
FILM = Film("film", preset("circle").experiment.replace("training.max_steps", 2000))
