"""What the server sends beside the page: headers, cookie, own files; and what it keeps to itself. Needs no browser."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from playground.ui.owner import COOKIE, owner, sign, verified
from tests.browser.conftest import free_port
from tests.browser.visitor import until

ROOT = Path(__file__).resolve().parents[2]


def ask(server: str, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=20)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


def test_a_page_brings_a_signed_cookie_that_scripts_cannot_read(server: str) -> None:
    given = ask(server, "/").getheader("set-cookie") or ""
    cookie = SimpleCookie(given)[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert ask(server, "/", Cookie=f"{COOKIE}={cookie.value}").getheader("set-cookie") is None
    forged = "0" * 32 + cookie.value[32:]
    assert COOKIE in (ask(server, "/", Cookie=f"{COOKIE}={forged}").getheader("set-cookie") or "")


@pytest.mark.parametrize("path", ["/", "/text", "/gan?e=no"])
def test_a_page_says_where_the_server_is(server: str, path: str) -> None:
    response = ask(server, path, **{"Accept-Encoding": "gzip", "If-None-Match": "*"})
    page = response.body.decode()  # type: ignore[attr-defined]
    assert response.status == 200
    assert "BACKEND_BASE_URL" in page
    assert "<title>Neural network playground</title>" in page
    assert page.rstrip().endswith("</html>")
    assert response.getheader("etag") is None


def test_the_browser_is_told_to_load_from_here_only(server: str) -> None:
    response = ask(server, "/")
    policy = response.getheader("content-security-policy") or ""
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert response.getheader("x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/interact"]
)
def test_numbers_about_the_server_stay_inside(server: str, path: str) -> None:
    assert ask(server, path).status == 404


def test_own_files_are_kept_by_the_browser(server: str) -> None:
    for path, kind in (
        ("/playground/chart.js", "text/javascript"),
        ("/playground/plotly.js", "text/javascript"),
        ("/playground/thumbnail/light/Spiral.svg", "image/svg+xml"),
        ("/playground/preset/light/circle.svg", "image/svg+xml"),
    ):
        response = ask(server, path, **{"Accept-Encoding": "gzip"})
        assert response.status == 200
        assert (response.getheader("content-type") or "").startswith(kind)
        assert "max-age" in (response.getheader("cache-control") or "")
    assert ask(server, "/playground/thumbnail/light/Nothing.svg").status == 404


def test_a_page_asked_for_under_a_strange_name_gets_no_socket(server: str) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert ask(server, "/_stcore/stream", Host="evil.example", **upgrade).status in (400, 403)


def test_a_port_that_is_taken_is_a_sentence_and_exit_code_two(server: str, tmp_path: Path) -> None:
    port = str(urlsplit(server).port)
    ran = subprocess.run(
        [sys.executable, "-m", "playground", "serve", "--port", port, "--no-browser"],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "PLAYGROUND_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert port in ran.stderr
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_data_folder_that_cannot_be_written_is_a_sentence_and_exit_code_two(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    ran = subprocess.run(
        [sys.executable, "-m", "playground", "serve", "--no-browser"],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "PLAYGROUND_DATA": str(tmp_path / "file" / "below")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert str(tmp_path) in ran.stderr
    assert "Traceback" not in ran.stderr


def test_only_a_cookie_that_we_have_signed_is_believed() -> None:
    secret, key = b"s" * 32, "ab" * 16
    assert verified(sign(key, secret), secret) == key
    for value in (
        None,
        "",
        key,
        f"{key}.",
        f"{key}.{'0' * 64}",
        sign(key, b"other"),
        sign(key, secret) + "0",
        "ä." + "0" * 64,
    ):
        assert verified(value, secret) is None


def test_the_service_never_sees_the_key_itself() -> None:
    secret, key = b"s" * 32, "ab" * 16
    by_cookie, only_link = owner({COOKIE: sign(key, secret)}, secret, None)
    assert not only_link
    assert key not in by_cookie
    by_link, only_link = owner({}, secret, key)
    assert only_link
    assert key not in by_link
    assert by_cookie != by_link
    assert owner({}, secret, key)[0] == by_link
    assert owner({}, secret, "not a key")[0] != owner({}, secret, "not a key")[0]


def test_the_settings_asked_for_are_in_force() -> None:
    program = (
        "import streamlit as st, json, sys\n"
        "from streamlit import config\n"
        f"config._main_script_path = {str(ROOT / 'playground/ui/server.py')!r}\n"
        "names = ['runner.postScriptGC', 'server.fileWatcherType', 'browser.gatherUsageStats', 'client.toolbarMode',"
        " 'server.address', 'server.maxUploadSize', 'server.allowedHosts']\n"
        "print(json.dumps({name: config.get_option(name) for name in names}))"
    )
    import json

    with contextlib.chdir(ROOT):
        ran = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={"PATH": "", "HOME": "/nonexistent"},
        )
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    assert found == {
        "runner.postScriptGC": False,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "server.address": "127.0.0.1",
        "server.maxUploadSize": 20,
        "server.allowedHosts": ["localhost", "127.0.0.1", "::1"],
    }


def test_a_server_that_is_killed_leaves_no_run_service_behind(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "serve", "--port", str(port), "--no-browser"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PLAYGROUND_DATA": str(tmp_path)},
    )
    until((tmp_path / "service" / "address.json").exists, "the service is up")
    until(lambda: bool(psutil.Process(process.pid).children()), "the server is there")
    psutil.Process(process.pid).children()[0].kill()
    assert process.wait(60) == 1
    assert not (tmp_path / "service" / "address.json").exists()
