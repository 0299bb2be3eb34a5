"""Questions reach the run itself through the service: its weights, its optimizer's memory, any step of its past."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.data import load
from playground.live.desk import Desk
from playground.live.line import Lines
from playground.live.tokens import Claims
from playground.presets import preset
from playground.runs import commands, frames
from playground.runs.client import Client
from playground.runs.commands import Pause, Step
from playground.runs.supervised import Supervised
from playground.spec import Experiment, SpecError
from tests.probes.recalculation import check
from tests.runs.house import until

OWNER = "anna"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(tmp_path_factory.mktemp("explained"))
    yield client
    client.shut_down()


def ask(client: Client, run: str, what: str, lang: str = "en", **arguments: Any) -> Any:
    """What a socket would get: the frame of the answer."""

    async def through() -> bytes | str:
        lines = Lines(client.data_dir)
        try:
            view = (await lines.ask(commands.Poll(owner=OWNER, run=run, credits=0))).body
            said = {"type": "ask", "id": 1, "what": what, **arguments}
            return await Desk(lines, client.data_dir).answer(Claims(OWNER, run, lang, 0), said, (), view)
        finally:
            lines.close()

    found = asyncio.run(through())
    assert isinstance(found, bytes)
    return header(found), frames.decode(found)


def header(frame: bytes) -> dict[str, Any]:
    import json
    import struct

    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length])


def trained(client: Client, experiment: Experiment, steps: int) -> str:
    run = client.submit(OWNER, experiment, paused=True)
    client.send(OWNER, run, Step(n=steps))
    until(lambda: client.poll(OWNER, run).step == steps and client.poll(OWNER, run).status == "paused")
    return run


@pytest.mark.parametrize("key", ["circle", "xor", "three-rings"])
def test_a_walk_has_the_weights_and_the_memory_of_the_run(client: Client, key: str) -> None:
    experiment = preset(key).experiment
    run = trained(client, experiment, 57)
    twin = Supervised(experiment, load(experiment.data))
    for _ in range(57):
        twin.step()
    said, frame = ask(client, run, "backprop", index=3)
    answer = said["answer"]
    assert (answer["step"], frame.step, answer["known_memory"]) == (57, 57, True)
    for name, values in twin.state().items():
        np.testing.assert_allclose(frame.arrays[f"old/{name}"], values, rtol=1e-6, atol=1e-7)
    said, _ = ask(client, run, "formula", index=3, column=0, unit=0)
    for part in ("forward", "backward", "gradient", "update"):
        for block in said["answer"][part]:
            check(block)
    if experiment.optimizer.kind == "Adam":
        (bias_correction,) = [b for b in said["answer"]["update"] if b["left"] == "m̂"]
        assert bias_correction["tokens"][-2] == "58", "the memory knows how many steps were taken"


def test_an_earlier_step_can_be_explained_too(client: Client) -> None:
    experiment = preset("moons").experiment
    run = trained(client, experiment, 80)
    twin = Supervised(experiment, load(experiment.data))
    for _ in range(30):
        twin.step()
    _, frame = ask(client, run, "backprop", step=30)
    assert frame.step == 30
    for name, values in twin.state().items():
        np.testing.assert_allclose(frame.arrays[f"old/{name}"], values, rtol=1e-6, atol=1e-7)


def test_the_doctor_is_told_the_history(client: Client) -> None:
    run = trained(client, preset("circle").experiment.replace("optimizer.lr", 0.0001), 350)
    client.send(OWNER, run, Pause())
    said, _ = ask(client, run, "doctor", "zh")
    (found,) = said["answer"]["findings"]
    assert found["name"] == "lr_low"
    assert found["title"] == "学习率过低"
    assert Experiment.from_plain(found["remedy"]["experiment"]).optimizer.lr > 0.0001


def test_the_gradient_check_runs_on_the_run(client: Client) -> None:
    run = trained(client, preset("xor").experiment, 10)
    said, _ = ask(client, run, "gradient_check")
    assert said["answer"]["verdict"] == "right"


@pytest.mark.parametrize(
    "arguments", [{"index": -1}, {"index": 10**9}, {"index": "x"}, {"test": 7}, {"step": 10**9}]
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    client: Client, tmp_path: Path, arguments: dict[str, Any]
) -> None:
    run = trained(client, preset("xor").experiment, 3)
    with pytest.raises(SpecError) as refused:
        ask(client, run, "backprop", **arguments)
    assert refused.value.text("zh")
