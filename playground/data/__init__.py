"""Data sets: from a specification to arrays, with source and licence. Knows no engine and no screen.

`load(spec, folder)` gives the arrays, `featurise(spec, raw)` turns raw values into network input the same way,
`sources(folder)` tells which real data are there. Uploaded tables come in through `playground.data.csv`.
"""

from playground.data import (
    classification,
    corpora,
    csv,
    images,
    memory,
    modes,
    own_images,
    own_series,
    own_text,
    regression,
    reviews,
    series,
    shapes,
    signals,
    wordlists,
)
from playground.data.dataset import Dataset, Scaling, SeriesPicture
from playground.data.loading import featurise, forget, load, loads
from playground.data.published import sources
from playground.data.source_files import SourceStatus

__all__ = [
    "Dataset",
    "Scaling",
    "SeriesPicture",
    "SourceStatus",
    "classification",
    "corpora",
    "csv",
    "featurise",
    "forget",
    "images",
    "load",
    "loads",
    "memory",
    "modes",
    "own_images",
    "own_series",
    "own_text",
    "regression",
    "reviews",
    "series",
    "shapes",
    "signals",
    "sources",
    "wordlists",
]
