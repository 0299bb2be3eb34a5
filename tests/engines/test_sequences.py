"""Sequences of any length: padding changes nothing, packed sequences agree, and every step may have an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engines.numpy.net import Net as NumpyNet
from engines.torch.sequences import KERNELS
from playground.spec import LayerSpec, LossSpec, ModelSpec, SpecError
from playground.spec.layers import LayerNorm, Linear, Tanh
from playground.spec.losses import IGNORED, MSE, CrossEntropy
from playground.spec.optimizers import SGD, Adam
from playground.spec.recurrent_layers import GRU, LSTM, RNN, Recurrent
from playground.spec.sequence_layers import (
    AvgPool1d,
    Conv1d,
    Embedding,
    GlobalAvgPool1d,
    GlobalMaxPool1d,
    MaxPool1d,
)
from tests import strategies
from tests.engines.agreement import LOSSES, Reference, assert_close, assert_same, net
from tests.engines.rich import exhaust
from tests.states import assert_equal

both_engines = pytest.mark.parametrize("engine", ["numpy", "torch"])
KINDS: tuple[type[Recurrent], ...] = (RNN, LSTM, GRU)
LENGTH = 7
VOCABULARY = 9


def texts(random: np.random.Generator, *lengths: int) -> np.ndarray:
    """Draw texts of some lengths, padded on the left; the first of a text is no padding, a 0 inside may be."""
    found = np.zeros((len(lengths), LENGTH))
    for row, length in zip(found, lengths, strict=True):
        if length:
            row[LENGTH - length :] = random.integers(0, VOCABULARY, length)
            row[LENGTH - length] = random.integers(1, VOCABULARY)
    return found


class Packed(nn.Module):
    """Embedding and one of torch's recurrent modules over packed sequences; then what `return_sequences` asks for."""

    def __init__(self, spec: Recurrent) -> None:
        super().__init__()
        self.spec = spec
        self.table = nn.Embedding(VOCABULARY, 4, padding_idx=0)
        options: dict[str, Any] = {"nonlinearity": spec.nonlinearity} if isinstance(spec, RNN) else {}
        self.inner = getattr(nn, spec.kind)(
            4,
            spec.hidden_size,
            spec.num_layers,
            bidirectional=spec.bidirectional,
            batch_first=True,
            **options,
        )

    def forward(self, x: Tensor, lengths: list[int]) -> Tensor:
        shifted = torch.stack([row.roll(length - LENGTH) for row, length in zip(x, lengths, strict=True)])
        packed = nn.utils.rnn.pack_padded_sequence(
            self.table(shifted.long()), torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        every, state = self.inner(packed)
        every, _ = nn.utils.rnn.pad_packed_sequence(every, batch_first=True, total_length=LENGTH)
        if self.spec.return_sequences:
            rows = [row.roll(LENGTH - length, 0) for row, length in zip(every, lengths, strict=True)]
            return torch.stack(rows)
        last = state[0] if isinstance(state, tuple) else state
        directions = 2 if self.spec.bidirectional else 1
        return torch.cat(list(last[-directions:]), 1)


@both_engines
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"return_sequences": True},
        {"num_layers": 2, "bidirectional": True},
        {"num_layers": 2, "bidirectional": True, "return_sequences": True},
    ],
)
def test_texts_of_different_lengths_are_torchs_packed_sequences(
    engine: str, kind: type[Recurrent], fields: dict[str, Any]
) -> None:
    spec = kind(hidden_size=3, **fields)
    lengths = [3, 7, 1, 5, 7]
    ours = net(
        engine, ModelSpec(layers=(Embedding(num_embeddings=VOCABULARY, embedding_dim=4), spec)), (LENGTH,)
    )
    reference = Packed(spec).double()
    state = {name: torch.tensor(values) for name, values in ours.state().items()}
    reference.load_state_dict(
        {"table.weight": state.pop("0.weight")}
        | {name.replace("1.", "inner.", 1): values for name, values in state.items()}
    )
    x = texts(np.random.default_rng(0), *lengths)
    y = ours.forward(x, training=True)
    grad = np.random.default_rng(1).normal(size=y.shape)
    dx = ours.backward(grad)
    expected = reference(torch.tensor(x), lengths)
    (expected * torch.tensor(grad)).sum().backward()
    assert_close(y, expected.detach().numpy())
    assert not dx.any(), "a token is no number"
    found = {
        name.replace("0.", "table.", 1).replace("1.", "inner.", 1): g for name, g in ours.gradients().items()
    }
    assert_same(
        found, {name: p.grad.numpy() for name, p in reference.named_parameters() if p.grad is not None}
    )
    assert_close(ours.forward(x), y)


@both_engines
@settings(max_examples=40)
@given(data=st.data(), seed=st.integers(0, 999), length=st.integers(1, LENGTH))
def test_padding_changes_nothing(engine: str, data: st.DataObject, seed: int, length: int) -> None:
    """A text alone, in a net of its own length, gives the output and the gradients it gives behind padding."""
    layers = data.draw(strategies.text_layers())
    model = ModelSpec(layers=(Embedding(num_embeddings=VOCABULARY, embedding_dim=3), *layers))
    x = texts(np.random.default_rng(seed), length, length, LENGTH)
    padded = net(engine, model, (LENGTH,), seed=seed)
    alone = net("numpy", model, (length,), seed=seed)
    assert_equal(alone.state(), padded.state())
    y = padded.forward(x, training=True)
    grad = np.random.default_rng(seed + 1).normal(size=y.shape)
    padded.backward(np.concatenate([grad[:2], np.zeros_like(grad[2:])]))
    assert_close(alone.forward(x[:2, LENGTH - length :], training=True), y[:2])
    alone.backward(grad[:2])
    assert_same(padded.gradients(), alone.gradients())


WINDOWED = (
    Conv1d(out_channels=3, kernel_size=3, padding="causal"),
    Conv1d(out_channels=2, kernel_size=2, padding=6, bias=False, l2=0.1),
    Conv1d(out_channels=2, kernel_size=3, stride=2, dilation=2, padding="causal"),
    MaxPool1d(),
    MaxPool1d(kernel_size=3, stride=1, padding=1),
    AvgPool1d(kernel_size=3, stride=2, padding=1),
    AvgPool1d(kernel_size=4, stride=1, padding=2),
    RNN(hidden_size=3, truncate=2, bidirectional=True),
    LSTM(hidden_size=3, truncate=3, bidirectional=True, num_layers=2, dropout=0.4, return_sequences=True),
    GRU(hidden_size=2, truncate=2, num_layers=2, dropout=0.3),
)


@pytest.mark.parametrize(
    "behind", [GlobalMaxPool1d(), GlobalAvgPool1d(), GRU(hidden_size=2, bidirectional=True)]
)
@pytest.mark.parametrize("layer", WINDOWED, ids=repr)
def test_what_has_not_begun_is_left_out_alike_in_both_engines(layer: LayerSpec, behind: LayerSpec) -> None:
    """Windows, truncation and dropout, also on texts without a single token."""
    first = Embedding(num_embeddings=VOCABULARY, embedding_dim=3)
    model = ModelSpec(layers=(first, Linear(out_features=3), LayerNorm(), Tanh(), layer))
    if len(model.output_shape((LENGTH,))) == 2:
        model = ModelSpec(layers=(*model.layers, behind))
    nets = [net(engine, model, (LENGTH,), seed=3) for engine in ("numpy", "torch")]
    x = texts(np.random.default_rng(0), 0, 1, 3, 7, 6)
    for _ in range(2):
        one, other = (ours.forward(x, training=True) for ours in nets)
        assert_close(one, other)
        grad = np.random.default_rng(1).normal(size=one.shape)
        for ours in nets:
            ours.backward(grad)
        assert_same(nets[0].gradients(), nets[1].gradients())
        assert_equal(nets[0].random_state(), nets[1].random_state())
    for one, other in zip(nets[0].trace(x), nets[1].trace(x), strict=True):
        assert_close(one, other)


@both_engines
def test_pooling_over_time_sees_only_what_has_begun(engine: str) -> None:
    table = np.array([[0, 0], [-3, 4], [-1, 2], [-2, 9]], float)
    x = np.array([[0, 0, 1, 2], [0, 0, 0, 0], [3, 2, 1, 1]], float)
    for layer, expected in (
        (GlobalMaxPool1d(), [[-1, 4], [0, 0], [-1, 9]]),
        (GlobalAvgPool1d(), [[-2, 3], [0, 0], [-2.25, 4.75]]),
    ):
        ours = net(engine, ModelSpec(layers=(Embedding(num_embeddings=4, embedding_dim=2), layer)), (4,))
        ours.load({"0.weight": table})
        assert ours.forward(x).tolist() == expected
    ours = net(
        engine,
        ModelSpec(layers=(Embedding(num_embeddings=4, embedding_dim=2), AvgPool1d(kernel_size=3, stride=1))),
        (4,),
    )
    ours.load({"0.weight": table})
    assert ours.forward(x)[0].tolist() == [[-3, 4], [-2, 3]]


@both_engines
def test_dropout_between_layers_keeps_the_share_and_is_silent_in_a_look(engine: str) -> None:
    """Identity weights hand the first layer's states through; dropped ones come out as exactly 0."""
    layer = RNN(hidden_size=40, num_layers=2, nonlinearity="relu", dropout=0.25, return_sequences=True)
    ours = net(engine, ModelSpec(layers=(layer,)), (20, 40))
    state = {name: np.zeros_like(values) for name, values in ours.state().items()}
    state |= {f"0.weight_ih_l{number}": np.eye(40) for number in (0, 1)}
    ours.load(state)
    x = np.ones((30, 20, 40))
    y = ours.forward(x, training=True)
    assert np.isin(y, [0, 1 / 0.75]).all()
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert_close(ours.forward(x), x)


@both_engines
@pytest.mark.parametrize("kind", LossSpec.catalogue().values())
@pytest.mark.parametrize("gaps", [False, True])
def test_losses_of_every_step_are_torchs_mean_over_what_is_judged(
    engine: str, kind: type[LossSpec], gaps: bool
) -> None:
    spec, random = kind(), np.random.default_rng(0)
    y = random.normal(size=(5, 4, 3))
    if spec.wants == "probabilities":
        y = 1 / (1 + np.exp(-y))
    judged = random.random((5, 4)) > (0.4 if gaps else -1)
    if spec.targets == "classes":
        target = np.where(judged, random.integers(0, 3, (5, 4)), IGNORED)
    else:
        numbers = (
            random.integers(0, 2, y.shape) * 2.0 - 1 if spec.targets == "signs" else random.random(y.shape)
        )
        target = np.where(judged[..., None], numbers, np.nan)
    leaf = torch.tensor(y, requires_grad=True)
    chosen = torch.tensor(judged)
    expected = LOSSES[spec.kind](spec)(leaf[chosen], torch.tensor(target)[chosen])
    expected.backward()
    value, grad = net_engine(engine).loss(spec, y, target)
    assert_close(np.array(value), expected.detach().numpy())
    assert leaf.grad is not None
    assert_close(grad, leaf.grad.numpy())
    for start in (np.full_like(target, IGNORED if spec.targets == "classes" else np.nan),):
        value, grad = net_engine(engine).loss(spec, y, start)
        assert value == 0
        assert not grad.any(), "nothing is judged, nothing is wrong"


def net_engine(name: str) -> Any:
    import engines

    return engines.get(name)


@both_engines
def test_a_network_with_an_answer_at_every_step_trains_as_torchs(engine: str) -> None:
    model = ModelSpec(
        layers=(
            Embedding(num_embeddings=VOCABULARY, embedding_dim=4),
            LSTM(hidden_size=5, return_sequences=True),
            Linear(out_features=VOCABULARY),
        )
    )
    random = np.random.default_rng(0)
    x = random.integers(1, VOCABULARY, (11, LENGTH)).astype(float)
    y = random.integers(0, VOCABULARY, (11, LENGTH))
    y[random.random(y.shape) < 0.3] = IGNORED
    ours = net(engine, model, (LENGTH,), Adam(lr=0.01, clip_norm=0.5))
    reference = Reference(ours, Adam(lr=0.01, clip_norm=0.5))
    fit = ours.fit(CrossEntropy(), x, y, 4)
    for epoch in range(3):
        order = np.random.default_rng(epoch).permutation(11)
        fit.begin(order)
        expected = []
        while fit.step(0.01):
            batch = order[4 * len(expected) : 4 * len(expected) + 4]
            expected.append(step_by_step(reference, x[batch], y[batch]))
        assert_close(fit.losses(), np.array(expected))
    assert_same(ours.state(), reference.state())


def step_by_step(reference: Reference, x: np.ndarray, y: np.ndarray) -> float:
    """Take one of torch's steps on outputs (N, T, C), of which `ignore_index` leaves some out."""
    reference.module.train()
    reference.module.zero_grad()
    outputs = reference.module(torch.tensor(x))
    loss = nn.functional.cross_entropy(outputs.flatten(0, 1), torch.tensor(y).flatten(), ignore_index=-100)
    loss.backward()
    nn.utils.clip_grad_norm_(reference.module.parameters(), reference.spec.clip_norm)
    assert reference.optimizer is not None
    reference.optimizer.step()
    return float(loss.detach())


@both_engines
@pytest.mark.parametrize("ids", [[-1.0], [9.0], [np.nan], [np.inf]])
def test_ids_without_a_vector_are_refused(engine: str, ids: list[float]) -> None:
    ours = net(engine, ModelSpec(layers=(Embedding(num_embeddings=9, embedding_dim=2),)), (1,))
    with pytest.raises(SpecError) as refusal:
        ours.forward(np.array([ids]))
    assert refusal.value.key == "engine.token"
    with pytest.raises(SpecError):
        ours.fit(MSE(), np.array([ids]), np.zeros((1, 1, 2)), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_gates_are_the_equations_of_the_textbook(kind: type[Recurrent]) -> None:
    """From the input, the state before and torch's tensors, for every layer, direction, step and sample."""
    spec = kind(hidden_size=3, num_layers=2, bidirectional=True, return_sequences=True)
    ours = net(
        "numpy", ModelSpec(layers=(Embedding(num_embeddings=VOCABULARY, embedding_dim=4), spec)), (LENGTH,)
    )
    assert isinstance(ours, NumpyNet)
    x = texts(np.random.default_rng(0), 7, 4, 7, 2)
    state, read = ours.state(), ours.trace(x)[0]
    found = ours.gates(x)
    assert list(found) == [1]
    begun = (x != 0).cumsum(1) > 0
    for number in range(2):
        outputs = []
        for turned in (False, True):
            end = (f"_l{number}" if number else "") + ("_reverse" if turned else "")
            seen = {name.removesuffix(end): found[1][name] for name in names(spec, end)}
            w, v, b, d = (
                state[f"1.{tensor}_l{number}{'_reverse' if turned else ''}"]
                for tensor in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            for t in range(LENGTH):
                before = t + 1 if turned else t - 1
                there = 0 <= before < LENGTH
                old = {
                    name: values[:, before] if there else np.zeros((4, 3)) for name, values in seen.items()
                }
                expected = textbook(spec.kind, read[:, t], old, w, v, b, d)
                for name, values in expected.items():
                    assert_close(seen[name][:, t], np.where(begun[:, t, None], values, 0), f"{name}{end} {t}")
            outputs.append(seen["h"])
        read = np.concatenate(outputs, 2)
    assert_close(read, ours.forward(x))


def names(spec: Recurrent, end: str) -> list[str]:
    letters = {"RNN": "h", "LSTM": "ifgoch", "GRU": "rznh"}[spec.kind]
    return [letter + end for letter in letters]


def textbook(kind: str, x: Any, old: Any, w: Any, v: Any, b: Any, d: Any) -> dict[str, Any]:
    def sigmoid(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    left, right = x @ w.T + b, old["h"] @ v.T + d
    if kind == "RNN":
        return {"h": np.tanh(left + right)}
    if kind == "LSTM":
        i, f, g, o = np.split(left + right, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * old["c"] + i * g
        return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * np.tanh(c)}
    r, z = (sigmoid(part) for part in np.split((left + right)[:, :6], 2, axis=1))
    n = np.tanh(left[:, 6:] + r * right[:, 6:])
    return {"r": r, "z": z, "n": n, "h": (1 - z) * n + z * old["h"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("truncate", [0, 3])
def test_gradients_through_time_are_autograds(kind: type[Recurrent], truncate: int) -> None:
    """∂L/∂h of every step, and ∂L/∂c, as torch finds them at each state of a loop of cells."""
    spec = kind(hidden_size=3, truncate=truncate, return_sequences=True)
    ours = net("numpy", ModelSpec(layers=(spec,)), (LENGTH, 2))
    assert isinstance(ours, NumpyNet)
    random = np.random.default_rng(0)
    x, grad = random.normal(size=(4, LENGTH, 2)), random.normal(size=(4, LENGTH, 3))
    with pytest.raises(SpecError):
        ours.through_time()
    ours.forward(x, training=True)
    with pytest.raises(SpecError):
        ours.through_time()
    ours.backward(grad)
    found = ours.through_time()[0]
    cell = {"RNN": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}[spec.kind](2, 3).double()
    cell.load_state_dict(
        {n.removeprefix("0.").removesuffix("_l0"): torch.tensor(v) for n, v in ours.state().items()}
    )
    state: Any = tuple(torch.zeros(4, 3, dtype=torch.float64) for _ in range(2))
    kept, objective = [], torch.zeros(())
    for t in range(LENGTH):
        if truncate and t and t % truncate == 0:
            state = tuple(one.detach() for one in state)
        new = cell(torch.tensor(x[:, t]), state if spec.kind == "LSTM" else state[0])
        state = new if isinstance(new, tuple) else (new,)
        for one in state:
            one.retain_grad()
        kept.append(state)
        objective = objective + (state[0] * torch.tensor(grad[:, t])).sum()
    objective.backward()
    for number, name in enumerate(("h", "c") if spec.kind == "LSTM" else ("h",)):
        expected = [states[number].grad for states in kept]
        assert_close(found[name], np.stack([g.numpy() for g in expected if g is not None], 1))


@pytest.mark.parametrize("kind", KINDS)
def test_initial_weights_are_torchs_and_the_forget_gate_is_open(kind: type[Recurrent]) -> None:
    """Uniform in ±1/√H, as `reset_parameters` of torch's modules draws; `forget_bias` comes on top of one bias."""
    hidden = 400
    state = ModelSpec(layers=(kind(hidden_size=hidden),)).init((5, 6), 0)
    torch.manual_seed(0)
    theirs = getattr(nn, kind.__name__)(6, hidden).state_dict()
    for name, values in theirs.items():
        ours = state[f"0.{name}"].copy()
        if kind is LSTM and name == "bias_ih_l0":
            ours[hidden : 2 * hidden] -= 1
        bound = hidden**-0.5
        assert np.abs(ours).max() <= bound
        assert np.abs(ours).max() == pytest.approx(bound, rel=0.02)
        assert ours.std() == pytest.approx(float(values.std()), rel=0.1)
    assert LSTM(forget_bias=0.0).tensors((5, 6))["bias_ih_l0"].draw(0, "b").max() < 0.2


def test_an_epoch_of_texts_resumes_bit_for_bit_on_the_other_engine() -> None:
    layer = GRU(hidden_size=4, num_layers=2, dropout=0.3)
    model = ModelSpec(
        layers=(Embedding(num_embeddings=VOCABULARY, embedding_dim=3), layer, Linear(out_features=2))
    )
    x = texts(np.random.default_rng(0), 7, 3, 5, 1, 2, 6)
    y = np.array([0, 1, 0, 1, 1, 0])
    alone, travelling = (net("numpy", model, (LENGTH,), Adam(lr=0.01)) for _ in range(2))
    for number, engine in enumerate(("torch", "numpy", "torch")):
        arrived = net(engine, model, (LENGTH,), Adam(lr=0.01), seed=9)
        arrived.load(travelling.state())
        arrived.load_optimizer(travelling.optimizer_state())
        arrived.load_random(travelling.random_state())
        for ours in (arrived, alone):
            fit = ours.fit(CrossEntropy(), x, y, 4)
            fit.begin(np.random.default_rng(number).permutation(6))
            while fit.step(0.01):
                pass
        travelling = arrived
    assert_same(travelling.state(), alone.state())
    assert_equal(travelling.random_state(), alone.random_state())


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_torchs_kernels_are_told_whether_it_is_for_training(
    kind: type[Recurrent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the CPU it makes no difference; cuDNN refuses to go back through a pass that was not for training."""
    told: list[bool] = []
    kernel = KERNELS[kind.__name__]

    def noticed(*arguments: Any) -> Any:
        told.append(arguments[6])
        return kernel(*arguments)

    monkeypatch.setitem(KERNELS, kind.__name__, noticed)
    ours = net("torch", ModelSpec(layers=(kind(hidden_size=2), Linear(out_features=1))), (4, 3))
    x = np.random.default_rng(0).normal(size=(5, 4, 3))
    ours.forward(x)
    ours.forward(x, training=True)
    fit = ours.fit(MSE(), x, np.zeros((5, 1)), 5)
    fit.begin(np.arange(5))
    exhaust(fit)
    assert told == [False, True, True]


def test_looks_do_not_disturb_training() -> None:
    model = ModelSpec(layers=(LSTM(hidden_size=4, return_sequences=True), Linear(out_features=1)))
    x = np.random.default_rng(0).normal(size=(9, LENGTH, 2))
    seen, unseen = (net("numpy", model, (LENGTH, 2), SGD(lr=0.1)) for _ in range(2))
    assert isinstance(seen, NumpyNet)
    for ours in (seen, unseen):
        fit = ours.fit(MSE(), x, x[..., :1], 4)
        fit.begin(np.arange(9))
        while fit.step(0.1):
            if ours is seen:
                seen.gates(x[:3])
                seen.trace(x)
    assert_equal(seen.state(), unseen.state())
