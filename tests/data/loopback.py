"""A server on this machine that answers as badly as it is told to, for downloads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves `files` by their last name.

    Attributes:
        how: what is wrong with it, by name: `"404"`, `"wrong"` (other bytes), `"cut"` (half of it, then the connection
            breaks), `"short"` (half of it, announced as all), `"large"` (endless, of unknown size), `"slow"`.
        ranges: whether it can begin in the middle.
        asked: names and first bytes that were asked for.
        sent: bytes that were sent.
        pause: seconds between two portions of 1,000 bytes, where it is slow.
    """

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.how, self.ranges = files, "", True
        self.asked: list[tuple[str, int]] = []
        self.sent, self.pause = 0, 0.01

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client has hung up."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        pass

    def do_GET(self) -> None:
        server, name = self.server, self.path.rsplit("/", 1)[-1]
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        server.asked.append((name, start))
        data = server.files.get(name)
        if data is None or server.how == "404":
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if server.how == "wrong":
            data = bytes(byte ^ 255 for byte in data)
        if server.how == "large":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            while True:
                self._send(bytes(1 << 16))
        body = data[start:]
        if server.how == "short":
            body = body[: len(body) // 2]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.how == "cut":
            self._send(body[: len(body) // 2])
            self.close_connection = True
            return
        if server.how == "slow":
            for at in range(0, len(body), 1000):
                self._send(body[at : at + 1000])
                time.sleep(server.pause)
            return
        self._send(body)

    def _send(self, part: bytes) -> None:
        self.wfile.write(part)
        self.server.sent += len(part)


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Server]:
    with Server(files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
