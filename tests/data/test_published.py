"""Data sets of published files: where they are found, what is refused, and the arrays that all processes share."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from playground.data import forget, images, load, prepared, sources
from playground.data import published as of_authors
from playground.data.published import FASHION_MNIST, MNIST, Published, inflate, missing, of_kind
from playground.i18n import LANGUAGES, text
from playground.spec import DataSpec, Experiment, SpecError, enforce
from playground.spec.image_data import FashionMnist, Mnist
from tests.data.published_files import NUM_TRAIN, arrays, idx, packed, published, put

FILES = packed()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    """MNIST, but with 40 + 20 pictures."""
    found = published(FILES)
    monkeypatch.setattr(images, "MNIST", found)
    monkeypatch.setitem(of_authors.PUBLISHED, "mnist", found)
    forget()
    yield found
    forget()


def test_the_published_sums_are_those_of_their_authors() -> None:
    assert MNIST.num_bytes == 9_912_422 + 28_881 + 1_648_877 + 4_542
    assert FASHION_MNIST.num_bytes == 26_421_880 + 29_515 + 4_422_102 + 5_148
    for found in of_authors.PUBLISHED.values():
        assert len({file.sha256 for file in found.files}) == len(found.files)
        assert all(len(file.sha256) == 64 for file in found.files)
        assert found.kind in DataSpec.catalogue()
        assert of_kind(found.kind) is found
        assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in found.mirrors)
        for lang in LANGUAGES:
            assert text(f"source.{found.name}", lang)
            assert text(f"source.{found.name}_about", lang)
    assert of_kind("Circles") is None


@pytest.mark.parametrize("plain", [False, True])
def test_the_four_files_in_the_data_folder_are_enough(small: Published, tmp_path: Path, plain: bool) -> None:
    if plain:
        files = {name.removesuffix(".gz"): gzip.decompress(data) for name, data in FILES.items()}
    else:
        files = FILES
    assert missing(small, tmp_path) == small.files
    put(small, files, tmp_path)
    assert missing(small, tmp_path) == ()
    data = load(Mnist(), tmp_path)
    x, y, x_test, y_test = arrays()
    assert data.x.shape == (NUM_TRAIN, 1, 28, 28)
    assert data.x.dtype == data.x_test.dtype == np.float32
    # The same pictures, mixed, each still with its class; the test part in the order of its authors.
    ours = sorted(zip(data.x.reshape(len(x), -1).sum(1).round(3).tolist(), data.y.tolist(), strict=True))
    theirs = sorted(zip((x / 255).reshape(len(x), -1).sum(1).round(3).tolist(), y.tolist(), strict=True))
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
    np.testing.assert_array_equal(data.x_test[:, 0], (x_test / 255).astype(np.float32))
    np.testing.assert_array_equal(data.y_test, y_test)
    assert data.licence == MNIST.licence


def test_a_smaller_count_is_a_prefix_in_which_classes_take_turns(small: Published, tmp_path: Path) -> None:
    put(small, FILES, tmp_path)
    few, whole = load(Mnist(count=10), tmp_path), load(Mnist(), tmp_path)
    np.testing.assert_array_equal(few.x, whole.x[:10])
    assert sorted(few.y.tolist()) == list(range(10))
    assert len(few.x_test) == 20


def test_missing_files_are_a_sentence_that_says_where_to_put_which(tmp_path: Path) -> None:
    for spec in (Mnist(), FashionMnist()):
        for folder in (tmp_path, None):
            with pytest.raises(SpecError) as caught:
                load(spec, folder)
            assert caught.value.key == "source.not_there"
            for lang in LANGUAGES:
                sentence = caught.value.text(lang)
                assert all(file.name in sentence for file in MNIST.files)
                assert f"playground download {of_kind(spec.kind).name}" in sentence  # type: ignore[union-attr]
        assert str(tmp_path / "datasets") in sentence or folder is None


@pytest.mark.parametrize("size", ["same", "other"])
def test_a_changed_file_is_refused_and_named(small: Published, tmp_path: Path, size: str) -> None:
    place = put(small, FILES, tmp_path)
    path = place / small.files[0].name
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(bytes(data) if size == "same" else bytes(data)[:-1])
    with pytest.raises(SpecError) as caught:
        load(Mnist(), tmp_path)
    assert caught.value.key == "source.wrong_file"
    assert str(path) in str(caught.value)
    status = next(source for source in sources(tmp_path) if source.name == "mnist")
    assert not status.found
    path.write_bytes(FILES[path.name])
    assert load(Mnist(), tmp_path).x.shape[0] == NUM_TRAIN  # a refusal is not remembered
    assert next(source for source in sources(tmp_path) if source.name == "mnist").found


@pytest.mark.parametrize("change", ["shape", "class"])
def test_files_with_good_sums_and_another_content_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str
) -> None:
    files = dict(FILES)
    name = "t10k-labels-idx1-ubyte.gz"
    files[name] = gzip.compress(idx(np.arange(19) % 10 if change == "shape" else np.full(20, 10)))
    found = published(files)
    monkeypatch.setattr(images, "MNIST", found)
    put(found, files, tmp_path)
    forget()
    with pytest.raises(SpecError, match=r"t10k-labels|train-labels"):
        load(Mnist(), tmp_path)


def test_what_is_unpacked_is_bounded() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert inflate(gzip.compress(b"abc"), 3, "file") == b"abc"
    for data, size in ((bomb, 1000), (gzip.compress(b"abc"), 4), (b"no gzip at all", 3), (bomb[:100], 1000)):
        with pytest.raises(SpecError) as caught:
            inflate(data, size, "file")
        assert caught.value.key == "source.unpacking"


def test_the_arrays_are_written_once_and_mapped_by_everybody(small: Published, tmp_path: Path) -> None:
    place = put(small, FILES, tmp_path)
    first = load(Mnist(), tmp_path)
    for file in place.iterdir():
        file.unlink()
    forget()
    again = load(Mnist(), tmp_path)  # from the prepared arrays alone
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y_test, again.y_test)
    # The arrays lie in a file, not in this process: that is what a hundred runs share.
    held = again.x
    while isinstance(held.base, np.ndarray):
        held = held.base
    assert type(held.base).__name__ == "mmap"
    assert not again.x.flags.writeable


@pytest.mark.parametrize("damage", ["cut", "gone", "no array"])
def test_damaged_prepared_arrays_are_made_again(small: Published, tmp_path: Path, damage: str) -> None:
    put(small, FILES, tmp_path)
    good = load(Mnist(), tmp_path).x.copy()
    (path,) = (tmp_path / "datasets" / "prepared").glob("mnist-*/x.npy")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:5000] if damage == "cut" else b"hello")
    forget()
    np.testing.assert_array_equal(load(Mnist(), tmp_path).x, good)


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
@pytest.mark.parametrize("why", ["no permission", "no room"])
def test_a_folder_that_cannot_be_written_is_no_obstacle(
    small: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    put(small, FILES, tmp_path)
    if why == "no room":
        monkeypatch.setattr(prepared.shutil, "disk_usage", lambda place: type("Usage", (), {"free": 10})())
    else:
        (tmp_path / "datasets" / "prepared").write_text("not a folder")
    assert load(Mnist(), tmp_path).x.shape == (NUM_TRAIN, 1, 28, 28)
    assert not list((tmp_path / "datasets").glob("prepared/*"))


def test_two_processes_at_once_prepare_the_same(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path; from playground.data.prepared import Raw, prepared\n"
        "raw = lambda: Raw(np.full((3000, 1, 28, 28), 51, np.uint8), np.arange(3000), "
        "np.zeros((5, 1, 28, 28), np.uint8), np.arange(5))\n"
        "found = prepared('set-x', Path(sys.argv[1]), raw)\n"
        "print(found.x.shape, float(found.x.min()), float(found.x.max()), int(found.y[-1]))"
    )
    root = Path(__file__).parents[2]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
        )
        for _ in range(2)
    ]
    shown = [process.communicate(timeout=60)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert shown[0] == shown[1]
    assert shown[0].startswith("(3000, 1, 28, 28) 0.2")
    assert [path.name for path in (tmp_path / "datasets" / "prepared").iterdir()] == ["set-x-1"]


def test_clothes_have_names_in_every_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = published(FILES, name="fashion-mnist", kind="FashionMnist")
    monkeypatch.setattr(images, "FASHION_MNIST", found)
    put(found, FILES, tmp_path)
    data = load(FashionMnist(), tmp_path)
    assert data.spoken("en")[9] == "ankle boot"
    assert data.spoken("zh")[9] == "短靴"
    assert len(set(data.spoken("zh"))) == 10


def test_all_of_mnist_is_within_the_limits_of_a_run() -> None:
    layers = [{"kind": "Conv2d", "out_channels": 32}, {"kind": "MaxPool2d"}, {"kind": "Flatten"}]
    layers += [{"kind": "Linear", "out_features": 128}, {"kind": "Linear", "out_features": 10}]
    experiment = Experiment.from_plain(
        {
            "data": {"kind": "Mnist"},
            "model": {"layers": layers},
            "loss": {"kind": "CrossEntropy"},
            "training": {"batch_size": 64},
        }
    )
    assert enforce(experiment).memory > 70_000 * 784 * 4
