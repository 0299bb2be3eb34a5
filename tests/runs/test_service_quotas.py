"""Limits from the environment, and refusals and reasons that survive their way between processes."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import i18n
from playground.runs.commands import Command, SetWeight, Step
from playground.runs.quotas import DRIVER, Quotas
from playground.runs.reasons import NoSuchRun, Reason, error_from, plain_error
from playground.spec.errors import SpecError


def test_every_limit_can_be_set_from_outside():
    for field in fields(Quotas):
        found = Quotas.from_environment({f"PLAYGROUND_{field.name.upper()}": "7"})
        assert found == replace(Quotas(), **{field.name: 7})


def test_the_libraries_of_an_accelerator_are_not_counted_as_the_trainings() -> None:
    limits = Quotas(memory=1_000)
    assert limits.memory_beside(("cpu",)) == limits.memory_beside(()) == 1_000
    assert limits.memory_beside(("cpu", "cuda", "cuda:0")) == 1_000 + DRIVER
    assert Quotas(memory=0).memory_beside(("cpu", "mps")) == 0


@pytest.mark.parametrize("text", ["-1", "many", "nan", "inf", "1e400", "1,5"])
def test_a_limit_that_is_no_number_is_refused_by_name(text: str):
    with pytest.raises(SpecError, match=r"PLAYGROUND_IDLE_SECONDS: .* is not a number that fits here"):
        Quotas.from_environment({"PLAYGROUND_IDLE_SECONDS": text})
    with pytest.raises(SpecError, match="PLAYGROUND_SLOTS"):
        Quotas.from_environment({"PLAYGROUND_SLOTS": "1.5"})


@pytest.mark.parametrize(
    "error",
    [
        SpecError("error.ge", place="layers.2.p", value=-1.5, bound=0),
        SpecError("error.kind", place="loss", value={"kind": "x"}, options="a, b"),
        SpecError("run.no_step", place="step", value=2**70, bound=5),
        NoSuchRun(),
    ],
)
def test_a_refusal_is_the_same_sentence_in_every_language_on_the_other_side(error: SpecError):
    there = error_from(plain_error(error))
    assert [there.text(lang) for lang in i18n.LANGUAGES] == [error.text(lang) for lang in i18n.LANGUAGES]
    assert type(there) is type(error)
    assert Reason.unpack(Reason.of(error).pack()).text("zh") == error.text("zh")


@given(
    st.text(max_size=30),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
)
def test_a_reason_survives_the_index(key: str, values: dict[str, object]):
    if not key.startswith("["):
        assert Reason.unpack(Reason(key, values).pack()) == Reason(key, values)


def test_every_sentence_that_runs_use_exists():
    known = i18n.keys()
    for status in ("queued", "running", "paused", "finished", "diverged", "stopped", "failed"):
        assert f"run.status.{status}" in known


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ({"kind": "step", "n": 0}, "n: 0 is too small"),
        ({"kind": "fly"}, "kind: fly is not a known kind"),
        ({"kind": "pace", "steps_per_second": "fast"}, "steps_per_second: fast is not a finite number"),
        ({"kind": "play", "now": True}, "now: "),
    ],
)
def test_a_command_that_does_not_fit_is_refused_in_a_sentence(plain: dict[str, object], sentence: str):
    with pytest.raises(SpecError, match=f"^{sentence}"):
        Command.of(plain)


def test_a_command_survives_its_plain_form():
    for command in (Step(n=5), SetWeight(name="0.weight", index=(1, 2), value=0.5)):
        assert Command.of(command.plain()) == command
