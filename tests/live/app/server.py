"""A small app around the stage alone, for tests and measurements: `streamlit run server.py`."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from playground.data.folder import data_folder
from playground.live.nodelay import send_at_once
from playground.live.routes import Live

live = Live(data_folder())


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    send_at_once()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        await live.close()


app = st.App(Path(__file__).parent / "page.py", routes=live.routes, lifespan=lifespan)
