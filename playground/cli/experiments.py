"""What EXPERIMENT on the command line can be: a preset's key, a JSON file or a share link."""

from __future__ import annotations

from pathlib import Path

from playground.presets import Preset, presets
from playground.spec import Experiment, SpecError
from playground.spec.wire import MAX_JSON_BYTES


def find(text: str) -> tuple[Experiment, Preset | None]:
    """Return the experiment `text` stands for, and the preset if it is one.

    Raises:
        SpecError: if it is none of the three, or the file or link is broken.
    """
    known = presets()
    if text in known:
        return known[text].experiment, known[text]
    if Path(text).is_file() or text.endswith(".json"):
        return Experiment.from_json(_read(Path(text))), None
    if "e=" in text or text.partition(".")[0].isdigit():
        return Experiment.from_link(text), None
    raise SpecError("cli.no_experiment", value=text, options=", ".join(known))


def settings(experiment: Experiment, changes: list[str]) -> Experiment:
    """Return the experiment with `PATH=VALUE` changes made one after the other."""
    for change in changes:
        path, separator, value = change.partition("=")
        if not separator:
            raise SpecError("cli.no_value", place="--set", value=change)
        experiment = experiment.replace(path.strip(), value.strip())
    return experiment


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise SpecError("cli.unreadable", value=str(path), reason=error.strerror or "") from error
