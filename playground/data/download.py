"""Fetches the files of a published data set into the data folder: from the first mirror that has them, once.

Every file has a known size and SHA-256; nothing else is ever kept under its name. Two who want the same at once, in two
tabs or two processes, download it once. It can be cancelled from anywhere and goes on where it was. Knows no screen.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playground.data.progress import CANCEL, Meter, Noted, Progress, failed, read
from playground.data.published import Published, PublishedFile, missing
from playground.data.streaming import Cancelled, Stream
from playground.spec import SpecError

OFF = ("0", "off", "no", "false")
LOCK = ".lock"
PATIENCE = 0.25
"""Seconds between two looks whether the one who downloads is done."""

Report = Callable[[Progress], object]


def allowed(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether visitors may start downloads here: `PLAYGROUND_DOWNLOADS=off` forbids it."""
    return environment.get("PLAYGROUND_DOWNLOADS", "").strip().lower() not in OFF


def mirrors(published: Published, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the addresses to try; `PLAYGROUND_MIRROR`, a school's own copy of `datasets/`, comes before the others."""
    own = environment.get("PLAYGROUND_MIRROR", "").strip()
    first = (f"{own.rstrip('/')}/{published.name}/",) if own.startswith(("http://", "https://")) else ()
    return (*first, *published.mirrors)


def download(
    published: Published,
    data_folder: Path,
    report: Report = lambda progress: None,
    prepare: Callable[[], object] = lambda: None,
) -> Progress:
    """Fetch what is missing and return how it ended: `"done"` or `"cancelled"`.

    Args:
        published: what to fetch.
        data_folder: where `datasets/` lies.
        report: is told how far it is, often.
        prepare: is called once everything is there.

    Raises:
        SpecError: `download.folder` if the folder cannot be written, `download.offline` if no mirror can be reached,
            `download.failed` if none has the file; each says where to put which files by hand and what works now.
    """
    from filelock import FileLock, Timeout

    folder = published.folder(data_folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        while True:
            try:
                lock.acquire(timeout=PATIENCE)
                break
            except Timeout:
                report(_waiting(folder))
    except OSError as error:
        raise _refusal(
            "download.folder", published, folder, reason=error.strerror or type(error).__name__
        ) from None
    try:
        return _alone(published, data_folder, report, prepare)
    finally:
        lock.release()


def cancel(published: Published, data_folder: Path) -> None:
    """Ask whoever downloads this data set to stop."""
    with contextlib.suppress(OSError):
        (published.folder(data_folder) / CANCEL).touch()


def state(published: Published, data_folder: Path) -> Progress:
    """Return how a download stands, wherever it was started; one whose process has died is `"cancelled"`."""
    folder = published.folder(data_folder)
    found = read(folder)
    if found.status in ("running", "preparing") and not _held(folder):
        found = Progress("cancelled", found.received, found.total)
    return found


def _held(folder: Path) -> bool:
    """Tell whether somebody downloads into `folder`."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _waiting(folder: Path) -> Progress:
    seen = read(folder)
    return Progress("waiting", seen.received, seen.total, seen.rate, seen.remaining, seen.host)


def _alone(
    published: Published, data_folder: Path, report: Report, prepare: Callable[[], object]
) -> Progress:
    """Do it while nobody else does."""
    folder, noted = published.folder(data_folder), Noted(published.folder(data_folder))

    def tell(progress: Progress) -> Progress:
        noted.write(progress)
        report(progress)
        return progress

    (folder / CANCEL).unlink(missing_ok=True)
    try:
        wanted = missing(published, data_folder)
        total = sum(file.num_bytes for file in wanted)
        meter, done = Meter(total), 0
        for file in wanted:
            _from_any(published, file, folder, meter, done, tell)
            done += file.num_bytes
        tell(Progress("preparing", total, total))
        prepare()
        return tell(Progress("done", total, total))
    except Cancelled:
        return tell(Progress("cancelled"))
    except SpecError as error:
        tell(failed(error))
        raise


def _from_any(
    published: Published, file: PublishedFile, folder: Path, meter: Meter, done: int, tell: Report
) -> None:
    """Fetch one file from the first mirror that has it."""
    part = folder / f"{file.name}.part"
    reasons: list[SpecError] = []
    for mirror in mirrors(published):
        host = urlsplit(mirror).netloc
        stream = Stream(
            file.num_bytes,
            part,
            lambda received, host=host: tell(meter.at(done + received, host)),
            (folder / CANCEL).exists,
        )
        for _ in range(
            2
        ):  # what was left of another file spoils the sum of this one; without it, it may be right
            began_with = part.exists()
            reason = _attempt(mirror + file.name, file, folder, stream, host)
            if reason is None:
                return
            reasons.append(reason)
            if not (began_with and reason.key == "download.sum"):
                break
    unreachable = all(reason.key == "download.unreachable" for reason in reasons)
    key = "download.offline" if unreachable else "download.failed"
    raise _refusal(key, published, folder, file=file.name, reasons=tuple(reasons))


def _attempt(url: str, file: PublishedFile, folder: Path, stream: Stream, host: str) -> SpecError | None:
    """Fetch a file from one address; return why that was not possible, or None."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")  # it would speak English on the terminal
    downloader: Any = (
        stream  # pooch's own types call the parameters of a downloader by other names than it does
    )
    try:
        pooch.retrieve(url, f"sha256:{file.sha256}", fname=file.name, path=folder, downloader=downloader)
    except SpecError as error:
        return error.at(host)
    except ValueError:  # pooch: the checksum
        return SpecError("download.sum", place=host)
    except requests.RequestException as error:
        broke = isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ReadTimeout)
        return SpecError("download.broke" if broke else "download.unreachable", place=host)
    except OSError as error:
        raise SpecError(
            "download.disk", value=str(folder), reason=error.strerror or type(error).__name__
        ) from None
    return None


def _refusal(key: str, published: Published, folder: Path, **values: Any) -> SpecError:
    files = ", ".join(file.name for file in published.files)
    return SpecError(key, value=published.kind, folder=str(folder), files=files, **values)
