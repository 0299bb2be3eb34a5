"""The engines' speed targets. `make bench` or `pytest tests/benchmarks -m bench` measures; other runs only check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks import engines as bench

CASES = {case.name: case for case in bench.cases()}


@pytest.mark.parametrize("name", CASES)
def test_both_sides_of_a_comparison_compute_the_same(name: str) -> None:
    bench.check(CASES[name])


def test_a_comparison_that_compares_different_things_is_noticed() -> None:
    case = CASES["numpy 2-8-8-1, batch 10, SGD"]
    other = bench.Case(
        case.name, case.experiment.replace("optimizer.lr", 0.02), case.module, case.loss, case.peers
    )
    with pytest.raises(AssertionError, match="2-8-8-1"):
        bench.check(other)


def test_the_report_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--rounds", "1", "--only", "numpy 2-4-2-1", "--output", str(tmp_path / "new" / "bench.json")])
    report = json.loads((tmp_path / "new" / "bench.json").read_text("utf-8"))
    assert report["versions"]["torch"] == bench.torch.__version__
    (result,) = report["results"]
    assert result["case"] == "numpy 2-4-2-1, batch 10, SGD"
    assert result["ratio"] == pytest.approx(result["theirs"] / result["ours"])
    assert f"{result['ratio']:.2f}" in capsys.readouterr().out


@pytest.mark.bench
@pytest.mark.parametrize("name", CASES)
def test_the_target_is_reached(name: str) -> None:
    results = bench.measure(CASES[name])
    print("\n" + bench.table(results))
    assert [result for result in results if not result.reached] == []
