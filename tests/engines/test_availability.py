"""What torch can use here is found out without loading torch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import engines
from engines import availability


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    kept = (availability._question, availability._folder, availability._may_have_more)
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


def test_it_says_what_the_engine_says() -> None:
    assert availability.torch_devices(wait=True) == engines.get("torch").devices()


def test_torch_is_not_loaded_for_it() -> None:
    code = (
        "import sys; from engines.availability import torch_devices as f; f(); print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_a_build_for_accelerators_is_asked_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libtorch_cuda.so").touch()
    monkeypatch.setattr(availability, "_folder", lambda: tmp_path)
    monkeypatch.setattr(availability, "QUESTION", "print('cpu', 'cuda', 'cuda:0'); print('cuda')")
    assert availability.torch_devices() in (("cpu",), ("cpu", "cuda", "cuda:0"))
    availability._question().join()
    assert availability.torch_devices() == ("cpu", "cuda", "cuda:0")
    assert availability.bfloat16_devices() == ("cuda",)


def test_who_is_about_to_train_asks_torch_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libtorch_cuda.so").touch()
    monkeypatch.setattr(availability, "_folder", lambda: tmp_path)
    monkeypatch.setattr(type(engines.get("torch")), "devices", lambda engine: ("cpu", "cuda"))
    assert availability.torch_devices(wait=True) == ("cpu", "cuda")
    assert availability.bfloat16_devices(wait=True) == ()


def test_bfloat16_needs_hardware_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [(7, 5), (9, 0)]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(cards))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: cards[index])
    torchs = engines.get("torch")
    assert torchs.bfloat16_devices() == ("cuda:1",)
    cards.reverse()
    assert torchs.bfloat16_devices() == ("cuda", "cuda:0")


@pytest.mark.parametrize("question", ["raise SystemExit(3)", "print()"])
def test_where_torch_cannot_answer_there_is_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "torch_cuda.dll").touch()
    monkeypatch.setattr(availability, "_folder", lambda: tmp_path)
    monkeypatch.setattr(availability, "QUESTION", question)
    availability._question().join()
    assert availability.torch_devices() == ("cpu",)
    assert availability.bfloat16_devices() == ()


def test_without_torch_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> Any:
        return None

    monkeypatch.setattr(availability, "find_spec", nothing)
    assert availability.torch_devices() == ()
