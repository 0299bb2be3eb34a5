"""A run without a service: a trainer in this process, and the bundles that the stage's slow line is fed with.

What is asked is answered by the real questions on the real numbers; only the way there is short.
"""

from __future__ import annotations

import threading
from typing import Any

import playground.lessons.doctor  # noqa: F401 - enters its question
from playground import probes
from playground.data import load
from playground.live.envelope import with_fields
from playground.live.setup import setup, whole
from playground.probes import asks
from playground.probes.asks import Scene
from playground.probes.registry import Subject
from playground.runs import frames
from playground.runs.frames import Snapshot
from playground.runs.supervised import Supervised
from playground.spec import Experiment, SpecError

EMPTY = frames.encode(Snapshot(0, 0.0))


class Room:
    """One run that a page looks at.

    Attributes:
        commands, proposals: what the page has said.
        asked: what has been asked, by name.
    """

    def __init__(self, experiment: Experiment, steps: int, lang: str, views: str) -> None:
        self.experiment, self.lang, self.views = experiment, lang, views.split(",")
        self.trainer = Supervised(experiment, load(experiment.data))
        self.history: dict[str, list[float]] = {}
        self.commands: list[Any] = []
        self.asked: list[str] = []
        self.status = "paused"
        self._lock = threading.Lock()
        self._known: dict[int, bytes | dict[str, Any]] = {}
        self.train(steps)

    def train(self, steps: int) -> None:
        """Train on, and record a point now and then."""
        every = max(1, steps // 60)
        with self._lock:
            self._record()
            for k in range(steps):
                if self.trainer.status != "running":
                    break
                self.trainer.step()
                if k % every == 0:
                    self._record()
            self._record()

    def bundle(self, wanted: dict[str, Any]) -> bytes:
        """Return what a page with these wishes is to be told."""
        with self._lock:
            mount = {
                "token": "",
                "run": "room",
                "lang": self.lang,
                "views": self.views,
                "transport": "data",
                "reports": [],
            }
            options: dict[str, Any] = {"mount": mount | {"words": {}}, "status": self._status()}
            for request in wanted.get("requests", ()):
                if request["id"] not in self._known:
                    self._known[request["id"]] = self._answer(request)
            answers = [(r["id"], self._known[r["id"]]) for r in wanted.get("requests", ())]
            options["answers"] = [given for _, given in answers if isinstance(given, dict)]
            if wanted.get("setup") != "room":
                message = setup(self.experiment, self.trainer.dataset, self.lang)
                return with_fields(message, setup_id="room", **options)
            for number, given in answers:
                if isinstance(given, bytes):
                    return with_fields(given, answered=number, **options)
            shown = self._frame([name for name in wanted.get("probes", ()) if isinstance(name, str)])
            # Another set of probes makes another frame of the same step.
            number = f"{self.trainer.steps} {wanted.get('probes')}"
            return with_fields(shown, number=number, **options)

    def scene(self) -> Scene:
        """Return what a question is asked of."""
        import numpy as np

        trainer = self.trainer
        _, state = trainer.checkpoint()
        prefix = "optimizer/"
        memory = {name.removeprefix(prefix): v for name, v in state.items() if name.startswith(prefix)}
        longest = max(map(len, self.history.values()))
        curves = {name: np.array([np.nan] * (longest - len(v)) + v) for name, v in self.history.items()}
        subject = Subject(trainer.experiment, trainer.dataset, trainer.state())
        return Scene(subject, trainer.steps, trainer.epoch, memory, curves, trainer.status)

    def _record(self) -> None:
        numbers = {**self.trainer.metrics(), "step": self.trainer.steps, "epoch": self.trainer.epoch}
        for name, value in numbers.items():
            self.history.setdefault(name, []).append(value)

    def _answer(self, request: dict[str, Any]) -> bytes | dict[str, Any]:
        if request["type"] == "command":
            command = request["command"]
            self.commands.append(command)
            self.status = {"pause": "paused", "play": "running"}.get(command["kind"], self.status)
            return {"id": request["id"], "step": self.trainer.steps}
        if request["type"] != "ask":
            return {"id": request["id"]}
        self.asked.append(request["what"])
        given = {k: v for k, v in request.items() if k not in ("type", "id", "what", "step")}
        scene = self.scene()
        try:
            answer = asks.answer(request["what"], scene, given, self.lang)
        except SpecError as error:
            return {"id": request["id"], "sentence": error.text(self.lang)}
        found = frames.encode(Snapshot(scene.step, scene.epoch, {}, answer.arrays, "answer"))
        return with_fields(found, id=request["id"], answer=answer.plain)

    def _frame(self, wanted: list[str]) -> bytes:
        subject = Subject(self.trainer.experiment, self.trainer.dataset, self.trainer.state())
        arrays = {name: array for probe in wanted for name, array in probes.compute(probe, subject).items()}
        return frames.encode(Snapshot(self.trainer.steps, self.trainer.epoch, {}, arrays, "frame"))

    def _status(self) -> dict[str, Any]:
        trainer = self.trainer
        status = trainer.status if trainer.status != "running" else self.status
        return {
            "run": "room",
            "status": status,
            "reason": "",
            "notice": "",
            "position": 0,
            "step": trainer.steps,
            "epoch": trainer.epoch,
            "rate": 0,
            "pace": 0,
            "experiment": whole(trainer.experiment),
        }
