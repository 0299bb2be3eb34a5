"""One file from one address, as a downloader for pooch: a known size, resumed where it broke off, ended when asked to.

What has come is kept beside the target as `<name>.part` until it is whole. Knows no mirrors and no checksums: pooch
compares those before the file gets its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from playground.spec import SpecError

CHUNK = 1 << 16
CONNECT_SECONDS, READ_SECONDS = 10.0, 20.0


class Cancelled(Exception):
    """Somebody has asked to stop."""


class Stream:
    """Fetches one file of exactly `num_bytes`; pooch calls it with an address and the file to write.

    Args:
        num_bytes: how large the file must be; not a byte more is written.
        part: where what has come is kept.
        tell: is called with the bytes that are there, every time some have come.
        cancelled: is asked between two portions.
    """

    def __init__(
        self, num_bytes: int, part: Path, tell: Callable[[int], object], cancelled: Callable[[], bool]
    ) -> None:
        self._num_bytes, self._part = num_bytes, part
        self._tell, self._cancelled = tell, cancelled

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Fetch `url` and leave it at `output_file`.

        Raises:
            SpecError: `download.status`, `download.size` or `download.cut`: the answer is not the file.
            Cancelled: if it was; what has come stays.
            requests.RequestException: if there is no connection, or it breaks off.
            OSError: if nothing can be written.
        """
        del pooch, check_only
        if self._there() != self._num_bytes:
            self._fetch(url)
        self._part.replace(output_file)

    def _fetch(self, url: str) -> None:
        import requests

        there = self._there()
        head = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        with requests.get(url, headers=head, stream=True, timeout=timeout) as response:
            if there and response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._part.unlink()  # what is there is not of this file
                self._fetch(url)
                return
            if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise SpecError("download.status", value=response.status_code)
            resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT and self._continues(response, there)
            there = there if resumed else 0
            announced = response.headers.get("Content-Length", "")
            if announced.isdigit() and there + int(announced) != self._num_bytes:
                raise SpecError(
                    "download.size", value=f"{there + int(announced):,}", expected=f"{self._num_bytes:,}"
                )
            self._write(response, there)

    def _write(self, response: Any, there: int) -> None:
        """Write what comes behind the first `there` bytes, and not a byte too many."""
        with self._part.open("r+b" if there else "wb") as file:
            file.truncate(there)
            file.seek(there)
            for chunk in _portions(response):
                if self._cancelled():
                    raise Cancelled
                there += len(chunk)
                if there > self._num_bytes:
                    file.truncate(0)
                    raise SpecError(
                        "download.size", value=f"> {self._num_bytes:,}", expected=f"{self._num_bytes:,}"
                    )
                file.write(chunk)
                self._tell(there)
        if there != self._num_bytes:
            raise SpecError("download.cut", value=f"{there:,}", expected=f"{self._num_bytes:,}")

    @staticmethod
    def _continues(response: Any, there: int) -> bool:
        """Tell whether the answer really begins where what is there ends."""
        return str(response.headers.get("Content-Range", "")).startswith(f"bytes {there}-")

    def _there(self) -> int:
        """Return how much is there; what is too large is none of it."""
        try:
            found = self._part.stat().st_size
        except FileNotFoundError:
            return 0
        return found if found <= self._num_bytes else 0


def _portions(response: Any) -> Iterator[bytes]:
    """Give what comes as it comes: nothing waits for a portion to be full, and nothing that came is lost."""
    import requests
    import urllib3

    read = getattr(response.raw, "read1", response.raw.read)
    try:
        while portion := read(CHUNK):
            yield portion
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None
