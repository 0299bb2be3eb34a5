"""Generated digits are judged by a classifier that the same visitor has trained: found, chosen and named."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from playground.live.judges import NEAREST
from playground.presets import preset
from playground.runs.client import Client
from playground.spec import Experiment
from tests.live.test_explain_asks import OWNER, ask
from tests.live.test_explain_asks import trained as stepped
from tests.runs.house import until

GAME = preset("gan-digits-8x8").experiment


def classifier(**training: object) -> Experiment:
    known = preset("digits-mlp").experiment.replace("data", GAME.data.plain())
    for name, value in training.items():
        known = known.replace(f"training.{name}", value)
    return known


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(tmp_path_factory.mktemp("judged"))
    yield client
    client.shut_down()


def finished(client: Client, experiment: Experiment, owner: str = OWNER) -> str:
    run = client.submit(owner, experiment)
    until(lambda: client.poll(owner, run).status == "finished")
    return run


def test_the_visitors_own_classifier_judges_what_is_generated(client: Client) -> None:
    game = stepped(client, GAME.replace("training.max_epochs", 0), 20)
    finished(client, classifier(max_steps=2), "somebody else")
    alone, _ = ask(client, game, "recognise")
    assert (alone["answer"]["judge"], alone["answer"]["judges"]) == ("", [])

    poor = finished(client, classifier(max_steps=2))
    said, _ = ask(client, game, "recognise")
    assert [one["run"] for one in said["answer"]["judges"]] == [poor]
    assert said["answer"]["judge"] == "", "who cannot tell digits apart judges only if asked to"
    said, found = ask(client, game, "recognise", judge=poor)
    assert said["answer"]["judge"] == poor

    good = finished(client, classifier(max_epochs=10))
    said, found = ask(client, game, "recognise")
    answer = said["answer"]
    assert answer["judge"] == good
    assert [one["run"] for one in answer["judges"]] == [good, poor]
    assert answer["judges"][0]["network"] == "8×8 → 128 → 10"
    accuracy = client.poll(OWNER, good).metrics["test_accuracy"]
    assert answer["accuracy"] == answer["judges"][0]["accuracy"] == pytest.approx(accuracy)
    assert accuracy > 0.9
    assert answer["sure"] == pytest.approx(float(np.mean(found.arrays["confidence"] >= 0.9)))

    said, found = ask(client, game, "recognise", judge=NEAREST)
    assert (said["answer"]["judge"], said["answer"]["sure"]) == ("", None)
    assert "confidence" not in found.arrays


def test_classifiers_of_other_pictures_do_not_judge(client: Client) -> None:
    game = stepped(client, GAME.replace("training.max_epochs", 0), 1)
    known = {one["run"] for one in ask(client, game, "recognise")[0]["answer"]["judges"]}
    shapes = preset("rgb-cnn").experiment.replace("training.max_steps", 1)
    run = finished(client, shapes.replace("data", {"kind": "Shapes", "count": 60}))
    said, _ = ask(client, game, "recognise")
    assert run not in {one["run"] for one in said["answer"]["judges"]} == known
