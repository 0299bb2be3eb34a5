"""Where the service of a data folder answers, and how it is brought up: a lock, an address file, a Unix socket.

The folder `service` inside the data folder holds them, open to its user only. The lock is held by the kernel for as
long as the service lives, so there is never a second one and never a stale lock. A path that is too long for a Unix
socket is replaced by a private temporary folder; where there are no Unix sockets it is a loopback port and a random
token.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from playground.runs import durable, interpreter
from playground.runs.commands import PROTOCOL
from playground.runs.reasons import ServiceDown

MAX_SOCKET_PATH = 100  # bytes; the kernel's limit is 108, on macOS 104
START_SECONDS = 30.0
EXIT_UNWRITABLE = 3
HAS_UNIX = hasattr(socket, "AF_UNIX") and sys.platform != "win32"


@dataclass(frozen=True)
class Address:
    """Where a service answers: a path, or a port of this machine and the token it wants to hear."""

    pid: int
    path: str = ""
    port: int = 0
    token: str = ""
    protocol: int = PROTOCOL
    temporary: str = ""  # a folder made for the socket alone

    def connect(self, timeout: float) -> socket.socket:
        """Return a connection. Raises OSError."""
        if not self.path:
            return socket.create_connection(("127.0.0.1", self.port), timeout)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(self.path)
        except BaseException:
            connection.close()
            raise
        return connection


def home(data_dir: Path) -> Path:
    """Return the service's folder, made for its user only if it is missing.

    Raises:
        ServiceDown: if the data folder cannot be used.
    """
    folder = data_dir / "service"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if HAS_UNIX and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ServiceDown("run.folder_refused", place=str(data_dir), reason=reason) from error
    return folder


def read_address(data_dir: Path) -> Address | None:
    """Return where the service said it answers; None if it has not, or if the file cannot be understood."""
    try:
        plain: Any = json.loads((data_dir / "service" / "address.json").read_text())
        return Address(**cast("dict[str, Any]", plain))
    except (OSError, ValueError, TypeError):
        return None


def write_address(data_dir: Path, address: Address) -> None:
    """Let everybody who may read the folder know where the service answers."""
    folder = data_dir / "service"
    text = json.dumps(asdict(address)).encode()

    def write(file: BinaryIO) -> None:
        (folder / "address.tmp").chmod(0o600)
        file.write(text)

    durable.write_whole(folder / "address.json", folder / "address.tmp", write)


def take_lock(data_dir: Path) -> BinaryIO | None:
    """Return the lock of the data folder, held until it is closed; None if another process holds it."""
    lock = (data_dir / "service" / "lock").open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def choose_address(data_dir: Path) -> Address:
    """Return where this process will answer; what an earlier service has left there is removed."""
    before = read_address(data_dir)
    if before is not None:
        remove_address(data_dir, before)
    if not HAS_UNIX or os.environ.get("PLAYGROUND_SOCKET") == "loopback":
        return loopback()
    path = data_dir.resolve() / "service" / "socket"
    temporary = ""
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        temporary = tempfile.mkdtemp(prefix="playground-", dir=_short_folder())
        path = Path(temporary) / "socket"
    path.unlink(missing_ok=True)
    return Address(os.getpid(), path=str(path), temporary=temporary)


def loopback() -> Address:
    """Return an address of this machine whose port is not chosen yet, with a fresh token."""
    return Address(os.getpid(), token=secrets.token_hex(16))


def remove_address(data_dir: Path, address: Address) -> None:
    """Leave nothing behind of an address."""
    (data_dir / "service" / "address.json").unlink(missing_ok=True)
    if address.temporary and Path(address.temporary).name.startswith("playground-"):
        shutil.rmtree(address.temporary, ignore_errors=True)
    elif address.path:
        (data_dir / "service" / "socket").unlink(missing_ok=True)


def _short_folder() -> str:
    for folder in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - a private folder in it
        if folder and len(os.fsencode(folder)) < MAX_SOCKET_PATH - 40 and os.access(folder, os.W_OK):
            return folder
    return tempfile.gettempdir()


_retired: set[Path] = set()


def retire(data_dir: Path) -> None:
    """Start no service of `data_dir` from this process any more: it is about to end."""
    _retired.add(data_dir)


def ensure_service(
    data_dir: Path, environment: Mapping[str, str] | None = None, *, timeout: float = START_SECONDS
) -> Address:
    """Return where the service of `data_dir` answers, starting it in the background if it does not.

    Two processes may do this at once: the lock lets one service live, and both find it. An older service that does not
    speak this protocol is asked to leave first.

    Args:
        data_dir: the data folder; made if it is missing.
        environment: what the service is started with; None: what this process has.
        timeout: seconds to wait until it answers.

    Raises:
        ServiceDown: if the folder cannot be used or the service does not come up.
    """
    folder = home(data_dir)
    deadline = time.monotonic() + timeout
    process: subprocess.Popen[bytes] | None = None
    while True:
        address = read_address(data_dir)
        answering = None if address is None else _answering(address)
        if address is not None and answering == PROTOCOL:
            return address
        if answering is not None and process is not None:  # what lies on the disk is newer than this process
            raise ServiceDown("run.other_version")
        if data_dir in _retired:
            raise ServiceDown("run.service_lost")
        if process is None:
            process = _start(data_dir, folder, environment)
        elif process.poll() is not None:
            if process.returncode == EXIT_UNWRITABLE:
                raise ServiceDown("run.folder_refused", place=str(data_dir), reason=_last_line(folder))
            if process.returncode:
                raise ServiceDown("run.service_failed", reason=_last_line(folder))
            process = None  # another one was there first, or has just left
        if time.monotonic() > deadline:
            raise ServiceDown("run.service_silent", value=f"{timeout:g}")
        time.sleep(0.02)


def _start(data_dir: Path, folder: Path, environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            interpreter.command("playground.runs.service", "--data-dir", str(data_dir.resolve())),
            env=interpreter.environment(os.environ if environment is None else environment),
            cwd=data_dir,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            creationflags=flags,
        )
    # It outlives this process or not; somebody has to wait for it, or it stays a zombie for as long as the app lives.
    threading.Thread(target=process.wait, name="run-service", daemon=True).start()
    return process


def _answering(address: Address) -> int | None:
    """Return the protocol of the service that answers there, or None; one of another than ours is asked to leave."""
    from playground.runs.connection import Connection

    with contextlib.suppress(OSError, ServiceDown):
        connection = Connection(address, timeout=2.0)
        with contextlib.closing(connection):
            if connection.protocol != PROTOCOL:
                connection.shut_down()
            return connection.protocol
    return None


def _last_line(folder: Path) -> str:
    with contextlib.suppress(OSError):
        lines = (folder / "log").read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""
    return ""
