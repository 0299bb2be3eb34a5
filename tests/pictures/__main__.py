"""Takes the pictures of the README: real presets, really trained, in the real app and in a real browser.

    python -m tests.pictures [NAME …] [--output FOLDER]

Stills are WebP of the whole window while a run trains; the moving one is a replay (playground/export), photographed
frame by frame. Every picture tells its size; all together stay below MOST, and the command fails where they do not.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from playground.presets import preset
from playground.ui.navigation import home
from tests.browser.conftest import free_port
from tests.pictures.scenes import FILM, SCENES, Scene
from tests.real_browser import real_browser

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "playground" / "pictures"
MOST = 2_500_000
"""Bytes of all pictures."""
WIDE = 1440
"""Pixels of a window in which everything is at hand; a phone's is made narrow once all is chosen."""
READY = 90.0
SETTLED = 0.7
BOARD = "document.querySelector('.stage').board"


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures that are named, or all; return 1 if they are too large."""
    names = [*SCENES, FILM.name]
    parser = argparse.ArgumentParser(
        prog="python -m tests.pictures", description="Take the README's pictures."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all if none is named"
    )
    parser.add_argument("--output", type=Path, default=FOLDER, metavar="FOLDER")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(names):
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    folder: Path = options.output
    folder.mkdir(parents=True, exist_ok=True)
    wanted = options.names or names
    with tempfile.TemporaryDirectory() as place:
        if FILM.name in wanted:
            with real_browser() as browser:
                tell(film(browser, Path(place), folder))
        stills = [name for name in wanted if name in SCENES]
        if stills:
            with served(Path(place) / "data") as address, real_browser() as browser:
                for name in stills:
                    tell(still(browser, address, SCENES[name], folder / f"{name}.webp"))
    size = sum(file.stat().st_size for file in folder.glob("*.webp"))
    print(f"{size / 1e6:.2f} MB in all, {MOST / 1e6:.1f} MB at most")
    return 0 if size <= MOST else 1


def tell(file: Path) -> None:
    """Print a picture's name and size."""
    print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB", flush=True)


# --- stills -------------------------------------------------------------------------------------------------------


def still(browser: Browser, address: str, scene: Scene, file: Path) -> Path:
    """Train a preset on the page until the scene's step and photograph the window."""
    context = browser.new_context(
        viewport={"width": WIDE, "height": scene.height},
        device_scale_factor=scene.scale,
        color_scheme=scene.theme,
        locale="zh-CN" if scene.lang == "zh" else "en-US",
        has_touch=scene.width < WIDE,
    )
    page = context.new_page()
    page.set_default_timeout(90_000)
    lab = home(preset(scene.preset).experiment)
    page.goto(f"{address}/{lab.path}?lang={scene.lang}")
    page.wait_for_selector(".stage[data-connection=open][data-step]")
    _choose(page, scene.preset)
    _choose_pace(page, scene.pace)
    page.set_viewport_size({"width": scene.width, "height": scene.height})
    page.locator(".st-key-play button:visible").first.click()
    page.wait_for_function(f"{BOARD}.newest?.step >= {scene.step}")
    page.mouse.move(2, scene.height - 2)
    time.sleep(SETTLED)
    _write(page.screenshot(), file)
    page.locator(".st-key-play button:visible").first.click()
    page.wait_for_selector(".stage:not([data-status=running])")
    context.close()
    return file


def _choose(page: Page, key: str) -> None:
    page.locator(".st-key-presets button:visible").first.click()
    page.locator(f".st-key-preset-{key} button:visible").first.click()
    layers = preset(key).experiment.model.layers
    kinds = "-".join(layer.kind for layer in layers)
    page.wait_for_function(
        f"document.querySelector('.stage')?.board.setup.layers.map((one) => one.kind).join('-') === '{kinds}'"
    )
    page.keyboard.press("Escape")
    page.locator(".st-key-preset-list").wait_for(state="hidden")


def _choose_pace(page: Page, pace: int) -> None:
    """Slow the run down, so that the picture shows its step and not whatever the machine has made of it."""
    page.locator(".st-key-pace_choice input").click()
    page.get_by_role("option").filter(has_text=re.compile(rf"^{pace} ")).click()
    page.get_by_role("option").first.wait_for(state="hidden")


def _write(shot: bytes, file: Path) -> None:
    Image.open(BytesIO(shot)).convert("RGB").save(file, "WEBP", quality=86, method=6)


# --- the film -----------------------------------------------------------------------------------------------------


def film(browser: Browser, place: Path, folder: Path) -> Path:
    """Train, write the replay, and photograph moments of it."""
    from playground.data import load
    from playground.export.replay import replay
    from playground.export.tape import Recorder, chosen
    from playground.runs.supervised import Supervised

    recorder = Recorder(Supervised(FILM.experiment, load(FILM.experiment.data, place)))
    for _ in recorder.run():
        pass
    html = place / "replay.html"
    html.write_bytes(replay(recorder.tape, place, appearance="light"))
    size = {"width": FILM.width, "height": FILM.height}
    page = browser.new_page(viewport=size, reduced_motion="reduce")
    page.goto(html.as_uri())
    page.wait_for_selector("body[data-ready]")
    page.add_style_tag(content=FILM.style)
    page.evaluate("document.fonts.ready")
    steps = np.array([frame.step for frame in recorder.tape.frames])
    shots = [_shot(page, int(steps[place])) for place in chosen(steps, FILM.frames)]
    page.close()
    small = [shot.resize(FILM.size, Image.Resampling.LANCZOS) for shot in shots]
    durations = [FILM.pause] + [FILM.each] * (len(small) - 2) + [FILM.rest]
    file = folder / f"{FILM.name}.webp"
    small[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=small[1:],
        duration=durations,
        loop=0,
        quality=FILM.quality,
        method=6,
        minimize_size=True,
    )
    return file


def _shot(page: Page, step: int) -> Image.Image:
    page.evaluate(f"{BOARD}.seek({step})")
    deadline = time.monotonic() + 10
    while page.evaluate(f"{BOARD}.frame.step !== {step}"):
        assert time.monotonic() < deadline, f"step {step} is not shown"
        time.sleep(0.02)
    time.sleep(0.15)
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


# --- the app ------------------------------------------------------------------------------------------------------


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`playground serve` on a free port, with a data folder of its own; gives its address."""
    port = free_port()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PLAYGROUND_", "STREAMLIT_"))
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "serve", "--port", str(port), "--no-browser"],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(ROOT), "PLAYGROUND_DATA": str(folder)},
    )
    address = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + READY
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                    break
            except OSError:
                assert process.poll() is None, "the server has ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
