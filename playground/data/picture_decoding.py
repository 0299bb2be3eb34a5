"""From a picture file to a few pixels, in bounds: kind and size are read from its head before anything is decoded.

Knows no upload and no folder.
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from playground.data.picture_upload import Found, ImageLimits
from playground.spec import SpecError
from playground.spec.errors import brief

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
Channels = Literal["grey", "colour"]


@contextlib.contextmanager
def _opened(each: Found) -> Iterator[Any]:
    """Open a picture without decoding it; only the kinds that are listed, whatever its name says."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large pictures: here they are refused
        try:
            with Image.open(io.BytesIO(each.data), formats=FORMATS) as picture:
                yield picture
        except SpecError:
            raise
        except Image.DecompressionBombError as error:  # Pillow's own bound, which is met before ours
            found = re.search(r"\d+", str(error))
            raise _huge(each, f"{int(found.group()):,}" if found else "?", ImageLimits()) from None
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            SyntaxError,
            struct.error,
        ):
            raise SpecError("images.no_picture", value=brief(each.name), formats=", ".join(FORMATS)) from None


def measure(each: Found, limits: ImageLimits) -> None:
    """Refuse a picture whose header announces too many pixels."""
    with _opened(each) as picture:
        width, height = picture.size
        if width * height > limits.pixels or width < 1 or height < 1:
            raise _huge(each, f"{width} × {height}", limits)


def _huge(each: Found, size: str, limits: ImageLimits) -> SpecError:
    return SpecError("images.huge", value=brief(each.name), size=size, bound=limits.pixels // 1_000_000)


def decoded(each: Found, size: int, channels: Channels) -> npt.NDArray[np.uint8]:
    """Return a picture as (C, size, size): its middle, as large as fits, made small."""
    from PIL import Image, ImageOps

    with _opened(each) as picture:
        picture.draft(
            "RGB" if channels == "colour" else "L", (2 * size, 2 * size)
        )  # JPEG decodes small at once
        shown = ImageOps.exif_transpose(picture)
        coarse = min(shown.size) // (4 * size)
        if coarse > 1 and shown.mode in ("L", "LA", "RGB", "RGBA"):
            shown = shown.reduce(coarse)  # what follows makes copies: of something small
        shown = shown.convert("RGBA")
        ground = Image.new("RGBA", shown.size, (255, 255, 255, 255))
        plain = Image.alpha_composite(ground, shown).convert("RGB" if channels == "colour" else "L")
        small = ImageOps.fit(plain, (size, size), Image.Resampling.LANCZOS)
        pixels = np.asarray(small, np.uint8)
    return pixels.transpose(2, 0, 1) if channels == "colour" else pixels[None]
