"""Every weight of the network as a heat map, layer by layer, for whoever opens them."""

from __future__ import annotations

from playground.data import Dataset
from playground.ui.chart import chart
from playground.ui.knobs import pretty
from playground.ui.language import language, t
from playground.ui.run import Now
from playground.ui.style import appearance
from playground.views.weights import weights

MOST_MAPS = 4


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
