"""The middle column's pictures: the network itself, and every weight of it."""

from __future__ import annotations

import streamlit as st

from playground.data import Dataset
from playground.ui.chart import chart
from playground.ui.diagram import columns, pretty
from playground.ui.language import language, t
from playground.ui.run import Now
from playground.ui.style import appearance
from playground.views.network import WIDTH, height, network
from playground.views.pictures import filters
from playground.views.weights import weights

MOST_MAPS = 4


def network_panel(now: Now, dataset: Dataset) -> None:
    """Draw the network of the moment `now`."""
    arrays = now.snapshot.arrays
    theme, lang = appearance(), language()
    found, edges = columns(now.experiment, dataset, arrays, lang)
    tall = height(found)
    chart(
        network(theme, lang, found, edges),
        "network",
        ratio=WIDTH / (tall + 24),
        height=max(tall + 60, 300),
        theme=theme,
    )
    pictures = len(dataset.input_shape) == 3
    plain = dataset.points is None and not pictures
    _legend("ui.legend_note_plain" if plain else "ui.legend_note_pictures" if pictures else "ui.legend_note")
    dense = [
        name
        for name in arrays
        if name.startswith("w/") and name.endswith(".weight") and arrays[name].ndim == 2
    ]
    if len(dataset.input_shape) == 3 and dense and arrays[dense[0]].shape[1] == dataset.x[0].size:
        side = dataset.input_shape[-2:]
        chart(filters(theme, lang, arrays[dense[0]], (side[0], side[1])), "filters", height=272, theme=theme)


def weight_maps(now: Now, dataset: Dataset) -> None:
    """Draw each layer's weights as a heat map."""
    arrays = now.snapshot.arrays
    dense = [
        name
        for name in arrays
        if name.startswith("w/") and name.endswith(".weight") and arrays[name].ndim == 2
    ]
    for number, name in enumerate(dense[:MOST_MAPS]):
        index = int(name.removeprefix("w/").split(".")[0])
        title = t("ui.weights_of", number=index + 1, kind=now.experiment.model.layers[index].kind)
        figure = weights(
            appearance(),
            language(),
            title,
            arrays[name],
            arrays.get(f"w/{index}.bias"),
            inputs=[pretty(feature) for feature in dataset.feature_names] if number == 0 else (),
        )
        rows = min(len(arrays[name]), 128)
        chart(figure, f"weights-{index}", height=min(86 + 20 * rows, 320), theme=appearance())


def _legend(note: str) -> None:
    """Say what the colours mean, beside the picture, always."""
    low, high = t("ui.legend_negative"), t("ui.legend_positive")
    st.html(
        f'<p class="legend"><span>{low}</span><i class="ramp"></i><span>{high}</span>'
        f'<span class="note">{t(note)}</span></p>'
    )
