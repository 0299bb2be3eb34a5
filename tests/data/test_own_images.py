"""The visitor's own pictures: what becomes of good ones; every kind of bad one is a sentence, before it is decoded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground.data import forget, load
from playground.data.own_images import ImageLimits, Upload, take
from playground.i18n import LANGUAGES
from playground.spec import Experiment, SpecError
from playground.spec.image_data import OwnImages


def picture(
    colour: tuple[int, int, int] = (255, 0, 0), size: tuple[int, int] = (40, 30), kind: str = "PNG"
) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def pets(count: int = 4) -> dict[str, bytes]:
    red = {f"pets/cat/{number}.png": picture((200 + number, 0, 0)) for number in range(count)}
    return red | {
        f"pets/dog/{number}.jpg": picture((0, 0, 200 + number), kind="JPEG") for number in range(count)
    }


def taken(folder: Path, members: dict[str, bytes], **others: object) -> OwnImages:
    settings: dict[str, object] = {"size": 16, "channels": "colour"} | others
    return take([Upload("my.zip", zipped(members))], folder, **settings)  # type: ignore[arg-type]


def refused(folder: Path, *uploads: Upload, limits: ImageLimits | None = None) -> SpecError:
    with pytest.raises(SpecError) as caught:
        take(uploads, folder, size=16, channels="grey", limits=limits)
    for lang in LANGUAGES:
        assert caught.value.text(lang)
    assert not list(folder.rglob("*.bin"))
    return caught.value


def test_folders_of_a_zip_are_classes_and_become_a_data_set(tmp_path: Path) -> None:
    spec = taken(tmp_path, pets(10))
    assert spec.names == ("cat", "dog")
    assert (spec.images, spec.size, spec.input_shape()) == (20, 16, (3, 16, 16))
    data = load(spec, tmp_path)
    assert data.x.shape == (14, 3, 16, 16)
    assert data.x_test.shape == (6, 3, 16, 16)
    assert data.class_names == data.spoken("zh") == ("cat", "dog")
    for pixels, label in zip(data.x, data.y, strict=True):
        assert pixels[0 if label == 0 else 2].mean() > 0.75
        assert pixels[2 if label == 0 else 0].mean() < 0.05
    assert Experiment.from_link(Experiment(data=spec).to_link()).data == spec


def test_several_files_have_their_class_in_the_name(tmp_path: Path) -> None:
    names = ("cat_1.png", "cat-2.png", "dog 3.png", "dog4.webp", "猫1.png", "猫2.png")
    uploads = [Upload(name, picture(kind="WEBP" if name.endswith("webp") else "PNG")) for name in names]
    spec = take(uploads, tmp_path, size=8, channels="grey")
    assert spec.names == ("cat", "dog", "猫")
    assert load(spec, tmp_path).x.shape[1:] == (1, 8, 8)


def test_the_same_pictures_have_the_same_id_and_the_seed_decides_the_split(tmp_path: Path) -> None:
    one, again = taken(tmp_path, pets()), taken(tmp_path, pets())
    assert one == again
    assert taken(tmp_path, pets(), size=20).file != one.file
    (path,) = (tmp_path / "datasets" / "pictures").glob(f"{one.file}.bin")
    assert path.stat().st_mode & 0o077 == 0
    first = load(one, tmp_path).x
    other = load(one.model_copy(update={"seed": 1}), tmp_path).x
    assert not np.array_equal(first, other)


def test_pictures_are_cut_to_their_middle_turned_upright_and_laid_on_white(tmp_path: Path) -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    clear = Image.new("RGBA", (12, 12), (0, 0, 0, 0))
    turned = np.zeros((20, 20, 3), np.uint8)
    turned[:10] = 255  # light above; the head says: turn it by half

    def saved(shown: Image.Image, **others: object) -> bytes:
        file = io.BytesIO()
        shown.save(file, "PNG", **others)
        return file.getvalue()

    head = Image.Exif()
    head[0x0112] = 3
    members = {
        "a/wide.png": saved(Image.fromarray(wide)),
        "a/clear.png": saved(clear),
        "b/turned.png": saved(Image.fromarray(turned), exif=head),
        "b/same.png": saved(Image.fromarray(turned), exif=head),
    }
    spec = taken(tmp_path, members, channels="grey", size=10)
    data = load(spec.model_copy(update={"test_fraction": 0.0}), tmp_path)
    assert (data.x[data.y == 0] > 0.9).all()
    for shown in data.x[data.y == 1][:, 0]:
        assert shown[0].max() < 0.1
        assert shown[-1].min() > 0.9


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({}, "images.none"),
        ({"cat/1.png": b"", "cat/2.png": b""}, "images.one_class"),
        (pets() | {"bird/1.png": picture()}, "images.rare_class"),
        (pets() | {"1.png": picture()}, "images.no_folder"),
        (pets() | {"../../etc/passwd": b"x"}, "images.path"),
        (pets() | {"/etc/cat/1.png": b"x"}, "images.path"),
        (pets() | {"C:/cat/1.png": b"x"}, "images.path"),
        (pets() | {"..\\cat\\1.png": b"x"}, "images.path"),
        (pets() | {"cat/script.py": b"import os"}, "images.no_picture"),
        (pets() | {"cat/picture.svg": b"<svg/>"}, "images.no_picture"),
        (pets() | {"cat/cut.png": picture()[:40]}, "images.no_picture"),
        (pets() | {"cat/cut2.png": picture((1, 2, 3), (300, 300))[:-40]}, "images.no_picture"),
        (pets() | {f"{'x' * 41}/{n}.png": picture() for n in range(2)}, "images.label"),
        ({f"c{n:03}/{m}.png": b"" for n in range(60) for m in range(2)}, "images.many_classes"),
    ],
)
def test_what_is_no_set_of_pictures_is_refused(tmp_path: Path, members: dict[str, bytes], key: str) -> None:
    assert refused(tmp_path, Upload("my.zip", zipped(members))).key == key
    outside = {path.name for path in tmp_path.parent.iterdir()}
    assert "passwd" not in outside


def test_what_systems_leave_behind_is_passed_over(tmp_path: Path) -> None:
    rubbish = {"__MACOSX/pets/cat/._1.png": b"x", "pets/.DS_Store": b"x", "pets/cat/Thumbs.db": b"x"}
    rubbish |= {"README.txt": b"of cats", "pets/labels.CSV": b"a,b", "pets/cat/notes.md": b"x"}
    assert taken(tmp_path, pets() | rubbish).images == 8


def bare(members: dict[bytes, bytes]) -> bytes:
    """Return a zip whose names are bytes of which it does not say how they are written, as old tools make."""
    body, index = b"", b""
    for name, data in members.items():
        sizes = struct.pack("<III", zlib.crc32(data), len(data), len(data)) + struct.pack("<HH", len(name), 0)
        index += b"PK\x01\x02" + struct.pack("<6H", 20, 20, 0, 0, 0, 0) + sizes
        index += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += b"PK\x03\x04" + struct.pack("<5H", 20, 0, 0, 0, 0) + sizes + name + data
    end = struct.pack("<4HIIH", 0, 0, len(members), len(members), len(index), len(body), 0)
    return body + index + b"PK\x05\x06" + end


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_names_of_folders_are_read_also_where_the_zip_does_not_say_how(tmp_path: Path, encoding: str) -> None:
    members = {
        f"图片/{name}/{n}.png".encode(encoding): picture((n, 0, 0))
        for name in ("猫", "小狗")
        for n in range(3)
    }
    spec = take([Upload("my.zip", bare(members))], tmp_path, size=8, channels="grey")
    assert spec.names == ("小狗", "猫")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped(pets() | {f"cat/{n}.png": bytes(3_000_000) for n in range(5)})
    assert len(bomb) < 50_000
    monkeypatch.setattr(zipfile.ZipFile, "open", None)  # what is announced is enough
    small = ImageLimits(unpacked_bytes=10_000_000)
    assert refused(tmp_path, Upload("bomb.zip", bomb), limits=small).key == "images.unpacks"
    assert (
        refused(tmp_path, Upload("b.zip", bomb), limits=ImageLimits(file_bytes=10**6)).key
        == "images.file_large"
    )


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"cat/big.png": bytes(5_000_000)}))
    lie = struct.pack("<I", 10)
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = lie
    data[22:26] = lie
    assert refused(tmp_path, Upload("lie.zip", bytes(data))).key == "images.bad_zip"


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip"])
def test_a_damaged_zip_is_a_sentence(tmp_path: Path, damage: str) -> None:
    data = bytearray(zipped(pets()))
    if damage == "flipped":
        data[60:80] = b"x" * 20
    bad = {"cut": bytes(data[: len(data) // 2]), "flipped": bytes(data), "no zip": b"PK\x03\x04 hello"}[
        damage
    ]
    assert refused(tmp_path, Upload("my.zip", bad)).key == "images.bad_zip"


def test_a_file_that_is_only_named_like_a_zip_is_said_to_be_none(tmp_path: Path) -> None:
    for data in (b"", b"hello", picture(), b"Rar!\x1a\x07\x00"):
        error = refused(tmp_path, Upload("bad.ZIP", data))
        assert (error.key, error.value) == ("images.not_zip", "bad.ZIP")
        assert "not a zip archive" in error.text("en")
    assert refused(tmp_path, Upload("two.zip", b"?"), Upload("cat_1.png", picture())).key == "images.not_zip"


def test_an_encrypted_zip_is_a_sentence(tmp_path: Path) -> None:
    data = bytearray(zipped({"cat/1.png": picture()}))
    central = data.rindex(b"PK\x01\x02")
    data[central + 8] |= 1
    data[6] |= 1
    assert refused(tmp_path, Upload("my.zip", bytes(data))).key == "images.encrypted"


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that announces any number of pixels, and holds them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_000, 9_000), (2**31 - 1, 2**31 - 1), (6_000, 5_000)])
def test_a_picture_that_announces_too_many_pixels_is_refused_undecoded(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    error = refused(tmp_path, Upload("my.zip", zipped(pets() | {"pets/cat/huge.png": huge_png(*size)})))
    assert error.key == "images.huge" or max(size) > 2**31 - 2
    assert "huge.png" in str(error)


def test_numbers_and_sizes_are_bounded_before_anything_is_read(tmp_path: Path) -> None:
    few = ImageLimits(files=7, num_bytes=10**6)
    assert refused(tmp_path, Upload("my.zip", zipped(pets())), limits=few).key == "images.too_many"
    uploads = [Upload(f"cat{n}.png", b"") for n in range(8)]
    assert refused(tmp_path, *uploads, limits=few).key == "images.too_many"
    assert refused(tmp_path, Upload("my.zip", bytes(10**6 + 1)), limits=few).key == "images.too_large"
    both = (Upload("my.zip", zipped(pets())), Upload("cat1.png", picture()))
    assert refused(tmp_path, *both).key == "images.zip_and_more"
    assert refused(tmp_path).key == "images.none"
    assert refused(tmp_path, Upload("1.png", picture())).key == "images.no_prefix"
    with pytest.raises(SpecError):
        ImageLimits.from_environment({"PLAYGROUND_IMAGES_FILES": "many"})
    assert ImageLimits.from_environment({"PLAYGROUND_IMAGES_FILES": "9"}).files == 9


def test_what_is_gone_damaged_or_another_set_is_a_sentence(tmp_path: Path) -> None:
    spec = taken(tmp_path, pets())
    forget()
    for wrong in ({"images": 9}, {"size": 17}, {"channels": "grey"}, {"names": ("a", "b", "c")}):
        with pytest.raises(SpecError) as caught:
            load(spec.model_copy(update=wrong), tmp_path)
        assert caught.value.key == "images.other"
    (path,) = (tmp_path / "datasets" / "pictures").glob("*.bin")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for folder in (tmp_path, tmp_path / "elsewhere", None):
        with pytest.raises(SpecError) as caught:
            load(spec, folder)
        assert caught.value.key == "images.gone"


def test_the_oldest_make_room(tmp_path: Path) -> None:
    import os

    one = taken(tmp_path, pets())
    (first,) = (tmp_path / "datasets" / "pictures").glob("*.bin")
    os.utime(first, (1, 1))
    tight = ImageLimits(folder_bytes=first.stat().st_size + 100)
    other = take([Upload("my.zip", zipped(pets(5)))], tmp_path, size=16, channels="colour", limits=tight)
    assert other.file != one.file
    assert not first.exists()
