"""The trainer: the same experiment takes the same steps, however often it is interrupted, looked at or changed."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest

from playground.data import load
from playground.presets import preset
from playground.probes import outcomes
from playground.probes.registry import in_chunks, names
from playground.runs.feed import shuffled
from playground.runs.supervised import Supervised
from playground.runs.trainer import trainer_of
from playground.spec import Experiment, SpecError, State
from tests.states import assert_equal

PROBES = tuple(names())


def trainer(experiment: Experiment | str) -> Supervised:
    if isinstance(experiment, str):
        experiment = preset(experiment).experiment
    return Supervised(experiment, load(experiment.data))


def after(steps: int, experiment: Experiment | str) -> Supervised:
    found = trainer(experiment)
    for _ in range(steps):
        found.step()
    return found


def everything(found: Supervised) -> State:
    return found.checkpoint()[1]


REGULARISED = (
    preset("overfit")
    .experiment.replace(
        "model",
        '{"layers": ["Linear", "BatchNorm1d", "ReLU", "Dropout", {"kind": "Linear", "out_features": 1}]}',
    )
    .replace("optimizer", {"kind": "AdamW", "lr": 0.01, "clip_norm": 1})
    .replace("schedule", {"kind": "WarmupDecay", "warmup": 2, "epochs": 30})
    .replace("layers.0.l2", 0.01)
    .replace("training.batch_size", 7)
)


def test_the_same_experiment_takes_the_same_steps() -> None:
    assert_equal(everything(after(237, REGULARISED)), everything(after(237, REGULARISED)))


def test_another_seed_takes_other_steps() -> None:
    one, other = after(10, "circle"), after(10, preset("circle").experiment.replace("seed", 1))
    assert not np.array_equal(one.state()["0.weight"], other.state()["0.weight"])


@pytest.mark.parametrize("interrupted_at", [0, 1, 6, 7, 50, 99, 100, 199, 200, 201])
def test_a_restored_trainer_goes_on_bit_for_bit(interrupted_at: int) -> None:
    undisturbed = after(237, REGULARISED)
    meta, state = after(interrupted_at, REGULARISED).checkpoint()
    resumed = trainer(REGULARISED)
    resumed.restore(meta, state)
    while resumed.steps < 237:
        resumed.step()
    assert resumed.epoch == pytest.approx(undisturbed.epoch)
    assert_equal(everything(resumed), everything(undisturbed))


@pytest.mark.parametrize("key", ["circle", "three-rings", "regression-plane"])
def test_looking_does_not_disturb_training(key: str) -> None:
    watched, unwatched = trainer(key), trainer(key)
    for _ in range(60):
        watched.step()
        watched.snapshot(PROBES)
        unwatched.step()
    assert_equal(everything(watched), everything(unwatched))


def test_epochs_count_samples_also_across_a_smaller_last_batch() -> None:
    found = trainer(preset("circle").experiment.replace("training.batch_size", 100))
    assert found.steps_per_epoch == 4
    epochs = []
    for _ in range(8):
        found.step()
        epochs.append(found.epoch)
    assert epochs == pytest.approx(
        [100 / 350, 200 / 350, 300 / 350, 1, 1 + 100 / 350, 1 + 200 / 350, 1 + 300 / 350, 2]
    )


def test_every_epoch_uses_every_sample_once_in_a_new_order() -> None:
    one, other = shuffled(0, 0, 350), shuffled(0, 1, 350)
    assert sorted(one) == list(range(350))
    assert not np.array_equal(one, other)


def test_a_new_batch_size_goes_on_with_the_rest_of_the_epoch() -> None:
    found = after(10, "circle")
    found.set("training.batch_size", 50)
    assert found.epoch == pytest.approx(100 / 350)
    found.step()
    assert found.epoch == pytest.approx(150 / 350)
    for _ in range(4):
        found.step()
    assert found.epoch == pytest.approx(1)


def test_the_learning_rate_changes_without_a_new_start() -> None:
    found = after(20, "circle")
    before = found.state()
    found.set("optimizer.lr", 0.5)
    assert_equal(found.state(), before)
    found.step()
    assert found.metrics()["lr"] == 0.5


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("layers.0.l2", 0.1),
        ("optimizer.kind", "Adam"),
        ("schedule", "Cosine"),
        ("loss", "Huber"),
        ("training.max_steps", 30),
    ],
)
def test_what_keeps_every_tensor_may_change_while_training(path: str, value: object) -> None:
    found = after(20, "circle")
    found.set(path, value)
    found.step()
    assert found.steps == 21
    assert math.isfinite(found.metrics()["loss"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("layers.0.out_features", 9),
        ("data.noise", 0.3),
        ("seed", 4),
        ("layers.1", "ReLU"),
        ("optimizer.lr", 1e30),
        ("device", "cuda:9"),
    ],
)
def test_what_would_need_a_new_start_is_refused_and_nothing_changes(path: str, value: object) -> None:
    found = after(20, "circle")
    before, experiment = everything(found), found.experiment
    with pytest.raises(SpecError):
        found.set(path, value)
    assert_equal(everything(found), before)
    assert found.experiment == experiment


def test_a_training_moves_between_engines_with_all_that_it_remembers() -> None:
    data = load(REGULARISED.data)
    stays, moves = (Supervised(REGULARISED, data, dtype="float64") for _ in range(2))
    for engine in ("numpy", "torch", "auto"):
        moves.set("engine", engine)
        assert moves.place.engine == ("torch" if engine == "torch" else "numpy")
        for one in (stays, moves):
            for _ in range(10):
                one.step()
    assert stays.steps == moves.steps == 30
    for name, value in everything(stays).items():
        np.testing.assert_allclose(everything(moves)[name], value, rtol=0, atol=1e-9)
    assert moves.metrics() == pytest.approx(stays.metrics(), abs=1e-9)


def test_a_training_that_has_moved_is_restored_where_it_went() -> None:
    moved = after(20, REGULARISED)
    moved.set("engine", "torch")
    for _ in range(5):
        moved.step()
    again = trainer(REGULARISED)
    again.restore(*moved.checkpoint())
    assert again.place.engine == "torch"
    for one in (moved, again):
        for _ in range(40):
            one.step()
    assert_equal(everything(again), everything(moved))


def test_players_stay_where_they_began() -> None:
    experiment = preset("gan-ring").experiment.replace("engine", "numpy")
    game = trainer_of(experiment, load(experiment.data))
    with pytest.raises(SpecError, match="engine"):
        game.set("engine", "torch")


def test_a_changed_run_is_restored_with_its_changes() -> None:
    changed = after(20, "circle")
    changed.set("optimizer.kind", "Adam")
    changed.set("training.batch_size", 33)
    for _ in range(5):
        changed.step()
    meta, state = changed.checkpoint()
    resumed = trainer("circle")
    resumed.restore(meta, state)
    for _ in range(30):
        changed.step()
        resumed.step()
    assert_equal(everything(resumed), everything(changed))


def test_one_weight_is_set_by_hand() -> None:
    found = trainer("circle")
    before = found.state()
    found.set_weight("0.weight", (1, 0), 0.25)
    after_it = found.state()
    assert after_it["0.weight"][1, 0] == 0.25
    before["0.weight"][1, 0] = 0.25
    assert_equal(after_it, before)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("9.weight", (0, 0), 1.0),
        ("0.weight", (0,), 1.0),
        ("0.weight", (0, 9), 1.0),
        ("0.weight", (-1, 0), 1.0),
        ("0.bias", (0,), math.nan),
        ("0.bias", (0,), 1e30),
    ],
)
def test_a_weight_that_is_not_there_is_refused(name: str, index: tuple[int, ...], value: float) -> None:
    with pytest.raises(SpecError):
        trainer("circle").set_weight(name, index, value)


@pytest.mark.parametrize(
    ("changes", "reason", "steps"),
    [
        ({"max_steps": 37}, "run.reached_steps", 37),
        ({"max_epochs": 3}, "run.reached_epochs", 105),
        ({"max_epochs": 1, "max_steps": 99}, "run.reached_epochs", 35),
        ({"max_epochs": 9, "max_steps": 99}, "run.reached_steps", 99),
    ],
)
def test_a_run_stops_exactly_where_it_should(changes: dict[str, Any], reason: str, steps: int) -> None:
    experiment = preset("circle").experiment
    for name, value in changes.items():
        experiment = experiment.replace(f"training.{name}", value)
    found = after(200, experiment)
    assert (found.status, found.reason, found.steps) == ("finished", reason, steps)


def test_a_run_stops_at_its_target() -> None:
    found = after(20_000, preset("circle").experiment.replace("training.target_loss", 0.05))
    assert (found.status, found.reason) == ("finished", "run.reached_loss")
    assert found.metrics()["loss"] <= 0.05
    found = after(20_000, preset("circle").experiment.replace("training.target_accuracy", 0.95))
    assert (found.status, found.reason) == ("finished", "run.reached_accuracy")


def test_a_run_stops_on_a_plateau() -> None:
    found = after(20_000, preset("xor-single-neuron").experiment.replace("training.plateau_epochs", 100))
    assert (found.status, found.reason) == ("finished", "run.reached_plateau")


def test_a_finished_run_goes_on_when_its_end_is_moved() -> None:
    found = after(50, preset("circle").experiment.replace("training.max_steps", 40))
    assert found.status == "finished"
    found.set("training.max_steps", 60)
    for _ in range(50):
        found.step()
    assert (found.status, found.steps) == ("finished", 60)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("key", ["regression-plane", "moons"])
def test_a_loss_that_explodes_stops_the_run_at_its_last_finite_state(key: str) -> None:
    experiment = preset(key).experiment.replace("optimizer", {"kind": "SGD", "lr": 10.0, "momentum": 0.99})
    experiment = experiment.replace("loss", "MSE")
    found = after(3000, experiment)
    if found.status == "running":
        pytest.fail("the experiment was meant to diverge")
    assert (found.status, found.reason) == ("diverged", "run.diverged")
    assert all(np.isfinite(value).all() for value in found.state().values())
    steps = found.steps
    found.step()
    assert found.steps == steps
    one_more = after(steps, experiment)
    assert_equal(found.state(), one_more.state())


def test_metrics_are_those_of_the_whole_sets() -> None:
    found = after(50, "digits-mlp")
    metrics, data, state = found.metrics(), found.dataset, found.state()

    def logits(x: np.ndarray) -> np.ndarray:
        hidden = np.maximum(x.reshape(len(x), -1) @ state["1.weight"].T + state["1.bias"], 0)
        return hidden @ state["4.weight"].T + state["4.bias"]

    for prefix, x, y in (("", data.x, data.y), ("test_", data.x_test, data.y_test)):
        z = logits(x).astype(np.float64)
        z -= z.max(axis=1, keepdims=True)
        loss = (np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean()
        assert metrics[f"{prefix}loss"] == pytest.approx(loss, rel=1e-5)
        assert metrics[f"{prefix}accuracy"] == pytest.approx((z.argmax(axis=1) == y).mean())


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_verdicts_are_those_of_the_network_that_was_measured(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = after(5, preset("digits-mlp").experiment.replace("engine", engine))
    passes: list[int] = []

    def counted(net: object, x: Any) -> Any:
        passes.append(len(x))
        return cast("Any", in_chunks)(net, x)

    monkeypatch.setattr(outcomes, "in_chunks", counted)

    def seen() -> State:
        return found.snapshot(("verdicts",)).arrays

    before = seen()
    assert np.trace(before["confusion"]) == round(1000 * found.metrics()["test_accuracy"])
    assert not passes, "what was measured is not computed again"
    found.set_weight("1.weight", (0, 0), 5.0)
    ((_, unmeasured),) = found.look(("verdicts",))
    assert passes == [1000], "and it is forgotten when the network changes"
    assert (seen()["confusion"] == unmeasured["confusion"]).all()
    found.step()
    list(found.look(("verdicts",)))
    found.metrics()
    found.set("optimizer.lr", 0.5)
    list(found.look(("verdicts",)))
    assert passes == [1000] * 3


def test_regression_reports_how_much_is_explained() -> None:
    metrics = after(500, "regression-plane").metrics()
    assert metrics["test_r2"] > 0.99
    assert metrics["test_rmse"] ** 2 == pytest.approx(metrics["test_loss"], rel=1e-5)


def test_an_experiment_over_a_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_PARAMETERS", "10")
    with pytest.raises(SpecError, match="parameters"):
        trainer("circle")


def test_both_engines_take_the_same_way() -> None:
    experiment = preset("circle").experiment
    one = Supervised(experiment, load(experiment.data), dtype="float64")
    other = Supervised(experiment.replace("engine", "torch"), load(experiment.data), dtype="float64")
    for _ in range(100):
        one.step()
        other.step()
    for name, value in one.state().items():
        np.testing.assert_allclose(value, other.state()[name], rtol=0, atol=1e-9)
    assert one.metrics() == pytest.approx(other.metrics(), abs=1e-9)
