"""List the presets: ready experiments with a goal."""

from __future__ import annotations

import argparse

from playground import i18n
from playground.cli.output import language, print_json, table
from playground.presets import Preset, presets
from playground.presets.home import LABS, lab


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Print the presets; return the exit code."""
    lang = language()
    if options.json:
        print_json(
            {
                "presets": [
                    {
                        "key": preset.key,
                        "lab": lab(preset.experiment),
                        "title": preset.title(lang),
                        "text": preset.sentence(lang),
                        "epochs": preset.epochs,
                        "goals": [goal.text() for goal in preset.goals],
                        "link": preset.experiment.to_link(),
                        "experiment": preset.experiment.plain(),
                    }
                    for preset in presets().values()
                ]
            }
        )
        return 0
    head = [i18n.text(f"cli.presets_{name}", lang) for name in ("key", "epochs", "goal", "text")]
    rows = [head]
    titles: dict[int, str] = {}
    for name in LABS:
        titles[len(rows)] = i18n.text(f"ui.page.{name}", lang)
        rows += [_row(preset, lang) for preset in presets().values() if lab(preset.experiment) == name]
    for number, line in enumerate(table(rows).splitlines()):
        if number in titles:
            print(f"\n{titles[number]}")
        print(line)
    return 0


def _row(preset: Preset, lang: str) -> list[str]:
    goals = ", ".join(goal.text() for goal in preset.goals)
    return [preset.key, str(preset.epochs), goals, preset.sentence(lang)]
