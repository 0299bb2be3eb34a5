"""Starts the app for the command line: looks first, waits until it answers, opens the browser, and tidies up after it.

The server is a child process of its own (`streamlit run server.py`), because only then are all of Streamlit's settings
in force. What a start decides is passed as flags; the rest stands in `.streamlit/config.toml` beside `server.py`.
"""

from __future__ import annotations

import errno
import http.client
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from playground.data.folder import usable
from playground.i18n import text
from playground.spec import SpecError

SERVER = Path(__file__).resolve().parent / "server.py"
READY_SECONDS = 90.0
GRACE_SECONDS = 25.0
LEAVING_SECONDS = 15.0
_PORT_TROUBLE = {errno.EADDRINUSE: "ui.port_taken", errno.EACCES: "ui.port_refused"}
LIFELINE = "PLAYGROUND_LIFELINE"
"""Environment variable: the descriptor that closes when the process that started the server is gone."""


def serve(host: str, port: int, *, open_browser: bool, data_dir: Path, lang: str = "en") -> int:
    """Serve until interrupted; return the exit code: 0, or 1 if the server fails.

    Raises:
        SpecError: if the port is taken, the address is not this machine's, or the data folder cannot be written.
    """
    usable(data_dir)
    check_port(host, port)
    found = _service_answers(data_dir)
    lifeline, held = os.pipe()
    path = os.pathsep.join(filter(None, (str(SERVER.parents[2]), os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PLAYGROUND_DATA": str(data_dir), "PYTHONPATH": path}
    inherited: dict[str, Any] = {}
    if os.name == "posix":
        environment[LIFELINE] = str(lifeline)
        inherited = {"pass_fds": (lifeline,), "start_new_session": True}
    server = subprocess.Popen(
        command(host, port), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **inherited
    )
    os.close(lifeline)
    try:
        return _attend(server, host, port, open_browser=open_browser, lang=lang)
    finally:
        os.close(held)
        if server.poll() is None:
            server.kill()
            server.wait()
        if not found:
            _dismiss_service(data_dir)


def _service_answers(data_dir: Path) -> bool:
    """Tell whether somebody has brought the run service up before."""
    from playground.runs.client import Client
    from playground.runs.reasons import ServiceDown

    try:
        Client(data_dir, start=False).info()
    except ServiceDown:
        return False
    return True


def _dismiss_service(data_dir: Path) -> None:
    """Let the run service go that our server has brought up, where the server itself was not given the time."""
    from playground.runs.address import read_address
    from playground.runs.client import Client
    from playground.runs.reasons import ServiceDown

    deadline = time.monotonic() + LEAVING_SECONDS
    while read_address(data_dir) is not None and time.monotonic() < deadline:
        with suppress(ServiceDown):
            Client(data_dir, start=False).shut_down()
        time.sleep(0.1)


def command(host: str, port: int) -> list[str]:
    """Return the command line of the server."""
    flags = {
        "server.address": host,
        "server.port": str(port),
        "browser.serverAddress": _reachable(host),
    }
    if not _loopback(host):
        flags["client.showErrorDetails"] = "none"
    listed = (value for name in allowed_hosts(host) for value in ("--server.allowedHosts", name))
    chosen = (part for name, value in flags.items() for part in (f"--{name}", value))
    return [sys.executable, "-P", "-m", "streamlit", "run", str(SERVER), *chosen, *listed]


def allowed_hosts(host: str) -> list[str]:
    """Return the names under which the app may be asked for: what a stranger's page cannot make its own.

    `PLAYGROUND_ALLOWED_HOSTS` (separated by commas) decides where it is set; an address that listens to everybody
    answers to every name otherwise.
    """
    chosen = [
        name.strip() for name in os.environ.get("PLAYGROUND_ALLOWED_HOSTS", "").split(",") if name.strip()
    ]
    if chosen:
        return chosen
    if _loopback(host):
        return ["localhost", "127.0.0.1", "::1"]
    return ["*"] if host in ("0.0.0.0", "::") else [host, "localhost", "127.0.0.1", "::1"]  # noqa: S104 - a comparison


def check_port(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on.

    Raises:
        SpecError: naming the address and why.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise SpecError("ui.host_unknown", place="--host", value=host) from None
    for family, kind, protocol, _, address in found[:1]:
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                key = _PORT_TROUBLE.get(error.errno or 0)
                if key is not None:
                    raise SpecError(key, place="--port", value=port) from None
                raise SpecError("ui.host_unknown", place="--host", value=host) from None


def _attend(server: subprocess.Popen[Any], host: str, port: int, *, open_browser: bool, lang: str) -> int:
    """Wait until the server answers and then until it ends; hand on the signals that ask to stop."""
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            server.kill()
        asked = True
        server.terminate()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        address = f"http://{_reachable(host)}:{port}"
        if not _wait_until_ready(server, _reachable(host), port):
            if asked:
                return 0
            print(text("ui.server_failed", lang), file=sys.stderr)  # noqa: T201 - the command line's voice
            return 1
        print(text("ui.server_ready", lang, address=address), file=sys.stderr)  # noqa: T201
        if open_browser:
            webbrowser.open(address)
        while server.poll() is None:
            try:
                server.wait(GRACE_SECONDS if asked else 1.0)
            except subprocess.TimeoutExpired:
                if asked:
                    server.kill()
        return 0 if asked else 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_ready(server: subprocess.Popen[Any], host: str, port: int) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = http.client.HTTPConnection(host, port, timeout=2)
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == 200:
                return True
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    return False


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reachable(host: str) -> str:
    """Return the name under which this machine itself reaches the address."""
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1", "localhost") else host  # noqa: S104 - a comparison
