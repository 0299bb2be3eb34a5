"""Real words with a class: names of twelve languages, and English words that people rated as good or bad."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from playground.data.dataset import Dataset
from playground.data.labelled import labelled
from playground.data.loading import loads
from playground.data.source_files import NAMES, POLARITY, read
from playground.spec.text_data import LANGUAGES, Names, Polarity

LONGEST = 20
"""Characters of a name; the few longer ones are titles of nobility."""
LISTS = re.compile(r"(?!.*(kana|roman)).*(first|last)_names")


@loads(Names)
def names(spec: Names, folder: Path | None) -> Dataset:
    """First and family names; the class is the language whose list has them."""
    texts, classes = _names(folder)
    return labelled(
        spec,
        texts,
        np.array(classes, np.int64),
        LANGUAGES,
        source="source.names_about",
        licence=NAMES[0].licence,
        named=True,
    )


@loads(Polarity)
def polarity(spec: Polarity, folder: Path | None) -> Dataset:
    """Words of the letters a to z; class 1 where ten people rated them above zero on average."""
    ratings: dict[str, float] = {}
    for line in read(POLARITY, folder).decode("utf-8").splitlines():
        word, rating, *_ = line.split("\t")
        if re.fullmatch("[a-z]+", word):
            ratings[word] = float(rating)
    classes = np.array([rating > 0 for rating in ratings.values()], np.int64)
    return labelled(
        spec,
        tuple(ratings),
        classes,
        ("negative", "positive"),
        source="source.polarity_about",
        licence=POLARITY.licence,
        named=True,
    )


@cache
def _names(folder: Path | None) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return all names that only one of the lists has, and the number of their language."""
    lists = [sorted(set(_listed(read(source, folder).decode("utf-8")))) for source in NAMES]
    counts = Counter(name for found in lists for name in found)
    pairs = [(name, number) for number, found in enumerate(lists) for name in found if counts[name] == 1]
    texts, classes = zip(*pairs, strict=True)
    return texts, classes


def _listed(module: str) -> Iterator[str]:
    """Give the names of a module's lists. The module is read as a tree and never run."""
    (provider,) = (node for node in ast.parse(module).body if isinstance(node, ast.ClassDef))
    for node in provider.body:
        if isinstance(node, ast.Assign):
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name) and LISTS.match(target.id) and node.value is not None:
            for text in _strings(node.value):
                name = unicodedata.normalize("NFC", text.strip())
                if 0 < len(name) <= LONGEST:
                    yield name


def _strings(node: ast.expr) -> Iterator[str]:
    """Give the texts of a tuple, a list, or `OrderedDict((("Anna", 0.01), …))`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from _strings(element)
    elif isinstance(node, ast.Call):
        for argument in node.args:
            yield from _strings(argument)
