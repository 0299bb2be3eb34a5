"""The pages, listed by hand. They lie in `pages/` of a checkout, and in `playground/_pages` of an installed wheel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PageEntry:
    """A page: its script, its address, the key of its title, and its sign."""

    script: str
    path: str
    title: str
    sign: str


PAGES = (PageEntry("playground.py", "playground", "ui.page.playground", "🕸️"),)


def folder() -> Path:
    """Return where the pages' scripts lie."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_pages"
    return installed if installed.is_dir() else package.parent / "pages"
