"""Pictures of one's own: the files, how small they are made, in grey or in colour. Refusals are sentences here.

They become the experiment's data only once they are good; until then everything else stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.data.own_images import ImageLimits, Upload, take
from playground.data.picture_upload import ENDINGS, is_zip
from playground.spec import SpecError
from playground.spec.errors import brief
from playground.spec.image_data import OwnImages
from playground.ui import form
from playground.ui.language import t, wording
from playground.ui.say import say, sentence

CHANNELS = ("grey", "colour")
SMALLEST, LARGEST, USUAL, STEP = 8, 64, 28, 4


def panel(folder: Path) -> None:
    """Draw the uploader and its two knobs; what is chosen and good is taken at once."""
    limits = ImageLimits.from_environment()
    present = form.experiment().data
    known = present if isinstance(present, OwnImages) else None
    given = st.file_uploader(
        t("ui.images_upload"),
        type=["zip", *(ending.removeprefix(".") for ending in ENDINGS)],
        accept_multiple_files=True,
        key=_files(),
        max_upload_size=max(1, limits.num_bytes // 1_000_000),
        help=t("ui.images_help"),
    )
    chosen, left = _newest(given)
    if chosen:
        with st.container(key="images-knobs"):
            size = st.slider(
                t("ui.images_size"),
                SMALLEST,
                LARGEST,
                known.size if known else USUAL,
                STEP,
                key="images_size",
            )
            channels = st.segmented_control(
                t("ui.images_channels"),
                CHANNELS,
                key="images_channels",
                default=known.channels if known else CHANNELS[0],
                format_func=wording(CHANNELS, lambda name: t(f"ui.choice.{name}")),
                required=True,
            )
        wanted = (tuple(file.file_id for file in chosen), size, channels)
        if st.session_state.get("images_seen") != wanted:
            uploads = [Upload(file.name, file.getvalue()) for file in chosen]
            refused = _take(uploads, folder, size, str(channels), limits)
            # Only now: a click while they are made small begins this script anew, and they are still to be taken.
            st.session_state["images_seen"], st.session_state["images_refused"] = wanted, refused
            if not refused:
                st.rerun()
        if left:
            names = ", ".join(brief(file.name) for file in left[:3]) + (", …" if len(left) > 3 else "")
            say(t("ui.images_left", names=names, count=len(left)), key="upload_left")
        if st.session_state.get("images_refused"):
            say(st.session_state["images_refused"], "error", key="upload")
            st.button(t("ui.images_again"), key="images_again", on_click=_again)
            if known is not None:
                say(t("ui.images_before", images=known.images, classes=len(known.names)), key="upload_before")
            return
        if known is None or (known.size, known.channels) != (
            size,
            channels,
        ):  # they were used, and that was undone
            st.button(t("ui.images_use"), key="images_use", on_click=_use)
    if known is None:
        say(t("data.OwnImages_help"))
        return
    found = t("ui.images_found", images=known.images, classes=len(known.names), size=known.size)
    say(found, key="upload_found")


def _files() -> str:
    """Return the key of the list of files; with another one it is empty."""
    turn = st.session_state.get("images_turn", 0)
    return f"images_files-{turn}" if turn else "images_files"


def _again() -> None:
    st.session_state["images_turn"] = st.session_state.get("images_turn", 0) + 1


def _use() -> None:
    st.session_state["images_seen"] = None


def _newest(given: Sequence[UploadedFile]) -> tuple[Sequence[UploadedFile], Sequence[UploadedFile]]:
    """Return the files that count, a zip that came last or the pictures since the last zip, and those before."""
    zips = [place for place, file in enumerate(given) if is_zip(file.name, file.getvalue()[:4])]
    if not zips:
        return given, ()
    last = zips[-1]
    begins = last if last == len(given) - 1 else last + 1
    return given[begins:], given[:begins]


def _take(uploads: list[Upload], folder: Path, size: int, channels: str, limits: ImageLimits) -> str:
    """Make good pictures the experiment's data; of others, return why they are refused."""
    try:
        colours = "colour" if channels == "colour" else "grey"
        spec = take(uploads, folder, size=size, channels=colours, limits=limits)
    except SpecError as error:
        return sentence(error)
    present = form.experiment().data
    if isinstance(present, OwnImages):
        spec = spec.model_copy(update={name: getattr(present, name) for name in ("test_fraction", "seed")})
    if spec != present:
        form.change_data(spec)
    return ""
