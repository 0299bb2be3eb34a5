"""The textbook's recurrences are torch's, forwards and backwards; padding changes nothing; a held gate is held."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.probes.sequence.recurrence import LETTERS, Cells, Gates, Hold, slopes, unroll

N, T, F, H = 3, 7, 4, 5
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def some(kind: str, *, relu: bool = False) -> tuple[Cells, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(3)
    g = GATES[kind] * H
    shapes = ((g, F), (g, H), (g,), (g,))
    weights = [rng.normal(0, 0.7, shape) for shape in shapes]
    return Cells(kind, *weights, relu=relu), rng.normal(0, 1, (N, T, F))


def everywhere() -> np.ndarray[Any, Any]:
    return np.ones((N, T), bool)


@pytest.mark.parametrize(("kind", "relu"), [("RNN", False), ("RNN", True), ("LSTM", False), ("GRU", False)])
def test_values_and_slopes_are_torchs(kind: str, relu: bool) -> None:
    torch = pytest.importorskip("torch")
    cells, x = some(kind, relu=relu)
    options = {"nonlinearity": "relu"} if relu else {}
    module = getattr(torch.nn, kind)(F, H, batch_first=True, dtype=torch.float64, **options)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    module.load_state_dict({f"{name}_l0": torch.tensor(getattr(cells, name)) for name in names})
    given = torch.tensor(x, requires_grad=True)
    h, _ = module(given)
    above = np.random.default_rng(4).normal(0, 1, (N, T, H))
    gates = unroll(cells, x, everywhere())
    assert tuple(gates) == LETTERS[kind]
    np.testing.assert_allclose(gates["h"], h.detach().numpy(), atol=1e-12)
    (h * torch.tensor(above)).sum().backward()
    back = slopes(cells, gates, above, everywhere())
    np.testing.assert_allclose(back.x, given.grad.numpy(), atol=1e-11)
    np.testing.assert_allclose(back.h[:, -1], above[:, -1])


@pytest.mark.parametrize("kind", LETTERS)
def test_the_slope_by_a_state_is_what_the_loss_does_when_it_is_nudged(kind: str) -> None:
    """∂L/∂h and ∂L/∂c at a step, against the difference of two passes that go on from a nudged state."""
    cells, x = some(kind)
    gates = unroll(cells, x, everywhere())
    above = np.random.default_rng(5).normal(0, 1, (N, T, H))
    back = slopes(cells, gates, above, everywhere())
    t, unit, e = 3, 2, 1e-6

    def loss(letter: str, by: float) -> float:
        """The loss of a pass in which one number of one step is moved: the gates are held at what they were there."""
        moved = {name: values[:, : t + 1].copy() for name, values in gates.items()}
        moved[letter][0, t, unit] += by
        if letter == "c":
            moved["h"][0, t, unit] = moved["o"][0, t, unit] * np.tanh(moved["c"][0, t, unit])
        h, c = moved["h"][:, t], moved.get("c", moved["h"])[:, t]
        found = float((above[:, : t + 1] * moved["h"]).sum())
        for s in range(t + 1, T):
            after = _one_step(cells, x[:, s], {"h": h, "c": c})
            h, c = after["h"], after.get("c", c)
            found += float((above[:, s] * h).sum())
        return found

    for letter, slope in (("h", back.h), ("c", back.c)):
        if slope is None:
            continue
        expected = (loss(letter, e) - loss(letter, -e)) / (2 * e)
        assert slope[0, t, unit] == pytest.approx(expected, rel=1e-5, abs=1e-8)


def _one_step(cells: Cells, x: np.ndarray[Any, Any], before: Gates) -> Gates:
    from playground.probes.sequence import recurrence as book

    step = {"RNN": book._rnn, "LSTM": book._lstm, "GRU": book._gru}[cells.kind]
    return step(cells, x @ cells.weight_ih.T + cells.bias_ih, before, {})


@pytest.mark.parametrize("kind", LETTERS)
def test_padding_in_front_changes_nothing(kind: str) -> None:
    cells, x = some(kind)
    padded = np.concatenate([np.full((N, 2, F), 9.0), x], axis=1)
    present = np.arange(T + 2) >= 2
    gates = unroll(cells, padded, np.broadcast_to(present, (N, T + 2)))
    plain = unroll(cells, x, everywhere())
    for letter, values in plain.items():
        np.testing.assert_allclose(gates[letter][:, 2:], values)
        assert not gates[letter][:, :2].any()
    backwards = unroll(cells, padded[:, ::-1], np.broadcast_to(present[::-1], (N, T + 2)))
    np.testing.assert_array_equal(
        backwards["h"][:, -1], backwards["h"][:, -3]
    )  # carried over what is not there
    above = np.zeros((N, T + 2, H))
    above[:, -1] = 1
    back = slopes(cells, gates, above, np.broadcast_to(present, (N, T + 2)))
    assert not back.x[:, :2].any()
    np.testing.assert_allclose(back.x[:, 2:], slopes(cells, plain, above[:, 2:], everywhere()).x)


def test_a_gate_that_is_held_is_held_and_the_rest_follows() -> None:
    cells, x = some("LSTM")
    held = unroll(cells, x, everywhere(), {"f": Hold(1.0)})
    assert (held["f"] == 1).all()
    np.testing.assert_allclose(held["c"], np.cumsum(held["i"] * held["g"], axis=1))  # nothing is forgotten
    one = unroll(cells, x, everywhere(), {"o": Hold(0.0, unit=2)})
    assert not one["h"][..., 2].any()
    assert one["h"][..., :2].all()
    closed = unroll(some("GRU")[0], x, everywhere(), {"z": Hold(1.0)})
    assert not closed["h"].any()  # what was there at first stays for ever


def test_a_truncated_slope_ends_where_it_is_cut() -> None:
    cells, x = some("LSTM")
    gates = unroll(cells, x, everywhere())
    above = np.zeros((N, T, H))
    above[:, -1] = 1
    back = slopes(cells, gates, above, everywhere(), truncate=3)
    assert not back.h[:, :6].any()
    assert back.h[:, 6].all()
