"""What each command does to a run: with a worker, without one, while it waits, and after it has ended."""

from __future__ import annotations

import asyncio
import math

from playground.runs import checkpoint, commands, keyframes
from playground.runs.commands import Command, Goal
from playground.runs.dispatch import Dispatch
from playground.runs.live import ENDED, FREE, Run
from playground.runs.reasons import Reason
from playground.spec.errors import SpecError


def steer(dispatch: Dispatch, run: Run, command: Command) -> tuple[int, asyncio.Future[int] | None]:
    """Give a run a command.

    Returns:
        The command's number, and a future of the step at which it was applied; None if it is done already.

    Raises:
        SpecError: if too much waits already.
    """
    if isinstance(command, commands.Stop) and run.status in ENDED and not run.worker:
        return 0, None
    if isinstance(command, commands.Stop | commands.Reset):
        return 0, _end(dispatch, run, command)
    run.notice = Reason()
    if run.worker:
        return dispatch.tell(run, command)
    if isinstance(command, commands.Pause) and run.status in ENDED:
        return 0, None
    if isinstance(command, commands.Pause):
        dispatch.settle(run, "paused", Reason())
        return 0, None
    if isinstance(command, commands.Pace):
        run.pace = command.steps_per_second
        dispatch.save(run)
        return 0, None
    return _wake_up(dispatch, run, command)


def _wake_up(dispatch: Dispatch, run: Run, command: Command) -> tuple[int, asyncio.Future[int] | None]:
    """Let a run without a worker have one again, for this command."""
    waiting, bound = dispatch.queue.waiting(run.owner), dispatch.quotas.owner_queue
    if run.status != "queued":
        if waiting >= bound:
            raise SpecError("run.queue_full", value=waiting, bound=bound)
        run.attempt, run.reason = 1, Reason()
    seq, done = 0, None
    match command:
        case commands.Play():
            run.goal = FREE
        case commands.Step(n=n):
            ahead = run.goal.step if run.status == "queued" else None  # of a step that waits as well
            run.goal = Goal(step=(run.step if ahead is None else ahead) + n)
        case commands.Epoch():
            run.goal = Goal(epoch=math.floor(run.epoch + 1e-9) + 1)
        case _:
            seq, done = dispatch.tell(run, command)
    dispatch.enqueue(run)
    run.announce()
    return seq, done


def _end(dispatch: Dispatch, run: Run, command: commands.Stop | commands.Reset) -> asyncio.Future[int]:
    """Stop or reset a run, as soon as its worker is gone."""
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    run.unsettle()
    dispatch.queue.remove(run.owner, run.id)

    def then() -> None:
        if isinstance(command, commands.Reset):
            _begin_again(dispatch, run, play=command.play)
        else:
            dispatch.settle(run, "stopped", Reason("run.stopped"))
        run.announce()
        if not done.done():
            done.set_result(run.step)

    restart = isinstance(command, commands.Reset)
    dispatch.leave(run, then, dispatch.quotas.grace_seconds, end_counts=False, now=restart)
    return done


def _begin_again(dispatch: Dispatch, run: Run, *, play: bool) -> None:
    run.forget_frames()
    keyframes.cut_back(run.folder, -1)
    checkpoint.cut_back(run.folder, -1)
    run.parent_step, run.attempt, run.died_at = 0, 1, -1
    run.reason = run.notice = Reason()
    run.goal = FREE if play else Goal(step=0)
    dispatch.enqueue(run)
