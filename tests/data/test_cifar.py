"""CIFAR-10's archive: read member by member, whatever else is in it; everything wrong is a sentence."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from playground.data import cifar, forget, images, load
from playground.data.published import CIFAR_10, Published, PublishedFile, missing
from playground.spec import SpecError, enforce
from playground.spec.experiment import Experiment
from playground.spec.image_data import Cifar10

RECORDS = 20


def batch(seed: int, *, label: int | None = None) -> bytes:
    random = np.random.default_rng(seed)
    table = random.integers(0, 256, (RECORDS, cifar.RECORD)).astype(np.uint8)
    table[:, 0] = np.arange(RECORDS) % 10 if label is None else label
    return table.tobytes()


def good() -> dict[str, bytes]:
    return {name: batch(number) for number, name in enumerate(cifar.FILES)}


def archive(path: Path, members: dict[str, bytes], *extra: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for info in extra:
            file.addfile(info)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def test_pixels_are_channels_of_rows_and_classes_are_the_first_bytes(tmp_path: Path) -> None:
    members = good()
    parts = cifar.read_archive(archive(tmp_path / "a.tar.gz", members), RECORDS)
    assert len(parts) == 6
    for (pixels, classes), data in zip(parts, members.values(), strict=True):
        assert pixels.shape == (RECORDS, 3, 32, 32)
        assert classes.tolist() == [data[at * cifar.RECORD] for at in range(RECORDS)]
        record = data[3 * cifar.RECORD : 4 * cifar.RECORD]
        assert pixels[3, 2, 1, 5] == record[1 + 2 * 1024 + 1 * 32 + 5]


def test_what_else_is_in_the_archive_is_neither_read_nor_written(tmp_path: Path) -> None:
    link = tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    members = {"../../evil": b"x", "/etc/evil": b"y", "readme.html": b"z"} | good()
    path = archive(tmp_path / "a.tar.gz", members, link)
    before = sorted(tmp_path.rglob("*"))
    assert len(cifar.read_archive(path, RECORDS)) == 6
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("what", ["missing", "short", "no archive", "cut", "many"])
def test_another_archive_is_refused(tmp_path: Path, what: str) -> None:
    members = good()
    if what == "missing":
        members.popitem()
    if what == "short":
        members[cifar.FILES[2]] = members[cifar.FILES[2]][:-1]
    if what == "many":
        members = {f"file{number}": b"" for number in range(60)} | members
    path = archive(tmp_path / "a.tar.gz", members)
    if what == "no archive":
        path.write_bytes(b"hello")
    if what == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SpecError) as caught:
        cifar.read_archive(path, RECORDS)
    assert caught.value.key == "source.archive"


def test_an_eleventh_class_is_refused(tmp_path: Path) -> None:
    members = good() | {cifar.FILES[1]: batch(1, label=10)}
    with pytest.raises(SpecError) as caught:
        cifar.read_archive(archive(tmp_path / "a.tar.gz", members), RECORDS)
    assert caught.value.key == "source.idx_class"


def test_the_archive_in_the_data_folder_is_a_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = CIFAR_10.folder(tmp_path)
    place.mkdir(parents=True)
    data = archive(place / CIFAR_10.files[0].name, good()).read_bytes()
    file = PublishedFile(CIFAR_10.files[0].name, len(data), hashlib.sha256(data).hexdigest())
    found = Published("cifar-10", "Cifar10", (file,), (), "", "", 5 * RECORDS, RECORDS)
    monkeypatch.setattr(images, "CIFAR_10", found)
    forget()
    assert missing(found, tmp_path) == ()
    data_set = load(Cifar10(), tmp_path)
    forget()
    assert data_set.x.shape == (5 * RECORDS, 3, 32, 32)
    assert data_set.x_test.shape == (RECORDS, 3, 32, 32)
    assert sorted(data_set.y[:10].tolist()) == list(range(10))
    np.testing.assert_array_equal(data_set.y_test, np.arange(RECORDS) % 10)
    assert data_set.spoken("en")[3] == "cat"
    assert data_set.spoken("zh")[3] == "猫"


def test_a_missing_archive_is_a_sentence_and_all_of_it_is_within_the_limits(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"cifar-10-binary\.tar\.gz"):
        load(Cifar10(), tmp_path)
    from playground.presets import preset

    experiment: Experiment = preset("rgb-cnn").experiment.replace("data.kind", "cifar10")
    assert enforce(experiment).memory > 60_000 * 3072 * 4
