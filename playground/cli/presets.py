"""List the presets: ready experiments with a goal."""

from __future__ import annotations

import argparse

from playground import i18n
from playground.cli.output import language, print_json, table
from playground.presets import presets


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
    rows = [
        [
            preset.key,
            str(preset.epochs),
            ", ".join(goal.text() for goal in preset.goals),
            preset.sentence(lang),
        ]
        for preset in presets().values()
    ]
    print(table([head, *rows]))
    return 0
