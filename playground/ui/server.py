"""The web server's side of the app: routes for our own files, the outer wall, and what is done once per process.

`streamlit run playground/ui/server.py` finds it by the name `app`; `playground serve` starts exactly that.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from playground.data.folder import data_folder
from playground.live.assets import assets
from playground.live.nodelay import send_at_once
from playground.live.routes import Live
from playground.ui.front import Front
from playground.ui.owner import OwnerCookie
from playground.ui.serve import LIFELINE
from playground.ui.shield import Shield

HERE = Path(__file__).resolve().parent
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
FOR_A_DAY = {"cache-control": "public, max-age=86400"}


async def chart_script(request: Request) -> Response:
    """The charts' own code; its address carries its fingerprint."""
    return FileResponse(HERE / "assets" / "chart.js", media_type="text/javascript", headers=FOR_EVER)


async def reorder_script(request: Request) -> Response:
    """The layer builder's own code; its address carries its fingerprint."""
    return FileResponse(HERE / "assets" / "reorder.js", media_type="text/javascript", headers=FOR_EVER)


async def plotly_script(request: Request) -> Response:
    """plotly.js as the plotly package ships it, compressed once."""
    return Response(
        _plotly(),
        media_type="text/javascript",
        headers={**FOR_EVER, "content-encoding": "gzip", "vary": "accept-encoding"},
    )


async def thumbnail_picture(request: Request) -> Response:
    """A kind of data at a glance, or what a network learns of an example."""
    from starlette.concurrency import run_in_threadpool

    from playground.data.published import of_kind
    from playground.ui.thumbnails import preset_thumbnail, thumbnail

    given = request.path_params
    draw, name = (thumbnail, given["kind"]) if "kind" in given else (preset_thumbnail, given["key"])
    drawn = await run_in_threadpool(draw, name, given["appearance"])
    if drawn is None:
        return Response(status_code=404)
    # The picture of what can be downloaded changes as soon as it is here.
    headers = FOR_A_DAY if of_kind(name) is None else {"cache-control": "no-cache"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)


@cache
def _plotly() -> bytes:
    import gzip

    import plotly

    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(script.read_bytes(), 6)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Have the run service up and everything imported before the first visitor; then never collect it again.

    Streamlit would run a full garbage collection after every rerun (switched off in `.streamlit/config.toml`).
    """
    from starlette.concurrency import run_in_threadpool

    from playground.ui.service import close, open_early

    _hold_on()
    send_at_once()
    await run_in_threadpool(_warm)
    await run_in_threadpool(open_early)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        await live.close()
        await run_in_threadpool(close)


def _hold_on() -> None:
    """Leave when the process that has started this one is gone, however it went."""
    lifeline = os.environ.get(LIFELINE, "")
    if not lifeline.isdigit():
        return

    def wait() -> None:
        os.read(int(lifeline), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _warm() -> None:
    """Import what the first page needs, and compress plotly."""
    import engines
    import playground.ui.workbench  # noqa: F401

    engines.get("numpy")
    _plotly()
    assets()


live = Live(data_folder())
app = st.App(
    HERE / "app.py",
    routes=[
        Route("/playground/chart.js", chart_script),
        Route("/playground/reorder.js", reorder_script),
        Route("/playground/plotly.js", plotly_script),
        Route("/playground/thumbnail/{appearance}/{kind}.svg", thumbnail_picture),
        Route("/playground/preset/{appearance}/{key}.svg", thumbnail_picture),
        *live.routes,
    ],
    middleware=[Middleware(Shield), Middleware(Front), Middleware(OwnerCookie, folder=data_folder())],
    lifespan=lifespan,
)
