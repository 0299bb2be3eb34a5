"""What a live socket may ask for, and how a run is put into words: commands, recorded frames, history, questions.

Everything goes to the run service with the owner and the run of the token, whatever the message says; the service
decides. What takes the processor's time is done on a thread, beside the loop that all visitors share.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

import playground.lessons.doctor  # noqa: F401 - enters its question
from playground.data import load
from playground.live import completing, judges, opening, tokens
from playground.live.envelope import with_fields
from playground.live.line import LONG, Lines
from playground.live.opening import EMPTY, Tape
from playground.live.setup import setup, whole
from playground.live.stills import RECORDED, stills
from playground.live.tokens import Claims
from playground.live.turns import Turns
from playground.probes import asks
from playground.probes.registry import Subject
from playground.runs import commands, frames
from playground.runs.commands import Command, FrameAt
from playground.runs.frames import Snapshot
from playground.runs.reasons import Reason
from playground.spec import Experiment, SpecError

APPLIED_WITHIN = 2.0
RUNNING = "running"
ENDED = ("finished", "diverged", "stopped", "failed")
MEMORY = "memory/"
STEERING = (
    commands.Play,
    commands.Pause,
    commands.Step,
    commands.Epoch,
    commands.Reset,
    commands.Stop,
    commands.Set,
    commands.SetWeight,
    commands.Pace,
)
VERBS = frozenset({"command", "seek", "steps", "history", "ask"})


class Desk:
    """Answers for every socket of this process."""

    def __init__(self, lines: Lines, folder: Path) -> None:
        self.lines, self.folder = lines, folder
        self.stills = stills
        self.turns = {slow: Turns() for slow in (False, True)}

    # --- requests -----------------------------------------------------------------------------------------------

    async def answer(
        self, claims: Claims, said: dict[str, Any], probes: tuple[str, ...], view: dict[str, Any]
    ) -> str | bytes:
        """Return the answer to a request, ready to be sent.

        Args:
            claims: of the token.
            said: the message; its `type` is one of VERBS and its `id` a number.
            probes: what the page wants to see.
            view: how the run stands.

        Raises:
            SpecError: for what is refused.
        """
        number = said["id"]
        if claims.run in self.stills:
            return await self._still(claims, said, number, probes)
        match said["type"]:
            case "command":
                return await self._command(claims, said, number)
            case "seek":
                return await self._seek(claims, said, number, probes, view)
            case "steps":
                parcel = await self.lines.ask(commands.Steps(owner=claims.owner, run=claims.run))
                return with_fields(parcel.payloads[0], id=number)
            case "history":
                return with_fields(await self._history(claims), id=number)
            case _:
                return await self._ask(claims, said, number, view)

    async def _command(self, claims: Claims, said: dict[str, Any], number: int) -> str:
        command = Command.of(said.get("command"))
        if not isinstance(command, STEERING):
            raise SpecError("error.kind", place="command.kind", value=command.kind)
        request = commands.Send(owner=claims.owner, run=claims.run, command=command, wait=APPLIED_WITHIN)
        body = (await self.lines.ask(request, LONG)).body
        done = {"type": "done", "id": number, "step": body["step"], "acknowledged": body["acknowledged"]}
        return json.dumps(done, allow_nan=False)

    async def _seek(
        self, claims: Claims, said: dict[str, Any], number: int, probes: tuple[str, ...], view: dict[str, Any]
    ) -> str | bytes:
        request = FrameAt.parse({"owner": claims.owner, "run": claims.run, "step": said.get("step")})
        parcel = await self.lines.ask(request)
        if not parcel.payloads:
            return json.dumps({"type": "done", "id": number})
        frame, experiment = parcel.payloads[0], view["experiment"]
        return with_fields(await asyncio.to_thread(self._complete, frame, experiment, probes), id=number)

    async def _history(self, claims: Claims) -> bytes:
        request = commands.Poll(owner=claims.owner, run=claims.run, history=True, credits=0)
        parcel = await self.lines.ask(request)
        return with_fields(parcel.payloads[-1], commands=parcel.body["commands"])

    async def _ask(self, claims: Claims, said: dict[str, Any], number: int, view: dict[str, Any]) -> bytes:
        question = asks.find(said.get("what"))
        if view["status"] == "queued" and not (view["step"] or view["parent"] or said.get("step")):
            # Its worker is still being started: a network as it begins is known without one.
            return await self._ask_untrained(claims, said, number, read_experiment(view["experiment"]), EMPTY)
        request = commands.GetState.parse(
            {
                "owner": claims.owner,
                "run": claims.run,
                "step": said.get("step"),
                "memory": "memory" in question.wants,
            }
        )
        packed = (await self.lines.ask(request, LONG)).payloads[0]
        history = await self._history(claims) if "history" in question.wants else b""
        scene = partial(self._scene, view["experiment"], packed, history, view["status"])
        known = read_experiment(view["experiment"])
        bench = (
            await self._bench(claims.owner, known, said.get("judge")) if "judge" in question.wants else None
        )
        async with self.turns[question.slow].of(claims.owner):
            return await asyncio.to_thread(self._think, scene, bench, said, number, claims.lang)

    def _think(
        self,
        scene: Callable[[], asks.Scene],
        bench: asks.Bench | None,
        said: dict[str, Any],
        number: int,
        lang: str,
    ) -> bytes:
        """Answer a question; on a thread. Pages pace themselves by its `cost`, ms of the processor."""
        began = time.thread_time()
        given = {name: value for name, value in said.items() if name not in ("type", "id", "what", "step")}
        at = scene() if bench is None else replace(scene(), bench=bench)
        answer = asks.answer(said["what"], at, given, lang)
        found = frames.encode(Snapshot(at.step, at.epoch, {}, answer.arrays, "answer"))
        cost = round(1000 * (time.thread_time() - began), 1)
        return with_fields(found, id=number, answer=answer.plain, cost=cost)

    async def _still(
        self, claims: Claims, said: dict[str, Any], number: int, probes: tuple[str, ...]
    ) -> str | bytes:
        """Answer for a network that is not trained yet, or of which a recording is shown."""
        experiment = self.stills.experiment(claims.run)
        tape = EMPTY
        asks_now = said["type"] == "ask" and said.get("step") is None  # of the network as it begins
        if claims.run.startswith(RECORDED) and not asks_now:
            tape = await asyncio.to_thread(opening.tape, experiment, self.folder)
        match said["type"]:
            case "command":
                raise SpecError("stage.no_run")
            case "seek":
                frame = tape.at(FrameAt.parse({"owner": "-", "run": "-", "step": said.get("step")}).step)
                if frame is None:
                    return json.dumps({"type": "done", "id": number})
                text = experiment.to_json()
                return with_fields(await asyncio.to_thread(self._complete, frame, text, probes), id=number)
            case "steps":
                found = frames.encode(Snapshot(0, 0.0, {}, {"steps": tape.steps}))
                return with_fields(found, id=number)
            case "history":
                return with_fields(tape.history, id=number)
            case _:
                return await self._ask_untrained(claims, said, number, experiment, tape)

    async def _ask_untrained(
        self, claims: Claims, said: dict[str, Any], number: int, experiment: Experiment, tape: Tape
    ) -> bytes:
        """Answer a question about a network before its first step, or at a step of its recording."""
        question = asks.find(said.get("what"))
        scene = partial(self._still_scene, experiment, tape, said.get("step"))
        wish = said.get("judge")
        bench = await self._bench(claims.owner, experiment, wish) if "judge" in question.wants else None
        async with self.turns[question.slow].of(claims.owner):
            return await asyncio.to_thread(self._think, scene, bench, said, number, claims.lang)

    def _still_scene(self, experiment: Experiment, tape: Tape, step: Any) -> asks.Scene:
        frame = tape.at(step) if isinstance(step, int) else None
        if frame is not None:
            if not any(name.startswith(completing.WEIGHT) for name in completing.array_names(frame)):
                raise SpecError("stage.numbers_at_end", value=int(tape.steps[-1]))
            return self._scene(experiment.to_json(), self._tensors(frame), b"", "ready")
        dataset = load(experiment.data, self.folder)
        state = completing.initial_state(experiment, dataset)
        return asks.Scene(Subject(experiment, dataset, state), status="ready")

    def _tensors(self, frame: bytes) -> bytes:
        """Return a frame's tensors under their own names, as the service gives them."""
        found = frames.decode(frame)
        prefix = completing.WEIGHT
        arrays = {name.removeprefix(prefix): x for name, x in found.arrays.items() if name.startswith(prefix)}
        return frames.encode(Snapshot(found.step, found.epoch, {}, arrays))

    async def _bench(self, owner: str, experiment: Experiment, wish: object) -> asks.Bench:
        """Return who can judge generated pictures among the visitor's own runs, and who does."""
        rows = (await self.lines.ask(commands.ListRuns(owner=owner))).body["runs"]
        found = judges.candidates(rows, experiment, read_experiment)
        listed = tuple(candidate.plain() for candidate in found)
        one = judges.chosen(found, wish)
        if one is None:
            return asks.Bench(listed)
        request = commands.GetState(owner=owner, run=one.run)
        packed = frames.decode((await self.lines.ask(request, LONG)).payloads[0])
        state = {name: np.array(x) for name, x in packed.arrays.items() if not name.startswith(MEMORY)}
        dataset = await asyncio.to_thread(load, one.experiment.data, self.folder)
        return asks.Bench(listed, asks.Judge(Subject(one.experiment, dataset, state), one.run, one.accuracy))

    def _scene(self, experiment: str, packed: bytes, history: bytes, status: str) -> asks.Scene:
        found = frames.decode(packed)
        known = read_experiment(experiment)
        state = {name: np.array(x) for name, x in found.arrays.items() if not name.startswith(MEMORY)}
        memory = {name.removeprefix(MEMORY): x for name, x in found.arrays.items() if name.startswith(MEMORY)}
        return asks.Scene(
            Subject(known, load(known.data, self.folder), state),
            found.step,
            found.epoch,
            memory or None,
            frames.decode(history).arrays if history else {},
            status,
        )

    # --- what is shown ------------------------------------------------------------------------------------------

    async def setup(self, experiment: str, before: str, lang: str) -> bytes | None:
        """Return the setup message of an experiment; None where the one sent for `before` still holds."""
        if before and structure(before) == structure(experiment):
            return None
        return await asyncio.to_thread(_setup, experiment, lang, self.folder)

    async def shown(self, frame: bytes | None, view: dict[str, Any], probes: tuple[str, ...]) -> bytes | None:
        """Return what to show: the frame, completed where no worker will do it; the untrained network for None."""
        experiment = view["experiment"]
        if frame is None:
            if view["step"] or view["status"] in ENDED:
                return None
            known = read_experiment(experiment)
            # pyright does not know that pydantic's frozen models are hashable.
            show = partial(completing.untrained, known, self.folder, probes)  # pyright: ignore[reportArgumentType]
            return await asyncio.to_thread(show)
        if view["status"] == RUNNING:
            return frame
        return await asyncio.to_thread(self._complete, frame, experiment, probes)

    def _complete(self, frame: bytes, experiment: str, probes: tuple[str, ...]) -> bytes:
        known = read_experiment(experiment)
        lacking = completing.lacks(frame, known, self.folder, probes)
        return completing.complete(frame, known, self.folder, lacking) if lacking else frame

    def status(self, view: dict[str, Any], lang: str) -> dict[str, Any]:
        """Return how a run stands, in words of `lang`; `experiment` is its JSON text."""
        return {
            "run": view["run"],
            "status": "paused" if view["rests"] else view["status"],
            "reason": Reason.unpack(view["reason"]).text(lang),
            "notice": Reason.unpack(view["notice"]).text(lang),
            "position": view["position"],
            "attempt": view["attempt"],
            "step": view["step"],
            "epoch": view["epoch"],
            "rate": view["rate"],
            "pace": view["pace"],
            "parent": view["parent"],
            "parent_step": view["parent_step"],
            "experiment": view["experiment"],
            "together": view["together"],
        }

    def whole(self, experiment: str) -> dict[str, Any]:
        """Return every setting of an experiment."""
        return whole(read_experiment(experiment))

    def renewed(self, claims: Claims) -> str:
        """Return a fresh token with the same claims."""
        return tokens.issue(tokens.secret(self.folder), claims.owner, claims.run, claims.lang)


@lru_cache(maxsize=256)
def read_experiment(text: str) -> Experiment:
    """Return the experiment that the run service knows as this JSON."""
    return Experiment.from_json(text)


@lru_cache(maxsize=256)
def structure(text: str) -> str:
    """Return what an experiment's setup message depends on: data, layers and their sizes, the goal."""
    experiment = read_experiment(text)
    model = experiment.model
    training = experiment.training
    shape = experiment.input_shape()
    kinds = [layer.kind for layer in model.layers]
    goal = (training.batch_size, training.target_loss, training.target_accuracy)
    rules = experiment.adversary
    game = (
        [[layer.kind for layer in rules.discriminator.layers], rules.conditional] if rules is not None else []
    )
    tensors = [tensor.shape for tensor in experiment.tensors().values()] if rules is not None else []
    return json.dumps([experiment.data.plain(), kinds, model.shapes(shape), goal, game, tensors])


@lru_cache(maxsize=64)
def _setup(experiment: str, lang: str, folder: Path) -> bytes:
    known = read_experiment(experiment)
    return setup(known, load(known.data, folder), lang)
