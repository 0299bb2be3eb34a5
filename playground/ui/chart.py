"""Puts a plotly figure on the page so that it is updated in place: no remount, no flicker, zoom kept.

`st.plotly_chart` mounts the whole chart anew at every change of its data. The component here hands the figure to
`Plotly.react`; its code and plotly itself come once from routes of our own server (`server.py`), never from elsewhere.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import plotly.graph_objects as go
from streamlit.components.v2 import component

from playground.views import theme as look

SCRIPT = Path(__file__).parent / "assets" / "chart.js"
VERSION = hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:12]
ROUTE = "playground/chart.js"

_LOADER = f"""
const module = new URL("{ROUTE}?{VERSION}", document.baseURI).href;
export default function (component) {{
  import(module).then((code) => code.draw(component));
  return () => import(module).then((code) => code.forget(component.parentElement));
}}
"""

_show = component(
    "playground_chart",
    html='<div class="chart"></div>',
    css=".chart {\n  width: 100%; overflow: hidden; font-variant-numeric: tabular-nums;\n}",
    js=_LOADER,
    isolate_styles=False,
)


def chart(
    figure: go.Figure,
    key: str,
    *,
    height: float | None = None,
    ratio: float | None = None,
    theme: look.Theme = look.LIGHT,
) -> None:
    """Show `figure` in the current container.

    Args:
        key: the chart's name on this page; the same key is the same chart, updated.
        height: pixels; with `ratio` the greatest height.
        ratio: width / height, for pictures that must keep their shape.
        theme: the theme the figure was drawn in; the browser says so if it shows another one.
    """
    _show(
        key=key,
        data={
            "figure": figure.to_json(validate=False),
            "alt": look.alternative(figure),
            "name": key,
            "height": height,
            "ratio": ratio,
            "dark": theme.name == "dark",
        },
        on_appearance_change=lambda: None,
    )
