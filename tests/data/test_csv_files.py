"""Kept tables: under their checksum, whole or not at all, bounded, and asked for again when gone."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from playground.data import forget, load
from playground.data.csv import UploadLimits, csv_spec, inspect, store
from playground.i18n import LANGUAGES
from playground.spec import SpecError
from playground.spec.data import Csv

TABLE = ("a,b\n" + "".join(f"{i},{'x' if i % 2 else 'y'}\n" for i in range(20))).encode()


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "datasets" / "uploads").iterdir())


def spec_of(file_id: str) -> Csv:
    return csv_spec(inspect(TABLE), file_id, ["a"], "b", "classes")


def test_a_table_is_kept_under_the_checksum_of_its_bytes(tmp_path: Path) -> None:
    file_id = store(TABLE, tmp_path)
    assert file_id == hashlib.sha256(TABLE).hexdigest() == store(TABLE, tmp_path)
    assert [p.name for p in kept(tmp_path)] == [f"{file_id}.csv"]
    assert kept(tmp_path)[0].read_bytes() == TABLE


def test_a_damaged_copy_is_mended_by_the_next_upload(tmp_path: Path) -> None:
    file_id = store(TABLE, tmp_path)
    kept(tmp_path)[0].write_bytes(TABLE[:-3])
    with pytest.raises(SpecError) as caught:
        load(spec_of(file_id), tmp_path)
    assert caught.value.key == "csv.gone"
    store(TABLE, tmp_path)
    assert load(spec_of(file_id), tmp_path).x.shape == (14, 1)


def test_a_table_that_is_gone_is_asked_for_again(tmp_path: Path) -> None:
    spec = spec_of(hashlib.sha256(TABLE).hexdigest())
    for folder in (tmp_path, tmp_path / "no such folder", None):
        with pytest.raises(SpecError) as caught:
            load(spec, folder)
        assert caught.value.key == "csv.gone"
    assert "upload it again" in caught.value.text("en")
    assert "重新上传" in caught.value.text("zh")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "", "/", "a" * 65])
def test_a_file_id_is_never_a_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        Csv(file=name, columns=("a",), target_column="b", rows=20)
    spec = spec_of("0" * 64).model_copy(update={"file": name})
    with pytest.raises(SpecError) as caught:
        load(spec, tmp_path)
    assert caught.value.key == "csv.gone"


def test_a_link_that_speaks_of_another_table_is_refused(tmp_path: Path) -> None:
    spec = spec_of(store(TABLE, tmp_path))
    for change, key in (({"rows": 21}, "csv.other_rows"), ({"classes": 3}, "csv.other_classes")):
        with pytest.raises(SpecError) as caught:
            load(spec.model_copy(update=change), tmp_path)
        assert caught.value.key == key
        assert all(str(n) in caught.value.text(lang) for n in change.values() for lang in LANGUAGES)


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SpecError) as caught:
        store(TABLE, tmp_path)
    assert caught.value.key == "csv.not_kept"
    assert "No space left" in str(caught.value)
    assert kept(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SpecError) as caught:
            store(TABLE, tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert caught.value.key == "csv.not_kept"


def test_a_file_in_place_of_the_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "datasets").write_text("in the way")
    with pytest.raises(SpecError) as caught:
        store(TABLE, tmp_path)
    assert caught.value.key == "csv.not_kept"


def test_too_large_tables_are_not_kept(tmp_path: Path) -> None:
    for data in (b"", b"1,2\n" * 100):
        with pytest.raises(SpecError):
            store(data, tmp_path, UploadLimits(num_bytes=100))
    assert not (tmp_path / "datasets").exists()


def test_what_was_unused_for_longest_makes_room(tmp_path: Path) -> None:
    limits = UploadLimits(folder_bytes=1000)
    ids = []
    for i in range(3):
        ids.append(store(f"a,b\n{i},{'1' * 390}\n".encode(), tmp_path, limits))
        os.utime(tmp_path / "datasets" / "uploads" / f"{ids[-1]}.csv", (i, i))
    assert {p.stem for p in kept(tmp_path)} == {ids[1], ids[2]}
    large = store(b"a,b\n" + b"1" * 5000, tmp_path, limits)
    assert [p.stem for p in kept(tmp_path)] == [large]


def test_loading_counts_as_use(tmp_path: Path) -> None:
    file_id = store(TABLE, tmp_path)
    path = kept(tmp_path)[0]
    os.utime(path, (1, 1))
    forget()
    load(spec_of(file_id), tmp_path)
    assert path.stat().st_mtime > 1
