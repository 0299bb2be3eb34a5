"""The recording of a run as one HTML file: it plays by itself, wherever it is opened, and asks no network for anything.

The pictures are the live stage's own modules, written into the file (`modules.py`), and draw the frames that the file
holds (`reel.py`). A content policy in the file's head makes the browser refuse whatever would leave it.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from pathlib import Path

from playground import i18n
from playground.data import Dataset, load
from playground.export import modules, names, reel
from playground.export.tape import Tape
from playground.live.setup import setup
from playground.probes.filters import first_filters
from playground.runs import frames
from playground.runs.frames import Snapshot
from playground.spec import Experiment, SpecError
from playground.views import theme

ALWAYS = ("curves", "timeline")
THEMES = ("auto", "light", "dark")
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='5' height='16' "
    "fill='%23f59322'/%3E%3Crect x='5.5' width='5' height='16' fill='%23c9ced3'/%3E"
    "%3Crect x='11' width='5' height='16' fill='%230877bd'/%3E%3C/svg%3E"
)


def replay(tape: Tape, folder: Path, *, lang: str = "en", appearance: str = "auto", link: str = "") -> bytes:
    """Return the file.

    Args:
        tape: what is played.
        folder: the data folder.
        lang: of every text in it.
        appearance: `"light"`, `"dark"`, or `"auto"`: as the reader's system has it. A button changes it.
        link: what opens the experiment again: an address, or the share link's text.

    Raises:
        SpecError: if the tape is empty, or the experiment's data are not here.
    """
    if not tape.frames:
        raise SpecError("run.no_recording")
    if lang not in i18n.LANGUAGES:
        raise SpecError("error.choice", place="lang", value=lang, options=", ".join(i18n.LANGUAGES))
    if appearance not in THEMES:
        raise SpecError("error.choice", place="theme", value=appearance, options=", ".join(THEMES))
    dataset = load(tape.experiment.data, folder)
    shown = views(tape.experiment, dataset)
    name, last = names.title(tape.experiment, lang), tape.frames[-1]
    facts = i18n.text(
        "stage.replay.facts", lang, network=names.network(tape.experiment), steps=last.step, epochs=last.epoch
    )
    history = frames.encode(Snapshot(last.step, last.epoch, {}, dict(tape.history)))
    blobs = {
        "setup": zlib.compress(setup(tape.experiment, dataset, lang), 9),
        "history": zlib.compress(history, 9),
        "reel": reel.pack(tape, folder, shown),
    }
    filled = {
        "LANG": "zh-Hans" if lang == "zh" else lang,
        "POLICY": POLICY,
        "ICON": ICON,
        "TITLE": html.escape(f"{name} · {i18n.text('stage.replay.title', lang)}"),
        "APPEARANCE": appearance,
        "NAME": html.escape(name),
        "FACTS": html.escape(facts),
        "LIGHT_DARK": html.escape(i18n.text("stage.replay.theme", lang)),
        "ABOUT": html.escape(i18n.text("stage.replay.about", lang)),
        "LINK": _link(link, lang),
        "STYLE": _colours() + "".join(modules.sheets(shown).values()),
        "SHEETS": "".join(
            f'<link data-stage rel="x-inlined" href="{address}">' for address in modules.sheets(shown)
        ),
        "MAP": modules.import_map(shown),
        "VIEWS": json.dumps(shown),
        "BLOBS": "".join(_blob(name, body) for name, body in blobs.items()),
    }
    return re.sub(r"%([A-Z_]+)%", lambda found: filled[found[1]], PAGE).encode("utf-8")


def views(experiment: Experiment, dataset: Dataset) -> tuple[str, ...]:
    """Return the pictures there are of such a network and such data, in the order in which they stand."""
    if experiment.adversary is not None:
        pictures = len(dataset.input_shape) == 3
        return ("gallery" if pictures else "arena", "balance", *([] if pictures else ["coverage"]), *ALWAYS)
    classes = dataset.target.kind == "classes"
    if experiment.data.nature in ("series", "text"):
        # What looks into a sequence asks the network, and a file has none; answers of every step have no matrix.
        once = not dataset.target.steps and (classes or dataset.target.size == 1)
        return (*(["confusion" if classes else "agreement"] if once else []), *ALWAYS)
    judged = "confusion" if classes else "agreement"
    if len(dataset.input_shape) == 3:
        filters = first_filters(experiment.model, dataset.input_shape)
        return (*(["filters"] if filters else []), judged, "samples", *ALWAYS)
    plane = dataset.points is not None and (
        dataset.points.shape[1] == 2 or not classes or dataset.target.size == 2
    )
    return ("diagram", "plane" if plane else judged, *ALWAYS)


def _colours() -> str:
    """Return the variables that Streamlit gives the stage on the page, for both appearances."""
    rules: list[str] = []
    for look in (theme.LIGHT, theme.DARK):
        variables = {
            "background-color": look.background,
            "secondary-background-color": theme.blend(look.background, look.text, 0.06),
            "text-color": look.text,
            "primary-color": look.test,
            "border-color": look.line,
            "font": theme.FONT,
        }
        body = "".join(f"--st-{name}:{value};" for name, value in variables.items())
        rules.append(
            f':root[data-theme="{look.name}"]{{{body}--muted:{look.muted};color-scheme:{look.name}}}'
        )
    return "\n".join(rules) + "\n"


def _link(link: str, lang: str) -> str:
    if not link:
        return ""
    label, text = html.escape(i18n.text("stage.replay.link", lang)), html.escape(link)
    return (
        f'<details class="replay-link"><summary>{label}</summary><code tabindex="0">{text}</code></details>'
    )


def _blob(name: str, body: bytes) -> str:
    text = base64.b64encode(body).decode("ascii")
    return f'<script type="application/octet-stream" id="{name}">{text}</script>\n'


PAGE = """<!doctype html>
<html lang="%LANG%">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%POLICY%">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%TITLE%</title>
<link rel="icon" href="%ICON%">
<script>
const chosen = "%APPEARANCE%";
const night = matchMedia("(prefers-color-scheme: dark)");
document.documentElement.dataset.theme = chosen === "auto" ? (night.matches ? "dark" : "light") : chosen;
</script>
<style>
%STYLE%</style>
%SHEETS%
<script type="importmap">%MAP%</script>
</head>
<body>
<header class="replay-head">
<div><h1>%NAME%</h1><p>%FACTS%</p></div>
<button type="button" class="replay-theme" id="theme">%LIGHT_DARK%</button>
</header>
<main><div class="stage" id="stage"></div></main>
<footer class="replay-foot"><p>%ABOUT%</p>%LINK%</footer>
%BLOBS%<script type="module">
import { open } from "stage/replay/replay.js";
await open(document, %VIEWS%);
</script>
</body>
</html>
"""
