"""Loading: what is kept in memory, who may load, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from playground.data import Dataset, Scaling, forget, load, loads
from playground.data.loading import Memory
from playground.spec import DataSpec, SpecError, Target
from playground.spec.data import Circles, Moons


def small(num_floats: int) -> Dataset:
    nothing = np.zeros((0, 1), np.float32)
    return Dataset(
        x=np.zeros((num_floats, 1), np.float32),
        y=nothing,
        x_test=nothing,
        y_test=nothing,
        target=Target("regression", 1),
        class_names=(),
        feature_names=("x1",),
        points=None,
        points_test=None,
        scaling=Scaling("none", np.zeros(1), np.ones(1)),
        source="source.points",
        licence="",
    )


def test_the_same_wish_gives_the_same_object_until_forgotten() -> None:
    first = load(Circles(seed=8))
    assert load(Circles(seed=8)) is first
    assert load(Circles(seed=9)) is not first
    forget()
    assert load(Circles(seed=8)) is not first


def test_memory_keeps_what_was_used_last_within_its_bytes() -> None:
    memory = Memory(max_bytes=10_000)
    a, b, c = small(1000), small(1000), small(1000)
    memory.put("a", a)
    memory.put("b", b)
    assert memory.get("a") is a
    memory.put("c", c)
    assert memory.get("b") is None
    assert memory.get("a") is a
    assert memory.get("c") is c
    large = small(100_000)
    memory.put("large", large)
    assert memory.get("large") is large
    assert memory.get("a") is None


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> type[DataSpec]:
    monkeypatch.setattr(DataSpec, "_catalogue", dict(DataSpec.catalogue()))

    class Diagonal(DataSpec):
        kind: Literal["Diagonal"] = "Diagonal"

        def input_shape(self) -> tuple[int, ...]:
            return (1,)

        def target(self) -> Target:
            return Target("regression", 1)

        def num_samples(self) -> tuple[int, int]:
            return 3, 0

    return Diagonal


def test_a_strangers_set_enters_by_the_same_door(stranger: type[DataSpec]) -> None:
    with pytest.raises(SpecError) as caught:
        load(stranger())
    assert caught.value.key == "source.no_loader"
    data = small(3)
    loads(stranger)(lambda spec, folder: data)
    assert load(stranger()) is data


def test_importing_data_imports_nothing_heavy() -> None:
    heavy = "pandas sklearn scipy mlxtend streamlit torch plotly"
    code = f"import sys, playground.data as d; d.sources(); print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "[]"


def test_loading_digits_and_tables_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from playground.data import csv, load; "
        "from playground.spec.image_data import Mnist5k; load(Mnist5k()); "
        "data = b'a,b\\n' + b'1,x\\n2,y\\n3,x\\n4,y\\n' * 5; folder = Path(sys.argv[1]); "
        "load(csv.csv_spec(csv.inspect(data), csv.store(data, folder), ['a'], 'b', 'classes'), folder); "
        "print([m for m in ('pandas', 'sklearn', 'scipy', 'mlxtend', 'streamlit', 'torch') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "[]"


def test_threads_may_load_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    forget()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda seed: load(Moons(seed=seed % 4)), range(64)))
    for seed, data in enumerate(found):
        np.testing.assert_array_equal(data.x, found[seed % 4].x)
