"""Downloads, from a server on this machine that answers as badly as servers do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from playground.data.download import allowed, cancel, download, mirrors, state
from playground.data.progress import Meter, Progress, read
from playground.data.published import MNIST, Published, missing
from playground.i18n import LANGUAGES
from playground.spec import SpecError
from tests.data.loopback import Server, serving
from tests.data.published_files import packed, published

ROOT = Path(__file__).resolve().parents[2]
FILES = packed()
NAME = MNIST.files[0].name


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(FILES) as found:
        yield found


@pytest.fixture
def other() -> Iterator[Server]:
    with serving(FILES) as found:
        yield found


def at(*servers: Server | str) -> Published:
    """Return the data set with these mirrors."""
    addresses = tuple(each if isinstance(each, str) else each.address for each in servers)
    return published(FILES, mirrors=addresses)


def good(folder: Path) -> bool:
    place = folder / "datasets" / "mnist"
    return all((place / name).read_bytes() == data for name, data in FILES.items())


def left(folder: Path) -> set[str]:
    """Return what lies there besides the lock and the note."""
    return {path.name for path in (folder / "datasets" / "mnist").iterdir()} - {".lock", ".progress.json"}


def refused(found: Published, folder: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        download(found, folder)
    for lang in LANGUAGES:
        sentence = caught.value.text(lang)
        assert str(folder / "datasets" / "mnist") in sentence
        assert NAME in sentence
        assert "MNIST 5k" in sentence  # what works without it
        if caught.value.key != "download.folder":
            assert state(found, folder).sentences[lang] == sentence
    return caught.value


def dead() -> str:
    """Return an address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_what_is_missing_comes_with_progress_and_once(server: Server, tmp_path: Path) -> None:
    found, seen, prepared = at(server), list[Progress](), list[str]()
    ended = download(found, tmp_path, seen.append, lambda: prepared.append("once"))
    assert ended.status == "done"
    assert good(tmp_path)
    assert left(tmp_path) == set(FILES)
    assert missing(found, tmp_path) == ()
    assert [progress.received for progress in seen] == sorted(progress.received for progress in seen)
    assert seen[-1].received == seen[-1].total == found.num_bytes
    assert {progress.status for progress in seen} == {"running", "preparing", "done"}
    assert prepared == ["once"]
    assert state(found, tmp_path).status == "done"
    download(found, tmp_path)
    assert len(server.asked) == 4
    (tmp_path / "datasets" / "mnist" / NAME).unlink()
    download(found, tmp_path)
    assert server.asked[4:] == [(NAME, 0)]
    assert good(tmp_path)


@pytest.mark.parametrize(
    ("how", "key"),
    [
        ("404", "download.status"),
        ("wrong", "download.sum"),
        ("short", "download.size"),
        ("cut", "download.broke"),
        ("large", "download.size"),
    ],
)
def test_a_bad_mirror_is_named_and_the_next_one_is_asked(
    server: Server, other: Server, tmp_path: Path, how: str, key: str
) -> None:
    server.how = how
    error = refused(at(server), tmp_path)
    assert error.key == "download.failed"
    assert error.values["reasons"][0].key == key  # type: ignore[index]
    assert f"127.0.0.1:{server.server_address[1]}" in str(error)
    assert NAME not in left(tmp_path)
    assert download(at(server, other), tmp_path).status == "done"
    assert good(tmp_path)
    assert left(tmp_path) == set(FILES)


def test_not_a_byte_more_than_the_file_has_is_kept(server: Server, tmp_path: Path) -> None:
    server.how = "large"
    refused(at(server), tmp_path)
    assert sum(path.stat().st_size for path in (tmp_path / "datasets" / "mnist").iterdir()) < 10_000
    assert server.sent < 20_000_000


def test_a_dead_mirror_is_passed_over(server: Server, tmp_path: Path) -> None:
    assert download(at(dead(), server), tmp_path).status == "done"
    assert good(tmp_path)


def test_without_a_network_the_sentence_says_where_to_put_which_files(tmp_path: Path) -> None:
    error = refused(at(dead(), dead()), tmp_path)
    assert error.key == "download.offline"
    assert len(error.values["reasons"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("ranges", [True, False])
def test_what_broke_off_goes_on_where_it_was(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.how = "cut"
    refused(at(server), tmp_path)
    half = len(FILES[NAME]) // 2
    assert (tmp_path / "datasets" / "mnist" / f"{NAME}.part").stat().st_size == half
    server.how, server.ranges = "", ranges
    server.asked.clear()
    download(at(server), tmp_path)
    assert server.asked[0] == (NAME, half if ranges else 0)
    assert good(tmp_path)


@pytest.mark.parametrize("size", ["smaller", "equal", "larger"])
def test_rubbish_that_was_left_is_thrown_away(server: Server, tmp_path: Path, size: str) -> None:
    place = tmp_path / "datasets" / "mnist"
    place.mkdir(parents=True)
    whole = len(FILES[NAME])
    (place / f"{NAME}.part").write_bytes(b"x" * {"smaller": 100, "equal": whole, "larger": whole + 5}[size])
    assert download(at(server), tmp_path).status == "done"
    assert good(tmp_path)
    assert left(tmp_path) == set(FILES)


def test_a_wrong_file_in_the_folder_is_replaced(server: Server, tmp_path: Path) -> None:
    place = tmp_path / "datasets" / "mnist"
    place.mkdir(parents=True)
    (place / NAME).write_bytes(b"something else")
    download(at(server), tmp_path)
    assert good(tmp_path)


def test_cancelling_stops_at_once_keeps_what_came_and_can_be_gone_on_with(
    server: Server, tmp_path: Path
) -> None:
    server.how = "slow"
    found = at(server)

    def stop(progress: Progress) -> None:
        if progress.received:
            cancel(found, tmp_path)

    assert download(found, tmp_path, stop).status == "cancelled"
    assert state(found, tmp_path).status == "cancelled"
    came = (tmp_path / "datasets" / "mnist" / f"{NAME}.part").stat().st_size
    assert 0 < came < len(FILES[NAME])
    server.how = ""
    assert download(found, tmp_path).status == "done"
    assert (NAME, came) in server.asked
    assert good(tmp_path)


def test_a_folder_that_cannot_be_written_is_a_sentence(server: Server, tmp_path: Path) -> None:
    (tmp_path / "datasets").write_text("a file where a folder should be")
    error = refused(at(server), tmp_path)
    assert error.key == "download.folder"
    assert not server.asked


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_is_a_sentence(server: Server, tmp_path: Path) -> None:
    place = tmp_path / "datasets" / "mnist"
    place.mkdir(parents=True)
    place.chmod(0o500)
    try:
        assert refused(at(server), tmp_path).key == "download.folder"
    finally:
        place.chmod(0o700)


def test_a_full_disk_is_a_sentence_and_no_other_mirror_is_asked(
    server: Server, other: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("playground.data.streaming.Stream._write", full)
    with pytest.raises(SpecError) as caught:
        download(at(server, other), tmp_path)
    assert caught.value.key == "download.disk"
    assert not other.asked


def test_two_at_once_download_once(server: Server, tmp_path: Path) -> None:
    server.how = "slow"
    code = (
        "import sys, json; from pathlib import Path\n"
        "from tests.data.published_files import packed, published\n"
        "from playground.data.download import download\n"
        "seen = set()\n"
        "ended = download(published(packed(), mirrors=(sys.argv[1],)), Path(sys.argv[2]), "
        "lambda progress: seen.add(progress.status))\n"
        "print(json.dumps([ended.status, sorted(seen)]))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, server.address, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    ends = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    assert [status for status, _ in ends] == ["done", "done"]
    assert good(tmp_path)
    assert sorted(server.asked) == sorted((name, 0) for name in FILES)


def test_two_threads_of_one_process_download_once(server: Server, tmp_path: Path) -> None:
    server.how, found, ends = "slow", at(server), list[str]()
    threads = [
        threading.Thread(target=lambda: ends.append(download(found, tmp_path).status)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ends == ["done", "done"]
    assert len(server.asked) == 4


def test_a_download_whose_process_has_died_is_seen_as_ended(tmp_path: Path) -> None:
    place = tmp_path / "datasets" / "mnist"
    place.mkdir(parents=True)
    noted = {
        "status": "running",
        "received": 5,
        "total": 10,
        "rate": 1.0,
        "remaining": 5.0,
        "host": "",
        "sentences": {},
    }
    (place / ".progress.json").write_text(json.dumps(noted))
    assert read(place).status == "running"
    assert state(MNIST, tmp_path).status == "cancelled"
    (place / ".progress.json").write_text("{broken")
    assert state(MNIST, tmp_path).status == "none"


def test_rate_and_remaining_time_are_those_of_the_last_seconds() -> None:
    meter = Meter(1000)
    assert meter.at(0, "host", now=0.0).remaining is None
    meter.at(100, "host", now=10.0)
    progress = meter.at(300, "host", now=12.0)
    assert progress.rate == pytest.approx(100)
    assert progress.remaining == pytest.approx(7)


def test_downloads_can_be_switched_off_and_a_mirror_of_ones_own_comes_first() -> None:
    assert allowed({})
    assert allowed({"PLAYGROUND_DOWNLOADS": "on"})
    assert not any(allowed({"PLAYGROUND_DOWNLOADS": word}) for word in ("off", "0", "No", "false"))
    assert mirrors(MNIST, {}) == MNIST.mirrors
    own = mirrors(MNIST, {"PLAYGROUND_MIRROR": "http://school/datasets"})
    assert own == ("http://school/datasets/mnist/", *MNIST.mirrors)
    assert mirrors(MNIST, {"PLAYGROUND_MIRROR": "file:///etc"}) == MNIST.mirrors


def test_the_command_line_downloads_what_the_name_says(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from playground.cli import main
    from playground.data import images
    from playground.data import published as of_authors

    found = replace(at(server))
    monkeypatch.setitem(of_authors.PUBLISHED, "mnist", found)
    monkeypatch.setattr(images, "MNIST", found)
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    assert main(["download", "mnist", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["status"] == "done"
    assert report["folder"] == str(tmp_path / "datasets" / "mnist")
    assert list((tmp_path / "datasets" / "prepared").iterdir())
    assert main(["download", "nothing"]) == 2
    assert "fashion-mnist" in capsys.readouterr().err
