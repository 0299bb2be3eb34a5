"""The stage's own files, sent to browsers: a fixed list, found once at start, with a version in their address.

A module's imports are relative, so the version stands in the path and every file of one version comes from one folder.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
WORTH_COMPRESSING = 1000


@dataclass(frozen=True)
class Asset:
    """One file: its bytes, those bytes compressed, its kind and its fingerprint."""

    body: bytes
    compressed: bytes
    media_type: str
    etag: str


@cache
def assets() -> dict[str, Asset]:
    """Return the files that are sent, by their path below `assets/`."""
    return {
        path.relative_to(FOLDER).as_posix(): _asset(path.read_bytes(), TYPES[path.suffix])
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in TYPES and path.is_file()
    }


@cache
def version() -> str:
    """Return the fingerprint of all files together."""
    digest = hashlib.sha256()
    for name, asset in assets().items():
        digest.update(f"{name} {asset.etag}\n".encode())
    return digest.hexdigest()[:12]


@cache
def preloads() -> str:
    """Return the modules that every stage needs, as a JSON list: asked for at once, they come in one round trip."""
    return json.dumps([name for name in assets() if name.endswith(".js") and "/" not in name])


@cache
def plotly() -> Asset:
    """Return plotly.js as the installed plotly package ships it."""
    import plotly as package

    script = Path(package.__file__).parent / "package_data" / "plotly.min.js"
    return _asset(script.read_bytes(), TYPES[".js"])


def _asset(body: bytes, media_type: str) -> Asset:
    compressed = gzip.compress(body, 6, mtime=0) if len(body) > WORTH_COMPRESSING else body
    return Asset(body, compressed, media_type, hashlib.sha256(body).hexdigest()[:16])
