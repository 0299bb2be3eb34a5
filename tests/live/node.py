"""Runs what browsers run, without one: a script of the page's own modules, in node."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

HERE = Path(__file__).parent


def said(script: str, *arguments: Path) -> str:
    """Return what the script beside this file prints; without node on the path Playwright's own runs it.

    With `CI` set a machine that has neither fails, elsewhere the test is skipped.
    """
    own = Path(playwright.__file__).parent / "driver" / "node"
    node = shutil.which("node") or shutil.which(own)
    if node is None:
        reason = f"no node on the path, and none of Playwright's: {script} is not tried"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    command = [node, str(HERE / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
