"""Series: cut honestly in time, scaled by what is trained on, measured against what needs no training."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.data import load
from playground.data.baselines import errors, naive, seasonal
from playground.data.signals import SIGNALS
from playground.data.windows import asked
from playground.spec import DataSpec, SpecError
from playground.spec.series_data import LENGTHS, Forecast, Series, Waves

ALL = [
    *(Series(source=source, shape=shape) for source in LENGTHS for shape in ("many-to-one", "many-to-many")),
    *(Waves(signal=signal, horizon=3) for signal in SIGNALS),
]


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: " ".join(str(v) for v in spec.plain().values()))
def test_windows_are_the_series_and_what_comes_behind_them(spec: Forecast) -> None:
    data, picture = load(spec), load(spec).series
    assert picture is not None
    assert len(picture.values) == len(picture.labels) == spec.num_values()
    assert (len(data.x), len(data.x_test)) == spec.num_samples()
    assert data.x.shape[1:] == spec.input_shape()
    for x, y, starts in ((data.x, data.y, picture.starts), (data.x_test, data.y_test, picture.starts_test)):
        seen = picture.values[starts[:, None] + np.arange(spec.window)]
        told = picture.values[asked(picture, starts, spec.target().steps)]
        assert np.allclose(data.scaling.undo(x.reshape(-1, 1)).reshape(seen.shape), seen, atol=1e-3)
        assert np.allclose(
            data.scaling.undo(y.reshape(-1, 1)).reshape(told.shape), told, rtol=1e-4, atol=1e-3
        )


@pytest.mark.parametrize("shape", ["many-to-one", "many-to-many"])
def test_nothing_of_the_end_is_ever_trained_on(shape: str) -> None:
    spec = Waves.parse({"window": 10, "horizon": 4, "shape": shape, "count": 200})
    data, picture = load(spec), load(spec).series
    assert picture is not None
    steps = spec.target().steps
    last = max(asked(picture, picture.starts, steps).max(), (picture.starts + spec.window).max() - 1)
    assert last == picture.begins - 1 == 149
    assert picture.starts_test.min() == picture.begins
    assert asked(picture, picture.starts_test, steps).max() == 199
    train = picture.values[: picture.begins]
    assert data.scaling.offset[0] == pytest.approx(train.mean())
    assert data.scaling.scale[0] == pytest.approx(train.std())


def test_a_many_to_many_answer_is_what_comes_after_each_step() -> None:
    data = load(Waves(window=12, horizon=1, shape="many-to-many", count=300))
    assert np.array_equal(data.y[:, :-1, 0], data.x[:, 1:, 0])


def test_the_hour_that_clocks_skip_lies_between_its_neighbours() -> None:
    data = load(Series())
    picture = data.series
    assert picture is not None
    (at,) = np.flatnonzero(picture.filled)
    assert picture.labels[at] == "2010-03-14 03:00"
    assert picture.values[at] == pytest.approx((50.8 + 49.9) / 2)
    assert data.notes == (("series_filled", (("count", 1), ("total", 8760))),)
    assert (picture.values[0], picture.labels[0]) == (47.8, "2010-01-01 00:00")


def test_baselines_are_what_they_say() -> None:
    spec = Waves(signal="square", noise=0, window=10, horizon=2, count=400)
    data = load(spec)
    picture = data.series
    assert picture is not None
    starts = picture.starts_test
    truth = picture.values[asked(picture, starts, 0)]
    last = naive(picture, starts)
    assert np.array_equal(last[:, 0], picture.values[starts + 9])
    assert np.array_equal(last[:, 0], last[:, 1])
    found = errors(data)
    assert found["naive_rmse"] == pytest.approx(math.sqrt(((last - truth) ** 2).mean()))
    assert found["naive_rmse"] > 0.5
    assert found["seasonal_rmse"] == pytest.approx(0, abs=1e-12)
    before = seasonal(picture, starts)
    assert before is not None
    assert np.array_equal(before, picture.values[asked(picture, starts, 0) - 20])


def test_a_baseline_never_looks_at_what_is_to_be_told() -> None:
    spec = Waves(signal="square", window=10, horizon=45, count=1000)
    picture = load(spec).series
    assert picture is not None
    broken = picture.values.copy()
    start = picture.starts_test[:1]
    broken[start[0] + 10 :] = 1e9
    blind = type(picture)(**{**picture.__dict__, "values": broken})
    before = seasonal(blind, start)
    assert before is not None
    assert max(naive(blind, start).max(), before.max()) < 10


def test_only_a_forecast_beats_a_walk_of_pure_chance_with_nothing_but_its_drift() -> None:
    data = load(Waves(signal="random walk", noise=0, count=20_000))
    steps = np.diff(data.series.values) if data.series else np.zeros(1)
    assert steps.mean() == pytest.approx(0.1, abs=0.03)
    assert steps.std() == pytest.approx(1, abs=0.03)
    assert errors(data) == {"naive_rmse": pytest.approx(math.sqrt(1 + 0.01), abs=0.05)}


def test_mackey_glass_follows_its_equation() -> None:
    x = SIGNALS["Mackey-Glass"][0](400, np.random.default_rng(0))
    assert 0.2 < x.min() < 0.6
    assert 1.1 < x.max() < 1.4
    lags = [float(np.corrcoef(x[:-lag], x[lag:])[0, 1]) for lag in range(1, 60)]
    assert max(lags[10:]) < 0.99, "chaos never repeats itself exactly"
    assert np.argmax(lags[10:24]) + 11 == pytest.approx(17, abs=2)  # about 50 units, as in the paper's figure


@pytest.mark.parametrize(
    ("plain", "key"),
    [
        ({"kind": "Series", "source": "us-employment", "window": 100}, "series.short"),
        ({"kind": "Series", "source": "us-employment", "test_fraction": 0.1}, "series.short_test"),
        ({"kind": "Waves", "count": 100, "window": 150}, "series.short"),
    ],
)
def test_a_series_too_short_for_its_window_is_refused_with_what_would_fit(
    plain: dict[str, object], key: str
) -> None:
    with pytest.raises(SpecError) as caught:
        DataSpec.of(plain)
    assert caught.value.key == key
    assert caught.value.text("zh") != caught.value.text("en")


def test_nothing_need_be_held_back() -> None:
    data = load(Series(source="us-employment", test_fraction=0))
    assert len(data.x_test) == 0
    assert errors(data) == {}
