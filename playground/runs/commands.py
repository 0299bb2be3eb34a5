"""Everything the processes say to each other: visitors' commands, the client's requests, and the worker's two sides.

Immutable and JSON-plain; arrays and frames travel beside a message as raw bytes (`wire.py`). Reading one validates it,
with the same sentences as every other bad input. This module knows no socket, no process and no run.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, field_validator

from playground.spec.base import Kind, Spec, number, one_of
from playground.spec.errors import SpecError

PROTOCOL = 3
"""What a client and a service must agree on."""

MAX_STEPS_AHEAD = 10_000_000
MAX_VALUE = 16_384  # characters of JSON
Name = Annotated[str, Field(max_length=200)]
Probes = Annotated[tuple[Name, ...], Field(max_length=64)]


# --- what a visitor can tell a run --------------------------------------------------------------------------


class Command(Kind):
    """Something a visitor wants of a run."""


class Play(Command):
    """Train until something else is said."""

    kind: Literal["play"] = "play"


class Pause(Command):
    """Stop after the step that is being taken, or at `epoch` if that lies ahead."""

    kind: Literal["pause"] = "pause"
    epoch: Annotated[float, Field(ge=0, le=1e12)] | None = None


class Step(Command):
    """Take `n` steps and pause."""

    kind: Literal["step"] = "step"
    n: int = number(1, 1, MAX_STEPS_AHEAD, unit="steps")


class Epoch(Command):
    """Go on to the end of the present epoch and pause."""

    kind: Literal["epoch"] = "epoch"


class Reset(Command):
    """Begin again at step 0 with a fresh recording; the settings stay as they are now."""

    kind: Literal["reset"] = "reset"
    play: bool = False


class Stop(Command):
    """End the run and free its worker; what it has learned stays."""

    kind: Literal["stop"] = "stop"


class Set(Command):
    """Change one setting without a restart, such as `optimizer.lr`."""

    kind: Literal["set"] = "set"
    path: Name
    value: JsonValue

    @field_validator("value")
    @classmethod
    def _short(cls, value: JsonValue) -> JsonValue:
        size = len(json.dumps(value))
        if size > MAX_VALUE:
            raise SpecError("error.json_size", value=size, bound=MAX_VALUE)
        return value


class SetWeight(Command):
    """Change one number of one tensor by hand."""

    kind: Literal["set_weight"] = "set_weight"
    name: Name
    index: Annotated[tuple[int, ...], Field(max_length=8)] = ()
    value: float


class Pace(Command):
    """Train so many steps per second; 0 = as fast as possible."""

    kind: Literal["pace"] = "pace"
    steps_per_second: float = number(0.0, 0, 1_000_000, unit="steps/s")


LASTING = (Set, SetWeight)
"""The commands that change what is learned: they are recorded, and a replay applies them at the same step."""


# --- what a client asks of the service ----------------------------------------------------------------------


class Request(Kind):
    """One question; the service answers each with one message."""


class Hello(Request):
    """The first message of a connection. `token` is empty on a Unix socket."""

    kind: Literal["hello"] = "hello"
    protocol: int
    token: str = ""


class Info(Request):
    """What is in force and going on, for `playground doctor`."""

    kind: Literal["info"] = "info"


class Shutdown(Request):
    """Checkpoint every run and exit."""

    kind: Literal["shutdown"] = "shutdown"


class Owned(Request):
    """A request by an owner, who can only reach what is theirs."""

    owner: Annotated[str, Field(min_length=1, max_length=200)]


class Submit(Owned):
    """Start a run."""

    kind: Literal["submit"] = "submit"
    experiment: str
    paused: bool = False
    pace: float = number(0.0, 0, 1_000_000, unit="steps/s")
    parent: str = ""
    probes: Probes = ()


class ListRuns(Owned):
    """All runs of the owner."""

    kind: Literal["list"] = "list"


class OfRun(Owned):
    """A request about one run."""

    run: str


class Poll(OfRun):
    """How a run stands. `wait` holds the answer back until there is a newer frame, at most so many seconds.

    `credits` is how many frames the run's worker may send for this look: 0 asks without watching.
    """

    kind: Literal["poll"] = "poll"
    credits: int = number(1, 0, 2)
    since: int = 0
    history: bool = False
    probes: Probes = ()
    wait: float = number(0.0, 0, 60, unit="s")


class Follow(OfRun):
    """Tell on this connection how the run stands, whenever that changes, until it is closed; frames against credits."""

    kind: Literal["follow"] = "follow"
    probes: Probes = ()
    credits: int = number(1, 0, 64)


class Watching(Spec):
    """Said on a connection that follows a run, not answered: `credits` more frames can be taken, with these probes."""

    credits: int = number(0, 0, 64)
    probes: Probes | None = None


class Send(OfRun):
    """Give a run a command. `wait` holds the answer back until the run has done it, at most so many seconds."""

    kind: Literal["send"] = "send"
    command: Annotated[Command, *one_of(Command)]
    wait: float = number(0.0, 0, 60, unit="s")


class Delete(OfRun):
    """Remove a run with all it has recorded."""

    kind: Literal["delete"] = "delete"


class Fork(OfRun):
    """Start another run from a step of this one."""

    kind: Literal["fork"] = "fork"
    step: int = number(0, 0, 2**62)


class Together(Owned):
    """Train these runs in lockstep from now on; one alone goes its own way again."""

    kind: Literal["together"] = "together"
    runs: Annotated[tuple[Name, ...], Field(min_length=1, max_length=16)]


class FrameAt(OfRun):
    """The recorded frame at the nearest step not after `step`."""

    kind: Literal["frame_at"] = "frame_at"
    step: int = number(0, 0, 2**62)


class Steps(OfRun):
    """The steps of the recorded frames, and those at which the whole state was kept (`states`)."""

    kind: Literal["steps"] = "steps"


class GetState(OfRun):
    """The network's tensors, now, as they were at `step`, or at their `best`.

    With `memory` also the optimizer's, as `memory/<name>`, except for the best.
    """

    kind: Literal["state"] = "state"
    best: bool = False
    memory: bool = False
    step: Annotated[int, Field(ge=0, le=2**62)] | None = None


# --- what the service tells a worker ------------------------------------------------------------------------


class Goal(Spec):
    """Where a run pauses: at a step, at an epoch, or nowhere."""

    step: int | None = None
    epoch: float | None = None


class Scripted(Spec):
    """A command that was applied at a step before, to be applied there again."""

    step: int
    seq: int
    command: Annotated[Command, *one_of(Command)]


class ToWorker(Kind):
    """What a worker hears."""


class Job(ToWorker):
    """The first message: which run, and the bounds it must keep. Memory and storage in bytes."""

    kind: Literal["job"] = "job"
    run: str
    experiment: str
    trainers: str
    folder: str
    data_folder: str
    attempt: int = 1
    replay: int | None = None  # only step to here, give the state (and the optimizer's memory), and leave
    probes: Probes = ()
    memory: int = 0
    cpu_seconds: float = 0
    wall_seconds: float = 0
    storage: int = 0
    nice: int = 19


class Apply(ToWorker):
    """A visitor's command with its number."""

    kind: Literal["apply"] = "apply"
    seq: int
    command: Annotated[Command, *one_of(Command)]


class Go(ToWorker):
    """The answer to Started: what was applied before, what waits, and where to pause.

    Up to step `known` the run repeats what has been seen of it, and what waits is held back; a fork does so silently.
    """

    kind: Literal["go"] = "go"
    goal: Goal = Goal()
    pace: float = 0
    script: tuple[Scripted, ...] = ()
    pending: tuple[Apply, ...] = ()
    known: int = 0
    silent: bool = False
    leash: float | None = None
    judged: bool = False


class Leash(ToWorker):
    """Others train beside this run: go no further than to this epoch, wait there, and say so. None: go on alone.

    `judged`: metrics are measured there, before it is said, so that those of all are of one moment.
    """

    kind: Literal["leash"] = "leash"
    epoch: float | None = None
    judged: bool = False


class Watch(ToWorker):
    """Somebody looks: send `credits` more frames, with these probes."""

    kind: Literal["watch"] = "watch"
    credits: int = 1
    probes: Probes = ()


class GiveState(ToWorker):
    """Send the network's tensors; the answer carries the same `seq`."""

    kind: Literal["give_state"] = "give_state"
    seq: int
    memory: bool = False
    best: bool = False


class Leave(ToWorker):
    """Write a checkpoint, send a last frame and exit."""

    kind: Literal["leave"] = "leave"


# --- what a worker tells the service ------------------------------------------------------------------------


class FromWorker(Kind):
    """What a worker says."""


class Started(FromWorker):
    """The trainer stands at `step`, where every command up to number `seq` has been applied."""

    kind: Literal["started"] = "started"
    step: int
    epoch: float
    seq: int
    experiment: str
    active_seconds: float = 0


class Report(FromWorker):
    """How the run stands; a frame may travel beside it.

    `ack` is the number of the last command that was applied; `experiment` is not empty if a command has changed it;
    `trouble` is the i18n key of what is wrong with the disk, or empty; `quick` is how many epochs a second it could
    take if nothing else took the processor; `best` is when the network was best (`best.Standing`); `affords` is whether
    there is time to spare for measuring metrics.
    """

    kind: Literal["report"] = "report"
    status: Literal["running", "paused"]
    step: int
    epoch: float
    rate: float = 0
    ack: int = 0
    goal: Goal = Goal()
    experiment: str = ""
    pace: float = 0
    trouble: str = ""
    quick: float = 0
    best: dict[str, JsonValue] | None = None
    affords: bool = True


class Applied(FromWorker):
    """A lasting command was applied at `step`, and is to be recorded there."""

    kind: Literal["applied"] = "applied"
    step: int
    seq: int
    command: Annotated[Command, *one_of(Command)]


class Refused(FromWorker):
    """A command did not fit; `error` is the refusal (`plain_error`)."""

    kind: Literal["refused"] = "refused"
    seq: int
    error: dict[str, Any]


class Tensors(FromWorker):
    """The answer to GiveState, and of a replay (then `seq` is 0); the tensors travel beside it."""

    kind: Literal["tensors"] = "tensors"
    seq: int
    step: int


class Left(FromWorker):
    """The last message. `status` is empty if the worker only makes room, else how the run has ended.

    `error` is the refusal that ended it, `cause` one line for an end that nobody has foreseen.
    """

    kind: Literal["left"] = "left"
    status: Literal["", "finished", "diverged", "stopped", "failed", "crashed"] = ""
    reason: str = ""
    values: dict[str, Any] = Field(default_factory=dict[str, Any])
    cause: str = ""
