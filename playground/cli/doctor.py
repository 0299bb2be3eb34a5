"""Tell what is installed here, what works and which limits are in force."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from dataclasses import asdict
from importlib import metadata
from typing import Any

import engines
from playground import i18n
from playground.cli.output import language, print_json, table
from playground.data import SourceStatus, sources
from playground.data.csv import UploadLimits
from playground.data.folder import data_folder, usable
from playground.data.own_images import ImageLimits
from playground.runs.quotas import Quotas
from playground.spec import Limits, SpecError
from playground.spec.environment import variables

PACKAGES = (
    "nn-playground",
    "streamlit",
    "plotly",
    "numpy",
    "torch",
    "pydantic",
    "safetensors",
    "mlxtend",
    "scikit-learn",
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="put one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Examine and report; return 1 if something that is needed does not work."""
    report = examine()
    if options.json:
        print_json(report)
    else:
        print(table(_rows(report)))
    return 0 if report["ok"] else 1


def examine() -> dict[str, Any]:
    """Return versions, engines with their devices, data sources, limits, and whether the data folder can be written.

    The limits stand under the environment variables that set them.
    """
    folder = data_folder()
    try:
        usable(folder)
        complaint = ""
    except SpecError as error:
        complaint = error.text(language())
    found_engines = {name: _engine(name) for name in engines.NAMES}
    return {
        "ok": not complaint and found_engines["numpy"]["available"],
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "executable": sys.executable,
        "packages": {name: _version(name) for name in PACKAGES},
        "engines": found_engines,
        "sources": [_source(source) for source in sources(folder)],
        "limits": _limits(),
        "data_folder": {"path": str(folder), "writable": not complaint, "complaint": complaint},
    }


def _limits() -> dict[str, float]:
    in_force = (kind.from_environment() for kind in (Quotas, Limits, UploadLimits, ImageLimits))
    return {name: value for limits in in_force for name, value in variables(limits).items()}


def _engine(name: str) -> dict[str, Any]:
    try:
        return {"available": True, "devices": list(engines.get(name).devices()), "complaint": ""}
    except SpecError as error:
        return {"available": False, "devices": [], "complaint": error.text(language())}


def _source(source: SourceStatus) -> dict[str, Any]:
    complaint = source.problem.text(language()) if source.problem else ""
    return {**asdict(source), "title": i18n.text(f"source.{source.name}", language()), "problem": complaint}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _rows(report: dict[str, Any]) -> list[list[str]]:
    lang = language()
    missing = i18n.text("cli.missing", lang)
    rows = [["python", f"{report['python']} ({report['platform']})"]]
    rows += [[name, version or missing] for name, version in report["packages"].items()]
    for name, engine in report["engines"].items():
        rows.append([f"engine {name}", ", ".join(engine["devices"]) or engine["complaint"]])
    for source in report["sources"]:
        rows.append([f"data {source['name']}", source["problem"] or source["where"] or missing])
    rows += [[name, f"{value:,}"] for name, value in report["limits"].items()]
    folder = report["data_folder"]
    rows.append(["data folder", folder["path"]])
    rows.append(["writable", folder["complaint"] or "ok"])
    return rows
