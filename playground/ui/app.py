"""The entry script: a picture frame around the pages. `server.py` serves it."""

from __future__ import annotations

import streamlit as st

from playground.ui import labs, navigation
from playground.ui.language import speak, t
from playground.ui.one_value import look_up_one_value
from playground.ui.style import style

look_up_one_value()
speak()
st.set_page_config(page_icon="🕸️", layout="wide", initial_sidebar_state="collapsed")
style()
chosen = st.navigation([labs.page(entry) for entry in navigation.PAGES], position="hidden")
st.set_page_config(page_title=f"{chosen.title} · {t('ui.title')}")
chosen.run()
