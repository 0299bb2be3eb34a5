"""One experiment is one link; what strangers send is hostile until it is validated."""

from __future__ import annotations

import base64
import contextlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.presets import presets
from playground.spec import Experiment, SpecError
from playground.spec.wire import MAX_LINK_CHARACTERS, from_link, read_json, to_link


def packed(text: bytes, version: str = "1") -> str:
    squeeze = zlib.compressobj(9, wbits=-15)
    return (
        f"{version}."
        + base64.urlsafe_b64encode(squeeze.compress(text) + squeeze.flush()).rstrip(b"=").decode()
    )


@pytest.mark.parametrize("key", list(presets()))
def test_every_preset_survives_its_link_and_its_file(key: str) -> None:
    experiment = presets()[key].experiment
    assert Experiment.from_link(experiment.to_link()) == experiment
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert len(experiment.to_link()) < (400 if experiment.adversary is None else 500)


def test_a_link_may_be_a_whole_address() -> None:
    experiment = Experiment().replace("seed", 9)
    address = f"https://play.example/?lang=zh&e={experiment.to_link()}&x=1"
    assert Experiment.from_link(address) == experiment


def test_a_deep_network_still_fits_into_a_link() -> None:
    layers = [{"kind": kind} for _ in range(32) for kind in ("Linear", "Tanh")]
    experiment = Experiment.from_plain({"model": {"layers": layers}})
    assert len(experiment.to_link()) < MAX_LINK_CHARACTERS


@pytest.mark.parametrize(
    "link",
    [
        "",
        "1.",
        "1",
        "x.y",
        "1.!!!!",
        "1.AAAA",
        "9" * 3000,
        "1." + "A" * 5000,
        packed(b"[1, 2]"),
        packed(b'"text"'),
        packed(b"{"),
        packed(b'{"seed": NaN}'),
        packed(b'{"seed": 1, "seed": 2}'),
        packed(b'{"speed": 1}'),
        packed(b'{"optimizer": {"kind": "SGD", "lr": 1e30}}'),
        packed(b'{"model": {"layers": [{"kind": "Linear", "out_features": 1e99}]}}'),
        packed(b'{"version": 2}'),
        packed(b"{}", version="7"),
        packed(b'{"data": {"kind": "Csv", "file": "../../etc/passwd"}}'),
        packed(b"[" * 30_000),
    ],
)
def test_a_broken_link_is_refused_with_a_sentence(link: str) -> None:
    with pytest.raises(SpecError) as error:
        Experiment.from_link(link)
    assert error.value.text("zh")


def test_a_link_that_inflates_without_end_is_refused_before_it_does() -> None:
    bomb = packed(b'{"x": "' + b"a" * 50_000_000 + b'"}')
    with pytest.raises(SpecError):
        Experiment.from_link(bomb[:1900])
    with pytest.raises(SpecError):
        Experiment.from_link(packed(b'{"x": "' + b"a" * 500_000 + b'"}'))


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_links(text: str) -> None:
    with contextlib.suppress(SpecError):
        Experiment.from_link(text)


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader_of_json(data: bytes) -> None:
    with contextlib.suppress(SpecError):
        Experiment.from_json(data)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["data", "model", "loss", "optimizer", "schedule", "training", "seed", "engine", "kind"]
)


@given(st.dictionaries(NAMES, PLAIN | st.dictionaries(NAMES | st.just("layers"), PLAIN), max_size=4))
def test_no_plain_value_breaks_the_reader_of_experiments(values: dict[str, object]) -> None:
    with contextlib.suppress(SpecError):
        Experiment.from_plain(values)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4))
def test_plain_values_survive_a_link(values: dict[str, object]) -> None:
    assert from_link(to_link(3, values)) == (3, values)


def test_an_experiment_too_large_for_a_link_says_so() -> None:
    columns = [f"column {i} {hash(i * 7919) % 99991}" for i in range(256)]
    experiment = Experiment.from_plain(
        {"data": {"kind": "Csv", "file": "0" * 64, "columns": columns, "target_column": "y", "rows": 10}}
    )
    with pytest.raises(SpecError, match="file"):
        experiment.to_link()


def test_json_errors_name_the_line() -> None:
    with pytest.raises(SpecError, match="line 3"):
        read_json('{\n"seed": 1,\n oops}')


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(SpecError, match="too many"):
        Experiment.from_json(json.dumps({"x": "a" * 100_000}))
