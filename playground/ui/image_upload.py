"""Pictures of one's own: the files, how small they are made, in grey or in colour. Refusals are sentences here.

They become the experiment's data only once they are good; until then everything else stays as it was.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from playground.data.own_images import ImageLimits, Upload, take
from playground.data.picture_upload import ENDINGS
from playground.spec import SpecError
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
        key="images_files",
        max_upload_size=max(1, limits.num_bytes // 1_000_000),
        help=t("ui.images_help"),
    )
    if given:
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
        wanted = (tuple(file.file_id for file in given), size, channels)
        if st.session_state.get("images_seen") != wanted:
            st.session_state["images_seen"] = wanted
            uploads = [Upload(file.name, file.getvalue()) for file in given]
            _take(uploads, folder, size, str(channels), limits)
        if st.session_state.get("images_refused"):
            say(st.session_state["images_refused"], "error", key="upload")
            return
    if known is None:
        say(t("data.OwnImages_help"))
        return
    found = t("ui.images_found", images=known.images, classes=len(known.names), size=known.size)
    say(found, key="upload_found")


def _take(uploads: list[Upload], folder: Path, size: int, channels: str, limits: ImageLimits) -> None:
    """Make good pictures the experiment's data; of others, keep only why they are refused."""
    st.session_state["images_refused"] = ""
    try:
        colours = "colour" if channels == "colour" else "grey"
        spec = take(uploads, folder, size=size, channels=colours, limits=limits)
    except SpecError as error:
        st.session_state["images_refused"] = sentence(error)
        return
    present = form.experiment().data
    if isinstance(present, OwnImages):
        spec = spec.model_copy(update={name: getattr(present, name) for name in ("test_fraction", "seed")})
    if spec != present:
        form.change_data(spec)
        st.rerun()
