"""The history that the timeline asks for says what was changed on the way, so that it can be marked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.live.desk import Desk
from playground.live.line import Lines
from playground.live.tokens import Claims
from playground.runs import commands, frames
from playground.runs.client import Client
from playground.spec import Experiment


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    client = Client(tmp_path)
    yield client
    client.shut_down()
    client.close()


def asked(client: Client, run: str, folder: Path) -> tuple[frames.Snapshot, dict[str, Any]]:
    """Ask as the timeline does; the frame of the answer and its header."""

    async def ask() -> bytes:
        lines = Lines(folder)
        desk = Desk(lines, folder)
        answer = await desk.answer(
            Claims("me", run, 0, "en"), {"type": "history", "id": 7}, (), {"status": "paused"}
        )
        lines.close()
        assert isinstance(answer, bytes)
        return answer

    answer = asyncio.run(ask())
    length = int.from_bytes(answer[:4], "little")
    return frames.decode(answer), json.loads(answer[4 : 4 + length])


def test_a_history_names_the_changes_with_their_steps(client: Client, tmp_path: Path) -> None:
    experiment = Experiment.parse({"data": {"kind": "Xor"}})
    run = client.submit("me", experiment, paused=True)
    client.send("me", run, commands.Step(n=30), wait=10)
    since = 0
    while (view := client.poll("me", run, since, wait=5)).step < 30:
        since = view.number
    client.send("me", run, commands.Set(path="optimizer.lr", value=0.25), wait=10)
    client.send("me", run, commands.SetWeight(name="0.weight", index=(0, 1), value=0.5), wait=10)
    snapshot, header = asked(client, run, tmp_path)
    assert header["id"] == 7
    assert snapshot.arrays["step"][-1] == 30
    assert [entry["step"] for entry in header["commands"]] == [30, 30]
    lr, weight = (entry["command"] for entry in header["commands"])
    assert (lr["kind"], lr["path"], lr["value"]) == ("set", "optimizer.lr", 0.25)
    assert (weight["kind"], weight["name"], weight["index"]) == ("set_weight", "0.weight", [0, 1])
