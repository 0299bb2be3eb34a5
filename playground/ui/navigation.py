"""The pages, listed by hand. They lie in `pages/` of a checkout, and in `playground/_pages` of an installed wheel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playground.presets import home as presets_home
from playground.spec import Experiment


@dataclass(frozen=True)
class PageEntry:
    """A page: its script, its address, the key of its title, its sign, and the example it opens with."""

    script: str
    path: str
    title: str
    sign: str
    opens: str


PLAYGROUND = PageEntry(
    "playground.py", "playground", "ui.page.playground", ":material/scatter_plot:", "circle"
)
IMAGES = PageEntry("images.py", "images", "ui.page.images", ":material/grid_on:", "lenet-5")
SEQUENCES = PageEntry("sequences.py", "sequences", "ui.page.sequences", ":material/timeline:", "series-lstm")
TEXT = PageEntry("text.py", "text", "ui.page.text", ":material/text_fields:", "sentiment-rnn")
GAN = PageEntry("gan.py", "gan", "ui.page.gan", ":material/swords:", "gan-8-gaussians")
PAGES = (PLAYGROUND, IMAGES, SEQUENCES, TEXT, GAN)
"""The first one is what opens at the bare address. A lab opens with an example of its own."""
HOMES = {
    nature: next(page for page in PAGES if page.path == name) for nature, name in presets_home.NATURES.items()
}
"""Where data are at home, by the nature of a sample."""


def home(experiment: Experiment) -> PageEntry:
    """Return the page where such data are at home; two networks against each other have one of their own."""
    return entry(presets_home.lab(experiment))


def entry(path: str) -> PageEntry:
    """Return the page at `path`; the first one if there is none."""
    return next((found for found in PAGES if found.path == path), PAGES[0])


def folder() -> Path:
    """Return where the pages' scripts lie."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_pages"
    return installed if installed.is_dir() else package.parent / "pages"
