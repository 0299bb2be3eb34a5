"""The contract itself: what an engine is called, what it can carry out, where it runs, and what it leaves unloaded."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import engines
from engines.numpy.layer import LAYERS as NUMPY_LAYERS
from engines.numpy.losses import LOSSES as NUMPY_LOSSES
from engines.numpy.optimizers import OPTIMIZERS as NUMPY_OPTIMIZERS
from engines.torch.layers import LAYERS as TORCH_LAYERS
from engines.torch.losses import LOSSES as TORCH_LOSSES
from engines.torch.optimizers import OPTIMIZERS as TORCH_OPTIMIZERS
from playground.spec import LayerSpec, LossSpec, ModelSpec, OptimizerSpec, SpecError
from playground.spec.layers import Linear, Tanh
from playground.spec.losses import MSE
from playground.spec.optimizers import SGD
from tests.engines.agreement import net
from tests.states import assert_equal

ROOT = Path(__file__).resolve().parents[2]
both_engines = pytest.mark.parametrize("engine", ["numpy", "torch"])


@both_engines
def test_every_kind_of_every_catalogue_has_a_part(engine: str) -> None:
    parts = {
        "numpy": (NUMPY_LAYERS, NUMPY_LOSSES, NUMPY_OPTIMIZERS),
        "torch": (TORCH_LAYERS, TORCH_LOSSES, TORCH_OPTIMIZERS),
    }[engine]
    for family, registry in zip((LayerSpec, LossSpec, OptimizerSpec), parts, strict=True):
        for kind in family.catalogue().values():
            assert registry[kind] is not None


@both_engines
def test_a_strangers_kind_is_refused_until_it_has_a_part(engine: str) -> None:
    class Unheard:
        pass

    registry = {"numpy": NUMPY_LAYERS, "torch": TORCH_LAYERS}[engine]
    with pytest.raises(SpecError, match="Unheard"):
        registry[Unheard]


@both_engines
def test_an_engine_knows_its_name_and_its_devices(engine: str) -> None:
    found = engines.get(engine)
    assert found.name == engine
    assert found.devices()[0] == "cpu"
    with pytest.raises(SpecError, match=r"device: cuda:9 .*cpu"):
        found.net(ModelSpec(layers=(Tanh(),)), (2,), SGD(), device="cuda:9")


@both_engines
def test_the_same_seed_is_the_same_run(engine: str) -> None:
    model = ModelSpec(layers=(Linear(out_features=5), Tanh(), Linear(out_features=2)))
    x, y = np.random.default_rng(0).normal(size=(12, 3)), np.zeros((12, 2))
    found = []
    for seed in (4, 4, 5):
        ours = net(engine, model, (3,), dtype="float32", seed=seed)
        fit = ours.fit(MSE(), x, y, 5)
        fit.begin(np.arange(12))
        while fit.step(0.1):
            pass
        found.append(ours.state())
    assert_equal(found[0], found[1])
    assert not np.array_equal(found[0]["0.weight"], found[2]["0.weight"])


@both_engines
def test_layers_that_do_not_fit_are_refused(engine: str) -> None:
    for model in (ModelSpec(), ModelSpec(layers=(Linear(),))):
        with pytest.raises(SpecError):
            net(engine, model, (1, 28, 28))


@both_engines
def test_nets_train_side_by_side_in_threads(engine: str) -> None:
    """Each thread gets what it would have got alone."""
    model = ModelSpec(layers=(Linear(out_features=16), Tanh(), Linear(out_features=1)))
    x = np.random.default_rng(0).normal(size=(64, 2))
    y = x[:, :1] * x[:, 1:]

    def train(seed: int) -> dict[str, np.ndarray]:
        ours = net(engine, model, (2,), dtype="float32", seed=seed)
        fit = ours.fit(MSE(), x, y, 8)
        for epoch in range(20):
            fit.begin(np.random.default_rng(epoch).permutation(64))
            while fit.step(0.05):
                pass
        return ours.state()

    together: dict[int, dict[str, np.ndarray]] = {}
    threads = [threading.Thread(target=lambda s=seed: together.update({s: train(s)})) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        assert_equal(together[seed], train(seed))


def test_numpy_training_loads_neither_torch_nor_scipy() -> None:
    program = """
import json, sys
import numpy as np
import engines
from playground.spec import ModelSpec
from playground.spec.layers import Dropout, Linear, ReLU
from playground.spec.losses import CrossEntropy
from playground.spec.optimizers import Adam
net = engines.get("numpy").net(ModelSpec(layers=(Linear(), ReLU(), Dropout(), Linear(out_features=2))), (2,), Adam())
fit = net.fit(CrossEntropy(), np.zeros((4, 2)), np.zeros(4, int), 2)
fit.begin(np.arange(4))
assert fit.step(0.1)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert {"torch", "scipy", "streamlit", "pandas"} & set(json.loads(done.stdout)) == set()


def test_the_torch_engine_keeps_to_one_thread() -> None:
    program = "import engines, torch; engines.get('torch'); print(torch.get_num_threads())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "1"
