"""What is in an upload of pictures: a zip of folders or several files, and the class of each. Decodes nothing.

What comes in is hostile until it has been looked at: sizes and numbers are checked against what the archive announces,
then against what comes, and nothing is ever written under a name from outside.
"""

from __future__ import annotations

import contextlib
import io
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from playground.spec import SpecError
from playground.spec.environment import caps

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
NOTES = (".txt", ".md", ".csv", ".json", ".xml", ".yaml", ".yml", ".html", ".pdf")
"""What lies beside pictures in a collection and tells of them."""
MAX_CLASSES = 50
ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins, and how one with nothing in it does."""
UTF8 = 0x800
"""The bit that says so of a member's name."""


@dataclass(frozen=True)
class ImageLimits:
    """The caps on what comes in. Each can be set by an environment variable `PLAYGROUND_IMAGES_<NAME>`.

    Attributes:
        num_bytes: of an upload, packed.
        unpacked_bytes: of all pictures in it, before decoding.
        file_bytes: of one picture, before decoding.
        pixels: of one picture, before it is made small.
        files: pictures.
        folder_bytes: of everything that is kept.
    """

    PREFIX: ClassVar = "PLAYGROUND_IMAGES_"

    num_bytes: int = 50_000_000
    unpacked_bytes: int = 200_000_000
    file_bytes: int = 20_000_000
    pixels: int = 16_000_000
    files: int = 5_000
    folder_bytes: int = 1_000_000_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ImageLimits:
        """Return the caps in force.

        Raises:
            SpecError: if a variable is not a positive whole number.
        """
        return cls(**caps(cls, cls.PREFIX, environment))


@dataclass(frozen=True)
class Upload:
    """One file as it came: what the visitor's browser calls it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Found:
    """One picture that was found, with the class that its folder or name says."""

    name: str
    label: str
    data: bytes


def found_in(uploads: Sequence[Upload], limits: ImageLimits) -> Iterator[Found]:
    """Yield the pictures of an upload, none of them decoded."""
    if not uploads:
        raise SpecError("images.none", endings=", ".join(ENDINGS))
    zips = [upload for upload in uploads if _packed(upload.data)]
    for upload in uploads:
        if upload.name.lower().endswith(".zip") and upload not in zips:
            raise SpecError("images.not_zip", value=upload.name)
    if zips and len(uploads) > 1:
        raise SpecError("images.zip_and_more", value=zips[0].name)
    if zips:
        yield from _in_zip(zips[0], limits)
        return
    if len(uploads) > limits.files:
        raise SpecError("images.too_many", value=len(uploads), bound=limits.files)
    for upload in uploads:
        if len(upload.data) > limits.file_bytes:
            raise SpecError("images.file_large", value=upload.name, bound=limits.file_bytes // 1_000_000)
        yield Found(upload.name, _prefix(upload.name), upload.data)


def is_zip(name: str, begins: bytes) -> bool:
    """Tell whether a file is a zip, or at least is called one."""
    return _packed(begins) or name.lower().endswith(".zip")


def _packed(data: bytes) -> bool:
    return data[:4] in ZIP_BEGINS


def _in_zip(upload: Upload, limits: ImageLimits) -> Iterator[Found]:
    """Yield the pictures of a zip; its folder is a picture's class. Nothing is written anywhere."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(upload.data))
        named = ((_name(member), member) for member in archive.infolist())
        members = [(name, member) for name, member in named if _wanted(name)]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise SpecError("images.bad_zip", value=upload.name) from None
    if not members:
        raise SpecError("images.none", endings=", ".join(ENDINGS))
    if len(members) > limits.files:
        raise SpecError("images.too_many", value=len(members), bound=limits.files)
    if sum(member.file_size for _, member in members) > limits.unpacked_bytes:
        raise SpecError("images.unpacks", bound=limits.unpacked_bytes // 1_000_000)
    for name, member in members:
        if member.file_size > limits.file_bytes:
            raise SpecError("images.file_large", value=name, bound=limits.file_bytes // 1_000_000)
        if member.flag_bits & 1:
            raise SpecError("images.encrypted", value=name)
    for name, member in members:
        label = _folder(name)
        try:
            with archive.open(member) as file:
                data = file.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError):
            raise SpecError("images.bad_zip", value=name) from None
        if len(data) != member.file_size:
            raise SpecError("images.bad_zip", value=name)
        yield Found(name, label, data)


def _name(member: zipfile.ZipInfo) -> str:
    """Return what a member is called; a zip that does not say how names are written has UTF-8, or a Chinese system's.

    Both can be read in some bytes: 猫 of the one is è of the other. What has characters of three bytes is UTF-8.
    GB 2312 and not all of GBK, for which names of European systems could be taken.
    """
    if member.flag_bits & UTF8 or member.filename.isascii():
        return member.filename
    read: dict[str, str] = {}
    for encoding in ("utf-8", "gb2312"):
        with contextlib.suppress(UnicodeError):
            read[encoding] = member.filename.encode("cp437").decode(encoding)
    if max(read.get("utf-8", " ")) >= "\u0800":
        return read["utf-8"]
    return read.get("gb2312") or read.get("utf-8") or member.filename


def _wanted(name: str) -> bool:
    """Tell whether a member counts: folders do not, nor notes, nor what systems leave behind."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    return not (
        name.endswith("/")
        or hidden
        or "__MACOSX" in path.parts
        or path.name.lower() in ("thumbs.db", "desktop.ini")
        or path.suffix.lower() in NOTES
    )


def _folder(name: str) -> str:
    """Return the class that a member's path says: the folder it lies in.

    Raises:
        SpecError: for a path that leads out of the archive, and for a picture in no folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise SpecError("images.path", value=name)
    if len(path.parts) < 2:
        raise SpecError("images.no_folder", value=name)
    return _label(path.parts[-2], name)


def _prefix(name: str) -> str:
    """Return the class that a file's name says: what comes before the first number, underscore, hyphen or blank."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    found = re.match(r"[^\W\d_]+", stem)
    if found is None:
        raise SpecError("images.no_prefix", value=name)
    return _label(found.group(), name)


def _label(text: str, name: str) -> str:
    label = "".join(c if c.isprintable() else " " for c in text).strip()
    if not label or len(label) > 40:
        raise SpecError("images.label", value=name, bound=40)
    return label


def check_classes(found: Sequence[Found], names: tuple[str, ...]) -> None:
    """Refuse what no classifier can be trained on: fewer than two classes, too many, or one picture of a class."""
    if len(names) < 2:
        raise SpecError("images.one_class", value=names[0] if names else "")
    if len(names) > MAX_CLASSES:
        raise SpecError("images.many_classes", value=len(names), bound=MAX_CLASSES)
    for name in names:
        if sum(each.label == name for each in found) < 2:
            raise SpecError("images.rare_class", value=name)
