"""Only pages of this server may open a live socket, under a name that the server answers to."""

from __future__ import annotations

import pytest

from playground.live.access import admits

LOCAL = ("localhost", "127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", "http://localhost:8501"),
        ("127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("[::1]:8501", "http://[::1]:8501"),
        ("LOCALHOST:8501", "http://localhost:8501"),
        ("localhost:8501", None),
        ("localhost:8501", "https://school.example"),
    ],
)
def test_our_own_pages_and_those_that_are_named_may_connect(host: str, origin: str | None):
    assert admits(host, origin, hosts=LOCAL, origins=["https://school.example/"])


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", "http://evil.example"),
        ("localhost:8501", "http://localhost:8502"),  # another program of this machine
        ("localhost:8501", "http://localhost"),
        ("localhost:8501", "http://localhost:8501.evil.example"),
        ("localhost:8501", "http://evil.example/localhost:8501"),
        ("localhost:8501", "null"),
        ("localhost:8501", ""),
        ("localhost:8501", "file://"),
        ("localhost:8501", "http://[broken"),
        ("evil.example:8501", "http://evil.example:8501"),  # a name that was bound to our address
        ("localhost.evil.example", "http://localhost.evil.example"),
        ("user@localhost:8501", "http://user@localhost:8501"),
        ("localhost:8501/x", "http://localhost:8501/x"),
        ("localhost:99999999", "http://localhost:99999999"),
        ("", "http://localhost:8501"),
        (None, "http://localhost:8501"),
    ],
)
def test_everybody_else_is_refused(host: str | None, origin: str | None):
    assert not admits(host, origin, hosts=LOCAL, origins=[])


def test_names_may_have_a_wildcard_in_front():
    def answers(host: str) -> bool:
        return admits(host, f"http://{host}", hosts=["*.school.example"], origins=[])

    assert (answers("a.school.example"), answers("school.example"), answers("aschool.example")) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("hosts", [[], ["*"]])
def test_a_server_that_is_open_to_all_names_still_wants_its_own_pages(hosts: list[str]):
    assert admits("any.example", "https://any.example", hosts=hosts, origins=[])
    assert not admits("any.example", "https://evil.example", hosts=hosts, origins=[])
