"""What EXPERIMENT on the command line can be: a preset's key, a JSON file or a share link."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

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
        try:
            experiment = experiment.replace(path.strip(), value.strip())
        except SpecError as error:
            raise (
                _unknown(experiment, path.strip()) if error.key == "error.unknown_field" else error
            ) from error
    return experiment


def _unknown(experiment: Experiment, path: str) -> SpecError:
    """Return the refusal of a path that there is not: with those that stand beside it, and the one probably meant."""
    paths = _paths(experiment)
    block = path.rpartition(".")[0]
    while block and not any(known.startswith(f"{block}.") for known in paths):
        block = block.rpartition(".")[0]
    inside = [known.removeprefix(f"{block}.") if block else known for known in paths]
    beside = dict.fromkeys(
        rest.partition(".")[0]
        for known, rest in zip(paths, inside, strict=True)
        if not block or known.startswith(f"{block}.")
    )
    last = path.rpartition(".")[2]
    same = [known for known in paths if known.startswith(f"{block}.") and last in known.removeprefix(block)]
    same += [known for known in paths if known.rpartition(".")[2] == last]
    near = (same[:1] if last else []) or get_close_matches(path, paths, n=1, cutoff=0.7)
    key = "cli.no_setting_near" if near else "cli.no_setting"
    return SpecError(
        key, place="--set", value=path, block=block, options=", ".join(beside), near="".join(near)
    )


def _paths(node: object, before: str = "") -> list[str]:
    """Return every setting's dotted path, as `--set` takes it: layers without the word `model` in front."""
    if isinstance(node, BaseModel):
        pairs = [(name, getattr(node, name)) for name in type(node).model_fields]
    elif isinstance(node, tuple) and node and isinstance(node[0], BaseModel):
        pairs = [(str(number), item) for number, item in enumerate(cast("tuple[Any, ...]", node))]
    else:
        return [before]
    inside = before if before != "model" else ""
    return [path for name, value in pairs for path in _paths(value, f"{inside}.{name}" if inside else name)]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise SpecError("cli.unreadable", value=str(path), reason=error.strerror or "") from error
