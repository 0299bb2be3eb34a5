"""RNN, LSTM and GRU as a textbook writes them, one step of time after the other, forwards and backwards.

The engine computes the same, faster, and keeps no gate; here every gate can be seen, held at a value, and asked for its
slope. It takes tensors in torch's layouts and knows no network around them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Gates = dict[str, Vector]
"""By letter, each (N, T, H): what a textbook calls i, f, g, o, c, h of an LSTM, r, z, n, h of a GRU, h of an RNN."""
LETTERS = {"RNN": ("h",), "LSTM": ("i", "f", "g", "o", "c", "h"), "GRU": ("r", "z", "n", "h")}
SIGMOID = frozenset("iforz")
"""Gates between 0 and 1; the others have a sign."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The numbers of one level, in torch's order of gates: i, f, g, o of an LSTM, r, z, n of a GRU.

    Attributes:
        kind: "RNN", "LSTM" or "GRU".
        weight_ih: (G·H, F). weight_hh: (G·H, H). bias_ih, bias_hh: (G·H,).
        relu: an RNN's nonlinearity is ReLU, not tanh.
    """

    kind: str
    weight_ih: Vector
    weight_hh: Vector
    bias_ih: Vector
    bias_hh: Vector
    relu: bool = False

    @property
    def hidden(self) -> int:
        """How many cells there are."""
        return self.weight_hh.shape[1]


@dataclass(frozen=True)
class Hold:
    """A gate held at a value: of one cell, or of all where `unit` is None."""

    value: float
    unit: int | None = None

    def on(self, values: Vector) -> Vector:
        """Return the gate (N, H) as it is held."""
        held = values.copy()
        held[:, slice(None) if self.unit is None else self.unit] = self.value
        return held


Holds = Mapping[str, Hold]


def sigmoid(x: Vector) -> Vector:
    """σ(x) = 1 / (1 + e⁻ˣ), by tanh, which does not overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def unroll(cells: Cells, x: Vector, present: NDArray[np.bool_], holds: Holds | None = None) -> Gates:
    """Return every gate at every step, from h = c = 0.

    Args:
        cells: the numbers.
        x: (N, T, F), in the order in which it is read.
        present: (N, T); a step that is only padding leaves h and c as they are.
        holds: gates that are held, by letter.
    """
    step = {"RNN": _rnn, "LSTM": _lstm, "GRU": _gru}[cells.kind]
    n, length, _ = x.shape
    now: Gates = {letter: np.zeros((n, cells.hidden)) for letter in ("c", "h")}
    found = {letter: np.zeros((n, length, cells.hidden)) for letter in LETTERS[cells.kind]}
    from_input = x @ cells.weight_ih.T + cells.bias_ih  # (N, T, G·H)
    for t in range(length):
        after = step(cells, from_input[:, t], now, holds or {})
        here = present[:, t, None]
        for letter, values in found.items():
            values[:, t] = np.where(here, after[letter], now.get(letter, 0.0))
        now = {letter: found[letter][:, t] if letter in found else now[letter] for letter in now}
    return found


def _held(letter: str, values: Vector, holds: Holds) -> Vector:
    return holds[letter].on(values) if letter in holds else values


def _rnn(cells: Cells, a: Vector, before: Gates, holds: Holds) -> Gates:
    """h = tanh(W_ih x + b_ih + W_hh h′ + b_hh). Elman (1990)."""
    z = a + before["h"] @ cells.weight_hh.T + cells.bias_hh
    return {"h": _held("h", np.maximum(z, 0) if cells.relu else np.tanh(z), holds)}


def _lstm(cells: Cells, a: Vector, before: Gates, holds: Holds) -> Gates:
    """i, f, o = σ(…), g = tanh(…); c = f c′ + i g; h = o tanh c. Hochreiter, Schmidhuber (1997), Gers et al. (2000)."""
    z = a + before["h"] @ cells.weight_hh.T + cells.bias_hh
    zi, zf, zg, zo = np.split(z, 4, axis=1)
    i, f = _held("i", sigmoid(zi), holds), _held("f", sigmoid(zf), holds)
    g, o = _held("g", np.tanh(zg), holds), _held("o", sigmoid(zo), holds)
    c = _held("c", f * before["c"] + i * g, holds)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": _held("h", o * np.tanh(c), holds)}


def _gru(cells: Cells, a: Vector, before: Gates, holds: Holds) -> Gates:
    """r, z = σ(…); n = tanh(W_in x + b_in + r (W_hn h′ + b_hn)); h = (1 − z) n + z h′. Cho et al. (2014)."""
    ar, az, an = np.split(a, 3, axis=1)
    br, bz, bn = np.split(before["h"] @ cells.weight_hh.T + cells.bias_hh, 3, axis=1)
    r, z = _held("r", sigmoid(ar + br), holds), _held("z", sigmoid(az + bz), holds)
    n = _held("n", np.tanh(an + r * bn), holds)
    return {"r": r, "z": z, "n": n, "h": _held("h", (1 - z) * n + z * before["h"], holds)}


# --- backwards ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of the loss: `h` and, of an LSTM, `c`, each (N, T, H), by all that comes after; `x` (N, T, F).

    `a`, where it is known: by W_ih x + b_ih, (N, T, G·H).
    """

    h: Vector
    c: Vector | None
    x: Vector
    a: Vector | None = None


def slopes(
    cells: Cells, gates: Gates, above: Vector, present: NDArray[np.bool_], *, truncate: int = 0
) -> Slopes:
    """Return ∂L/∂h, ∂L/∂c and ∂L/∂x at every step: backpropagation through time, Werbos (1990).

    Args:
        cells: the numbers.
        gates: of `unroll`, nothing held.
        above: (N, T, H) ∂L/∂h as it comes from the layers above, without what comes from later steps.
        present: (N, T).
        truncate: the slope through h and c is cut before every step whose number it divides; 0: nowhere.
    """
    n, length, hidden = above.shape
    dh_all, dc_all, da_all = (
        np.zeros_like(above),
        np.zeros_like(above),
        np.zeros((n, length, len(cells.bias_ih))),
    )
    dh, dc = np.zeros((n, hidden)), np.zeros((n, hidden))  # as they come from the next step
    back: Callable[..., tuple[Vector, Vector, Vector, Vector]]
    back = {"RNN": _rnn_back, "LSTM": _lstm_back, "GRU": _gru_back}[cells.kind]
    nothing = np.zeros((n, hidden))
    for t in reversed(range(length)):
        dh = dh + above[:, t]
        here = present[:, t, None]
        at = {letter: values[:, t] for letter, values in gates.items()}
        before = {
            letter: gates[letter][:, t - 1] if t and letter in gates else nothing for letter in ("c", "h")
        }
        da, dc_here, dh_before, dc_before = back(cells, at, before, dh, dc)
        dh_all[:, t], dc_all[:, t] = dh, np.where(here, dc_here, dc)
        da_all[:, t] = np.where(here, da, 0.0)
        dh, dc = np.where(here, dh_before, dh), np.where(here, dc_before, dc)
        if truncate and t % truncate == 0:
            dh, dc = nothing, nothing
    return Slopes(dh_all, dc_all if cells.kind == "LSTM" else None, da_all @ cells.weight_ih, da_all)


def _rnn_back(
    cells: Cells, at: Gates, before: Gates, dh: Vector, dc: Vector
) -> tuple[Vector, Vector, Vector, Vector]:
    """da = dh (1 − h²), or dh where h > 0; dh′ = da W_hh."""
    da = dh * (at["h"] > 0) if cells.relu else dh * (1 - at["h"] ** 2)
    return da, dc, da @ cells.weight_hh, dc


def _lstm_back(
    cells: Cells, at: Gates, before: Gates, dh: Vector, dc: Vector
) -> tuple[Vector, Vector, Vector, Vector]:
    """dc gets dh o (1 − tanh² c); from it i, f, g, and from dh o; dc′ = dc f: the way on which it need not vanish."""
    i, f, g, o = (at[letter] for letter in "ifgo")
    tanh_c = np.tanh(at["c"])
    dc = dc + dh * o * (1 - tanh_c**2)
    da = np.concatenate(
        [
            dc * g * i * (1 - i),
            dc * before["c"] * f * (1 - f),
            dc * i * (1 - g**2),
            dh * tanh_c * o * (1 - o),
        ],
        axis=1,
    )
    return da, dc, da @ cells.weight_hh, dc * f


def _gru_back(
    cells: Cells, at: Gates, before: Gates, dh: Vector, dc: Vector
) -> tuple[Vector, Vector, Vector, Vector]:
    """n gets dh (1 − z), z gets dh (h′ − n), r gets what n gets times W_hn h′ + b_hn; dh′ has its own way, dh z."""
    r, z, n = (at[letter] for letter in "rzn")
    hidden = cells.hidden
    inner = before["h"] @ cells.weight_hh[2 * hidden :].T + cells.bias_hh[2 * hidden :]
    da_n = dh * (1 - z) * (1 - n**2)
    da_z = dh * (before["h"] - n) * z * (1 - z)
    da_r = da_n * inner * r * (1 - r)
    through = np.concatenate([da_r, da_z, da_n * r], axis=1)
    return np.concatenate([da_r, da_z, da_n], axis=1), dc, through @ cells.weight_hh + dh * z, dc
