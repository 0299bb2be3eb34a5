"""`?run=…&owner=…` shows a run; `?still=1` the untrained network of `e`; `views` names what is drawn."""

from __future__ import annotations

import streamlit as st

from playground.live.component import stage
from playground.spec import Experiment

st.set_page_config(layout="wide")
query = st.query_params
experiment = Experiment.from_link(query["e"]) if "e" in query else Experiment()
said = stage(
    query.get("run"),
    experiment,
    query.get("views", "diagram,plane").split(","),
    owner=query.get("owner", "somebody"),
    lang=query.get("lang", "en"),
    reports=("status",) if "reports" in query else (),
)
st.session_state["count"] = st.session_state.get("count", 0) + 1
st.html(f'<p id="page" data-count="{st.session_state["count"]}">{said.status} {said.proposal}</p>')
