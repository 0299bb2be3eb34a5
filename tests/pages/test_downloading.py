"""A data set that is not here: offered in the data column, fetched beside everything else, taken when it has come."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playground.data import forget, images
from playground.data import published as of_authors
from playground.data.published import Published
from playground.runs import interpreter
from playground.spec import Experiment
from playground.ui import downloads
from tests.data.loopback import Server, serving
from tests.data.published_files import packed, published
from tests.pages.conftest import Page

ROOT = Path(__file__).resolve().parents[2]
FILES = packed()
CHILD = """
import sys
from pathlib import Path
from playground.data.download import download
from tests.data.published_files import packed, published
download(published(packed(), mirrors=(sys.argv[1],)), Path(sys.argv[2]))
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(FILES) as found:
        yield found


@pytest.fixture
def small(server: Server, pages_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    """MNIST, but with 40 + 20 pictures, from a server on this machine; downloads are real processes."""
    found = published(FILES, mirrors=(server.address,))
    monkeypatch.setattr(images, "MNIST", found)
    monkeypatch.setitem(of_authors.PUBLISHED, "mnist", found)
    child = [sys.executable, "-c", CHILD, server.address, str(pages_folder)]
    monkeypatch.setattr(interpreter, "command", lambda *arguments: child)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    forget()
    yield found
    for process in downloads._started.values():
        process.kill()
        process.wait()
    downloads._started.clear()
    for name in ("mnist", "prepared"):
        shutil.rmtree(pages_folder / "datasets" / name, ignore_errors=True)
    forget()


def texts(page: Page) -> str:
    return " ".join(bar.proto.text for bar in page.app.get("progress"))


def test_what_is_not_here_is_offered_and_nothing_else_changes(
    opened: Callable[..., Page], small: Published, server: Server
) -> None:
    server.how, server.pause = "slow", 0.1
    page = opened()
    before = page.experiment
    page.click("kind-Mnist")
    assert page.experiment == before
    assert small.licence in page.said("download_about")
    button = page.app.button(key="download_start")
    assert "MB" in button.label
    page.click("download_start")
    page.until(lambda page: " of " in texts(page), "progress with bytes")
    page.click("kind-Circles")  # the visitor looks elsewhere meanwhile
    assert Experiment.from_json(page.experiment).data.kind == "Circles"
    page.click("kind-Mnist")
    assert texts(page)
    server.how = ""
    page.until(lambda page: Experiment.from_json(page.experiment).data.kind == "Mnist", "taken by itself")
    assert "60,000" in page.said("samples")
    assert not page.app.get("progress")


def test_a_download_can_be_cancelled_and_gone_on_with(
    opened: Callable[..., Page], small: Published, server: Server, pages_folder: Path
) -> None:
    server.how, server.pause = "slow", 0.1
    page = opened(lang="zh-CN")
    page.click("kind-Mnist").click("download_start")
    page.until(lambda page: "剩" in texts(page) or "还需" in texts(page), "remaining time")
    page.click("download_cancel")
    page.until(lambda page: "已取消" in page.said("download"), "cancelled")
    assert list(small.folder(pages_folder).glob("*.part"))
    server.how = ""
    page.click("download_start")
    page.until(lambda page: Experiment.from_json(page.experiment).data.kind == "Mnist", "taken by itself")
    assert any(start for _, start in server.asked)


def test_a_failed_download_says_why_and_where_to_put_the_files(
    opened: Callable[..., Page], small: Published, server: Server, pages_folder: Path
) -> None:
    server.how = "404"
    page = opened()
    page.click("kind-Mnist").click("download_start")
    page.until(lambda page: "HTTP 404" in page.said("download"), "the reason")
    assert str(small.folder(pages_folder)) in page.said("download")
    assert page.app.button(key="download_start")


def test_a_hosted_demo_can_switch_downloads_off(
    opened: Callable[..., Page], small: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DOWNLOADS", "off")
    page = opened()
    page.click("kind-Mnist")
    assert "switched off" in page.said("download")
    with pytest.raises(KeyError):
        page.app.button(key="download_start")


def test_a_link_to_data_that_are_not_here_opens_with_the_offer(
    opened: Callable[..., Page], small: Published
) -> None:
    link = Experiment.from_plain({"data": {"kind": "Mnist"}}).to_link()
    page = opened(e=link)
    assert page.app.button(key="download_start")
