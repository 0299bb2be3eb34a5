"""Who may open a live socket: pages of this very server, asked for under a name that it answers to.

Streamlit checks neither for routes of our own. A browser says where a page comes from (`Origin`) and which name it has
asked for (`Host`); a stranger's page can make it say neither falsely. What is no browser sends no Origin and needs the
token like everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit


def admits(host: str | None, origin: str | None, *, hosts: Iterable[str], origins: Iterable[str]) -> bool:
    """Tell whether a request may be answered.

    Args:
        host: the header `Host`.
        origin: the header `Origin`; None where there is none.
        hosts: the names under which the server answers; `*` is any, `*.example.com` any below; empty is any.
        origins: further origins that may connect, such as `https://example.com`.
    """
    name = host_name(host)
    if name is None or not _among(name, hosts):
        return False
    if origin is None:
        return True
    try:
        asked = urlsplit(origin)
    except ValueError:
        return False
    if asked.scheme not in ("http", "https") or not asked.netloc:
        return False
    return asked.netloc.lower() == (host or "").lower() or origin.rstrip("/").lower() in {
        known.rstrip("/").lower() for known in origins
    }


def host_name(host: str | None) -> str | None:
    """Return the name in a header `Host`, without its port; None if it is no name."""
    if not host:
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.hostname is None or "@" in host or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname.lower().rstrip(".")


def _among(name: str, patterns: Iterable[str]) -> bool:
    known = [pattern.strip().lower().rstrip(".") for pattern in patterns]
    return not known or any(
        pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))
        for pattern in known
    )
