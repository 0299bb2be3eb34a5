"""`?run=…&owner=…` shows a run, without `run` the untrained network of `e`; `views` names what is drawn."""

from __future__ import annotations

import streamlit as st

from playground.data.folder import data_folder
from playground.live.component import stage
from playground.runs.client import Client
from playground.spec import Experiment

st.set_page_config(layout="wide")
query = st.query_params
owner = query.get("owner", "somebody")
experiment = Experiment.from_link(query["e"]) if "e" in query else Experiment()


def train() -> None:
    """Start a run of the experiment."""
    st.query_params["run"] = Client(data_folder()).submit(owner, experiment)


def propose(change: dict[str, object]) -> None:
    """Keep what the visitor wants, so that it can be seen."""
    st.session_state["proposal"] = change


st.button("train", key="train", on_click=train)
stage(
    query.get("run"),
    experiment,
    query.get("views", "diagram,plane").split(","),
    owner=owner,
    lang=query.get("lang", "en"),
    reports=("status",) if "reports" in query else (),
    on_proposal=propose,
    on_status=lambda status: st.session_state.update(status=status),
)
st.session_state["count"] = st.session_state.get("count", 0) + 1
proposal = st.session_state.get("proposal")
st.html(
    f'<p id="page" data-count="{st.session_state["count"]}">{st.session_state.get("status")} {proposal}</p>'
)
