"""The app's line to the run service: one client for the process, and the name of this visitor."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import streamlit as st

from playground.data.folder import data_folder
from playground.live import tokens
from playground.runs.address import read_address, retire
from playground.runs.client import Client, ServiceDown
from playground.ui import owner as owners

LEAVING_SECONDS = 12
"""How long the service may take to write its checkpoints and leave."""
_ours = False
"""Whether this process has brought the service up."""


@cache
def _client(folder: Path) -> Client:
    return Client(folder)


def client() -> Client:
    """Return the client of the data folder in force."""
    return _client(data_folder())


def open_early() -> None:
    """Have the run service up before the first visitor wants it; a page says so if it cannot be had."""
    global _ours
    with suppress(ServiceDown):
        try:
            Client(data_folder(), start=False).info()
        except ServiceDown:
            _ours = True  # even where it takes longer to come up than anybody waits here
            client().info()


def close() -> None:
    """Let the service go if this process has brought it up, and wait until it has left; runs go on when it is back."""
    retire(data_folder())  # a page that is still being drawn must not bring it up again
    if _ours:
        with suppress(ServiceDown):
            Client(data_folder(), start=False).shut_down()
        deadline = time.monotonic() + LEAVING_SECONDS
        while read_address(data_folder()) is not None and time.monotonic() < deadline:
            time.sleep(0.02)
    client().close()


def owner() -> str:
    """Return this visitor's name for the service. Where no cookie arrives, the link keeps the key."""
    if "owner" not in st.session_state:
        kept = owners.valid_key(st.query_params.get("key")) or owners.new_key()
        name, by_link = owners.owner(st.context.cookies, tokens.secret(data_folder()), kept)
        st.session_state["owner"] = name
        st.session_state["owner_by_link"] = by_link
        if by_link:
            st.query_params["key"] = kept
    return str(st.session_state["owner"])
