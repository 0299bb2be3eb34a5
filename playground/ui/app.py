"""The entry script: a picture frame around the pages. `server.py` serves it."""

from __future__ import annotations

import streamlit as st

from playground.ui import navigation
from playground.ui.language import t
from playground.ui.style import style

st.set_page_config(page_title=t("ui.title"), page_icon="🕸️", layout="wide", initial_sidebar_state="collapsed")
style()
pages = [
    st.Page(
        navigation.folder() / entry.script,
        title=t(entry.title),
        icon=entry.sign,
        url_path=entry.path,
        default=not number,
    )
    for number, entry in enumerate(navigation.PAGES)
]
st.navigation(pages, position="hidden" if len(pages) == 1 else "top").run()
