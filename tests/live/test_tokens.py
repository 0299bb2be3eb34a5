"""A token lets its holder watch one run of one owner for a while, and nobody can make one up."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from playground.live import tokens
from playground.live.tokens import Claims, issue, read
from playground.ui import owner as owners

SECRET = b"s" * 32


def test_a_token_says_who_may_watch_what_and_until_when():
    token = issue(SECRET, "anna", "run1", "zh", lifetime=60, now=1000)
    assert read(SECRET, token, now=1059) == Claims("anna", "run1", "zh", 1060)


def test_a_token_expires():
    token = issue(SECRET, "anna", "run1", lifetime=60, now=1000)
    assert read(SECRET, token, now=1060) is None


def test_a_token_of_another_installation_is_worthless():
    assert read(b"t" * 32, issue(SECRET, "anna", "run1")) is None


def test_no_character_of_a_token_can_be_changed():
    token = issue(SECRET, "anna", "run1", now=1000)
    for place in range(len(token)):
        for other in "Ab-_.=\n":
            forged = token[:place] + other + token[place + 1 :]
            assert forged == token or read(SECRET, forged, now=1001) is None, (place, other)


def test_the_claims_of_one_token_cannot_be_put_under_the_signature_of_another():
    mine, hers = issue(SECRET, "mallory", "run1", now=1000), issue(SECRET, "anna", "run2", now=1000)
    forged = f"{hers.partition('.')[0]}.{mine.partition('.')[2]}"
    assert read(SECRET, forged, now=1001) is None


def test_a_token_cannot_be_prolonged():
    body = base64.urlsafe_b64encode(json.dumps(["anna", "run1", "en", 1e12]).encode()).rstrip(b"=").decode()
    for signature in ("", "AAAA", issue(SECRET, "anna", "run1").partition(".")[2]):
        assert read(SECRET, f"{body}.{signature}") is None


def test_the_signature_of_a_cookie_is_none_of_a_token():
    key = owners.new_key()
    assert read(SECRET, owners.sign(key, SECRET)) is None


@given(st.text(max_size=200))
def test_whatever_is_no_token_is_none(text: str):
    assert read(SECRET, text) is None


def test_an_endless_token_is_not_even_looked_at():
    assert read(SECRET, "a" * 100_000) is None


def test_the_secret_is_made_once_and_readable_by_its_user_only(tmp_path: Path):
    first = tokens.secret(tmp_path)
    tokens._kept.cache_clear()
    assert tokens.secret(tmp_path) == first
    assert (len(first), (tmp_path / "secret").stat().st_mode & 0o077) == (32, 0)


def test_a_folder_that_can_keep_no_secret_has_one_as_long_as_the_process(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    first = tokens.secret(tmp_path / "file" / "below")
    assert (len(first), tokens.secret(tmp_path / "file" / "below")) == (32, first)


def test_a_token_is_good_for_minutes_and_not_for_days():
    claims = read(SECRET, issue(SECRET, "anna", "run1"))
    assert claims is not None
    assert 60 < claims.expires - time.time() < 3600
