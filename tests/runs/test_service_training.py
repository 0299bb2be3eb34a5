"""The playground's own trainer behind the service: real networks, real data, real kills."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from playground.data import load
from playground.presets import preset
from playground.runs import commands as c
from playground.runs import frames
from playground.runs.trainer import State, build, trainer_of, validate
from playground.spec import Experiment, SpecError, TrainingSpec
from playground.spec.data import Circles, Spiral
from playground.spec.layers import Dropout, Linear, Tanh
from playground.spec.model import ModelSpec
from playground.spec.optimizers import Adam
from tests.runs.house import House, house, until

STEPS = 12_000
EXPERIMENT = Experiment(
    data=Spiral(count=300),
    model=ModelSpec(
        layers=(
            Linear(out_features=16),
            Tanh(),
            Dropout(p=0.1),
            Linear(out_features=8),
            Tanh(),
            Linear(out_features=1),
            Tanh(),
        )
    ),
    optimizer=Adam(lr=0.01),
    training=TrainingSpec(batch_size=10, max_steps=STEPS),
    seed=3,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("data"), "playground.runs.trainer") as built:
        yield built


def undisturbed(
    experiment: Experiment, steps: int, changes: tuple[tuple[int, str, object], ...] = ()
) -> State:
    trainer = trainer_of(experiment, load(experiment.data))
    for step, path, value in (*changes, (steps, "", None)):
        while trainer.steps < step and trainer.status == "running":
            trainer.step()
        if path:
            trainer.set(path, value)
    assert trainer.steps == steps
    return trainer.state()


def assert_same(found: State, expected: State) -> None:
    assert list(found) == list(expected)
    for name in expected:
        assert found[name].dtype == expected[name].dtype
        assert np.array_equal(found[name], expected[name]), name


def test_a_real_training_that_is_killed_twice_ends_with_the_same_weights(home: House):
    run = home.client.submit(home.owner, EXPERIMENT)
    for attempt, step in ((1, 1500), (2, 5000)):
        home.until(run, "running", "finished", step=step)
        home.worker().kill()
        until(lambda n=attempt: home.view(run).attempt > n)
    view = home.until(run, "finished")
    assert (view.step, view.reason.key) == (STEPS, "run.reached_steps")
    assert_same(home.client.state(home.owner, run), undisturbed(EXPERIMENT, STEPS))


def test_a_real_run_can_be_changed_on_the_way_and_forked_exactly(home: House):
    run = home.client.submit(home.owner, EXPERIMENT, paused=True)
    home.until(run, "paused")
    home.send(run, c.Step(n=700))
    home.until(run, "paused", step=700)
    home.send(run, c.Set(path="training.batch_size", value=32))
    home.send(run, c.Set(path="optimizer.lr", value=0.002))
    with pytest.raises(SpecError, match=r"optimizer\.lr"):
        home.send(run, c.Set(path="optimizer.lr", value=1e30))
    home.send(run, c.Step(n=100))
    home.until(run, "paused", step=800)
    changes = ((700, "training.batch_size", 32), (700, "optimizer.lr", 0.002))
    assert_same(home.client.state(home.owner, run), undisturbed(EXPERIMENT, 800, changes))
    # What was kept whole is read, not trained again, and is the same.
    kept = frames.decode(home.ask(c.Steps(owner=home.owner, run=run))).arrays["states"].tolist()
    assert {0, 1, 700} <= set(kept)
    for step in (1, 700):
        expected = undisturbed(EXPERIMENT, step)
        found = home.client.state(home.owner, run, step)
        assert set(found) == set(expected)
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
    assert frames.decode(home.ask(c.GetState(owner=home.owner, run=run, step=700))).epoch == pytest.approx(
        700 * 10 / 210
    )
    fork = home.client.fork(home.owner, run, 750)
    home.until(fork, "paused", step=750)
    assert_same(home.client.state(home.owner, fork), undisturbed(EXPERIMENT, 750, changes))
    home.send(fork, c.Reset())
    view = home.until(fork, "paused")
    assert Experiment.from_json(view.experiment).training.batch_size == 32


def test_a_diverging_run_says_what_to_try(home: House):
    wild = Experiment(
        data=Circles(count=50),
        model=ModelSpec(layers=(Linear(out_features=1),)),
        optimizer=Experiment().optimizer.model_copy(update={"lr": 10.0}),
    )
    run = home.client.submit(home.owner, wild)
    view = home.until(run, "diverged")
    assert view.reason.text().endswith("Try a smaller learning rate or gradient clipping")
    assert all(np.isfinite(tensor).all() for tensor in home.client.state(home.owner, run).values())


@pytest.mark.parametrize(
    "text",
    [
        '{"data": {"kind": "Nothing"}}',
        '{"model": {"layers": []}}',
        '{"model": {"layers": [{"kind": "Linear", "out_features": 1e30}]}}',
        json.dumps({"model": {"layers": 3 * [{"kind": "Linear", "out_features": 4096}]}}),
        '{"optimizer": {"kind": "SGD", "lr": 1e30}}',
        '{"optimizer": {"kind": "SGD", "lr": NaN}}',
        '{"version": 99}',
        '{"seed": 1, "seed": 2}',
    ],
)
def test_an_absurd_experiment_is_refused_before_it_becomes_a_run(home: House, text: str):
    before = home.client.info()["stored"]
    with pytest.raises(SpecError):
        home.client.submit(home.owner, text)
    assert home.client.info()["stored"] == before


def test_neither_the_service_nor_its_workers_load_torch_for_numpy(home: House):
    run = home.client.submit(home.owner, EXPERIMENT.replace("training.max_steps", 0))
    home.until(run, "running", step=10)
    for process in home.processes():
        assert not any("torch" in line.path for line in process.memory_maps()), process.cmdline()
    home.client.delete(home.owner, run)


def test_the_playgrounds_own_door_checks_first_and_builds_late(tmp_path: Path):
    valid = validate(EXPERIMENT.to_json())
    assert Experiment.from_json(valid.experiment) == EXPERIMENT
    assert valid.digest == EXPERIMENT.digest()
    assert build(valid.experiment, tmp_path).steps == 0


def test_a_game_that_is_changed_and_killed_ends_with_the_same_weights(home: House):
    """A generator and its discriminator are a run like any other: service, worker, recording, fork."""
    game = preset("gan-8-gaussians").experiment.replace("training", {"batch_size": 32, "max_steps": 3000})
    changes = ((150, "adversary.training", "discriminator"), (150, "adversary.input_noise", 0.1))
    run = home.client.submit(home.owner, game, paused=True, probes=("weights",))
    home.until(run, "paused")
    home.send(run, c.Step(n=150))
    home.until(run, "paused", step=150)
    for _, path, value in changes:
        home.send(run, c.Set(path=path, value=value))
    with pytest.raises(SpecError, match="latent_dim"):
        home.send(run, c.Set(path="adversary.latent_dim", value=3))
    home.send(run, c.Play())
    home.until(run, "running", "finished", step=400)
    for worker in home.workers():  # those that rest are not missed
        worker.kill()
    view = home.until(run, "finished")
    assert (view.step, view.attempt > 1, view.best) == (3000, True, None)
    assert_same(home.client.state(home.owner, run), undisturbed(game, 3000, changes))
    frame = home.client.frame_at(home.owner, run, 3000)
    assert frame is not None
    assert {"modes", "quality", "d_loss"} <= set(frame.metrics)
    assert "w/discriminator.0.weight" in frame.arrays
    fork = home.client.fork(home.owner, run, 300)
    home.until(fork, "paused", step=300)
    assert_same(home.client.state(home.owner, fork), undisturbed(game, 300, changes))
