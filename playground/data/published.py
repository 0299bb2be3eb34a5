"""Data sets that their authors publish as files: what belongs to each, where it may lie, how it is told from others.

The files are looked for in the data folder under the names their authors gave them, and used only with the right
SHA-256. Nothing is downloaded here (`playground.data.download` does that) and nothing is understood of what they hold.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from playground.data import source_files
from playground.data.source_files import SourceStatus
from playground.spec import SpecError


@dataclass(frozen=True)
class PublishedFile:
    """One file.

    Attributes:
        name: what its authors call it; those that end in `.gz` are found without that ending too, unpacked.
        num_bytes: its size, exactly.
        sha256: what its bytes must hash to.
        plain_bytes: its size when unpacked; 0 where it is never unpacked as a whole.
        plain_sha256: what it hashes to when unpacked.
    """

    name: str
    num_bytes: int
    sha256: str
    plain_bytes: int = 0
    plain_sha256: str = ""


@dataclass(frozen=True)
class Published:
    """A data set of several files.

    Attributes:
        name: the folder in `datasets/`, the name on the command line and the i18n key behind `source.`.
        kind: the specification that asks for it.
        files: what belongs to it.
        mirrors: addresses that the files' names follow, best first.
        licence: the licence's name.
        attribution: whom to thank, as the authors ask for it.
        num_train, num_test: how many samples its authors train on, and how many they hold back.
    """

    name: str
    kind: str
    files: tuple[PublishedFile, ...]
    mirrors: tuple[str, ...]
    licence: str
    attribution: str
    num_train: int = 60_000
    num_test: int = 10_000

    @property
    def num_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.num_bytes for file in self.files)

    @property
    def digest(self) -> str:
        """A short name of exactly these files."""
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()[:12]

    def folder(self, data_folder: Path) -> Path:
        """Return where its files belong."""
        return data_folder / "datasets" / self.name


MNIST = Published(
    name="mnist",
    kind="Mnist",
    files=(
        PublishedFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            47_040_016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        PublishedFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            60_008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        PublishedFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            7_840_016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        PublishedFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            10_008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    licence="CC BY-SA 3.0",
    attribution="Yann LeCun, Corinna Cortes, Christopher J. C. Burges: The MNIST database of handwritten digits",
)
FASHION_MNIST = Published(
    name="fashion-mnist",
    kind="FashionMnist",
    files=(
        PublishedFile(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            47_040_016,
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        PublishedFile(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            60_008,
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        PublishedFile(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            7_840_016,
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        PublishedFile(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            10_008,
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    licence="MIT",
    attribution="Han Xiao, Kashif Rasul, Roland Vollgraf (Zalando Research): Fashion-MNIST, arXiv:1708.07747",
)
CIFAR_10 = Published(
    name="cifar-10",
    kind="Cifar10",
    files=(
        PublishedFile(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
    mirrors=("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
    licence="none stated; to be cited",
    attribution="Alex Krizhevsky: Learning Multiple Layers of Features from Tiny Images (2009); CIFAR-10, "
    "collected by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton",
    num_train=50_000,
)
PUBLISHED = {published.name: published for published in (MNIST, FASHION_MNIST, CIFAR_10)}


def of_kind(kind: str) -> Published | None:
    """Return the files that data of this kind are made of; None where they come from elsewhere."""
    return next((published for published in PUBLISHED.values() if published.kind == kind), None)


def missing(published: Published, folder: Path) -> tuple[PublishedFile, ...]:
    """Return the files that are not in the data folder, by name and size alone: a quick look."""
    return tuple(
        file
        for file in published.files
        if not any(_has(path, num_bytes) for path, num_bytes, _ in _places(published, file, folder))
    )


def verified(published: Published, file: PublishedFile, folder: Path | None) -> tuple[Path, bool]:
    """Return where a file lies whose SHA-256 is right, and whether it is there unpacked.

    Raises:
        SpecError: `source.not_there` if there is none, `source.wrong_file` or `source.no_access` if what is there is
            no good; each says where which files belong and what works without them.
    """
    if folder is None:
        raise _refusal("source.not_there", published, Path("datasets"), file)
    problem = _refusal("source.not_there", published, folder, file)
    for path, num_bytes, sha256 in _places(published, file, folder):
        try:
            if path.stat().st_size == num_bytes and _hash(path) == sha256:
                return path, path.name != file.name
            problem = _refusal("source.wrong_file", published, folder, file, at=path)
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problem = _refusal("source.no_access", published, folder, file, at=path, reason=reason)
    raise problem


def unpacked(published: Published, file: PublishedFile, folder: Path | None) -> bytes:
    """Return what a `.gz` file holds, verified before it is unpacked; never more than its known size.

    Raises:
        SpecError: as `verified`.
    """
    path, plain = verified(published, file, folder)
    data = path.read_bytes()
    return data if plain else inflate(data, file.plain_bytes, str(path))


def inflate(data: bytes, num_bytes: int, place: str) -> bytes:
    """Return what gzip's `data` hold.

    Raises:
        SpecError: `source.unpacking` if they are broken or hold more or less than `num_bytes`.
    """
    stream = zlib.decompressobj(wbits=31)
    try:
        found = stream.decompress(data, num_bytes + 1)
    except zlib.error:
        raise SpecError("source.unpacking", value=place, expected=f"{num_bytes:,}") from None
    if len(found) != num_bytes:
        raise SpecError("source.unpacking", value=place, expected=f"{num_bytes:,}")
    return found


def sources(folder: Path | None = None) -> list[SourceStatus]:
    """Return the state of every source of real data, each verified by its checksum.

    Args:
        folder: the data folder; None looks in packages only.
    """
    return [*source_files.sources(folder), *(status(published, folder) for published in PUBLISHED.values())]


def status(published: Published, folder: Path | None) -> SourceStatus:
    """Return whether all files are there, each verified by its checksum."""
    problem = None
    try:
        for file in published.files:
            verified(published, file, folder)
    except SpecError as error:
        problem = error
    found = problem is None and folder is not None
    return SourceStatus(
        published.name,
        found,
        str(published.folder(folder)) if found and folder is not None else "",
        published.licence,
        published.attribution,
        published.num_bytes if found else 0,
        problem,
    )


def _places(published: Published, file: PublishedFile, folder: Path) -> list[tuple[Path, int, str]]:
    """Return where a file may lie, and how large it is and what it hashes to there."""
    path = published.folder(folder) / file.name
    places = [(path, file.num_bytes, file.sha256)]
    if file.plain_sha256:
        places.append((path.with_suffix(""), file.plain_bytes, file.plain_sha256))
    return places


def _has(path: Path, num_bytes: int) -> bool:
    try:
        return path.stat().st_size == num_bytes
    except OSError:
        return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refusal(
    key: str, published: Published, folder: Path, file: PublishedFile, **values: object
) -> SpecError:
    return SpecError(
        key,
        place="data.kind",
        value=file.name,
        kind=published.kind,
        name=published.name,
        files=", ".join(each.name for each in published.files),
        folder=str(published.folder(folder)),
        **{name: str(value) for name, value in values.items()},
    )
