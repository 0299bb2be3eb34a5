"""What may be asked of a network beside its pictures, once and on demand: questions with arguments, answers with words.

A question is a pure function (scene, arguments) → answer and enters by `@ask`. Its arguments come from a stranger's
browser: each question states them as a `Spec`, which refuses what does not fit. It knows no run and no socket.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np

from playground.probes.registry import Array, Arrays, Subject
from playground.spec import Spec, SpecError, State

Want = Literal["memory", "history", "judge"]
Of = Literal["network", "game", "either"]
A = TypeVar("A", bound=Spec)


@dataclass(frozen=True, eq=False)
class Judge:
    """A classifier of the same visitor's, and how often it is right on held-back samples; `name` is its run's id."""

    subject: Subject
    name: str
    accuracy: float


@dataclass(frozen=True, eq=False)
class Bench:
    """Who can judge generated pictures among the visitor's own networks, and who does.

    Attributes:
        listed: {run, network, accuracy} of each, the best first.
        judge: who does; None where the nearest real picture decides.
    """

    listed: tuple[dict[str, Any], ...] = ()
    judge: Judge | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """A network at one moment of its training.

    Attributes:
        subject: the experiment with every change so far, the data, and the tensors.
        step, epoch: when that was.
        memory: the optimizer's memory by the names of `Net.optimizer_state`; None where it is not known.
        history: the metrics so far by name, with `step` and `epoch`, each (P,).
        status: of the run, "diverged" among others.
        bench: who judges generated pictures, where that is wanted.
    """

    subject: Subject
    step: int = 0
    epoch: float = 0.0
    memory: State | None = None
    history: Mapping[str, Array] = field(default_factory=dict[str, Array])
    status: str = "running"
    bench: Bench = field(default_factory=Bench)


@dataclass(frozen=True)
class Answer:
    """Plain values (JSON) and arrays."""

    plain: dict[str, Any]
    arrays: Arrays = field(default_factory=dict[str, Array])


Function = Callable[[Scene, Any, str], Answer]


@dataclass(frozen=True)
class Ask:
    """One question: what computes the answer, the form of its arguments, and what it wants to know of the run."""

    function: Function
    arguments: type[Spec]
    wants: frozenset[Want]
    of: Of = "network"
    slow: bool = False


ASKS: dict[str, Ask] = {}
_one_at_a_time = {slow: threading.Lock() for slow in (False, True)}


class Nothing(Spec):
    """The arguments of a question that has none."""


def ask(
    arguments: type[Spec] = Nothing, *, wants: tuple[Want, ...] = (), of: Of = "network", slow: bool = False
) -> Callable[[Function], Function]:
    """Enter a function (scene, arguments, language) → answer as the question of its name.

    Args:
        arguments: the form of what is said beside the question.
        wants: what it wants to know of the run.
        of: of whom it can be asked: of one network, of a generator and its discriminator ("game"), or of "either".
        slow: it takes half a second and more: those that do wait for each other, and nobody else for them.
    """

    def enter(function: Function) -> Function:
        ASKS[function.__name__] = Ask(function, arguments, frozenset(wants), of, slow)
        return function

    return enter


def find(what: object) -> Ask:
    """Return the question called `what`.

    Raises:
        SpecError: if there is none.
    """
    import playground.probes.adversarial.imagine
    import playground.probes.adversarial.nearest
    import playground.probes.adversarial.spread
    import playground.probes.adversarial.walk
    import playground.probes.backprop
    import playground.probes.gradient_check
    import playground.probes.histograms
    import playground.probes.look.feature_maps
    import playground.probes.look.gradient
    import playground.probes.look.landscape
    import playground.probes.look.neighbours
    import playground.probes.look.nudge
    import playground.probes.look.occlusion
    import playground.probes.look.pixel
    import playground.probes.look.preference
    import playground.probes.neuron
    import playground.probes.sequence.dependence
    import playground.probes.sequence.embedding
    import playground.probes.sequence.equations
    import playground.probes.sequence.forecast
    import playground.probes.sequence.pipeline
    import playground.probes.sequence.slopes
    import playground.probes.sequence.theatre
    import playground.probes.sequence.trajectory
    import playground.probes.sequence.writing  # noqa: F401 - the modules enter their questions

    found = ASKS.get(what) if isinstance(what, str) else None
    if found is None:
        raise SpecError("error.choice", place="ask", value=what, options=", ".join(ASKS))
    return found


def answer(what: object, scene: Scene, arguments: object, lang: str = "en") -> Answer:
    """Return the answer to one question; one at a time, whoever asks, and one slow one beside it.

    Args:
        what: the question's name.
        scene: what it is asked of.
        arguments: plain values from outside.
        lang: of the sentences in the answer.

    Raises:
        SpecError: if there is no such question, the arguments do not fit, or the network is too large for it.
    """
    found = find(what)
    given = found.arguments.parse(arguments)
    game = scene.subject.experiment.adversary is not None
    if found.of not in ("either", "game" if game else "network"):
        raise SpecError("error.other_ask", place="ask", value=what)
    with _one_at_a_time[found.slow], np.errstate(all="ignore"):
        return found.function(scene, given, lang)
