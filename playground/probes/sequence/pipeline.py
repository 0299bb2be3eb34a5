"""A text on its way through the network: tokens, ids, vectors, what each step makes of them, and the answer.

Legend: T steps; n tokens, which stand at the last n of them; F numbers of each step; K classes, A the likeliest.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import numpy as np

import engines
from engines.numpy.net import Net
from playground.probes.asks import Answer, Scene, ask
from playground.probes.look.picture import probabilities
from playground.probes.registry import Array, Arrays, Subject
from playground.probes.sequence.dependence import beginnings
from playground.probes.sequence.reading import last_step
from playground.probes.sequence.subject import Chosen, Seen, padded, require_small, seen, writes
from playground.spec import ModelSpec, SpecError
from playground.spec.optimizers import SGD
from playground.spec.recurrent_layers import Recurrent

LIKELY = 12
MOST_CLASSES = 64
"""Of so many classes all are told of at every step, of more the likeliest."""
WIDEST = 512
"""Numbers of a step that are shown."""


@ask(Chosen)
def pipeline(scene: Scene, chosen: Chosen, lang: str) -> Answer:
    """Return everything that happens to one text.

    Returns:
        plain: the `text`, its `tokens` (n,) and `ids` (n,), how many steps are `padding` and how many tokens are `cut`
        off; `truth` and `taken_for`, None where nobody knows it or the network writes; `bands`: the layers whose output
        is a row of numbers at each step, `{layer, kind, width, steps}`; `writes`. Arrays: `band/<layer>` (T, F) f4;
        what the network answers after each beginning of the text: `after` (n, K) f4 the probability of each class, or
        of many classes the `likely` (n, A) i4 and their `after` (n, A) f4.

    Raises:
        SpecError: if the data are no texts, the network is too large, or a number is not finite.
    """
    subject = scene.subject
    at = seen(scene, chosen)
    require_small(subject, len(at.tokens) + 2)
    bands, arrays = layers(subject, at.x)
    found = answers(subject, at)
    if not all(np.isfinite(values).all() for values in (*arrays.values(), found)):
        raise SpecError("stage.backprop.not_finite")
    plain: dict[str, Any] = {
        "text": at.text,
        "tokens": list(at.tokens),
        "ids": at.ids,
        "padding": padded(at.x),
        "cut": at.cut,
        "truth": at.truth,
        "taken_for": None,
        "bands": bands,
        "writes": writes(subject),
    }
    if not plain["writes"] and subject.dataset.target.kind == "classes" and len(found):
        plain["taken_for"] = int(found[-1].argmax())
    if found.shape[1] > MOST_CLASSES:
        likely = np.argsort(-found, axis=1, kind="stable")[:, :LIKELY]
        arrays["likely"] = likely.astype(np.int32)
        found = np.take_along_axis(found, likely, axis=1)
    return Answer(plain, arrays | {"after": found.astype(np.float32)})


def layers(subject: Subject, x: Array) -> tuple[list[dict[str, Any]], Arrays]:
    """Return what every layer gives at each step of x (1, T), where it gives something at each step."""
    model, shape = subject.experiment.model, subject.dataset.input_shape
    traced = subject.net().trace(x)
    bands: list[dict[str, Any]] = []
    arrays: Arrays = {}
    for index, (layer, output) in enumerate(zip(model.layers, model.shapes(shape), strict=True)):
        values = traced[index][0]
        if isinstance(layer, Recurrent) and len(output) == 1:
            values = every_step(subject, index, x)
        if values.ndim != 2 or layer.keeps_values or values.shape[1] > WIDEST:
            continue
        if index == len(model.layers) - 1 and writes(subject):
            continue  # the scores of all tokens: the answer tells the likeliest
        arrays[f"band/{index}"] = np.ascontiguousarray(values, np.float32)
        bands.append({"layer": index, "kind": layer.kind, "width": values.shape[1], "steps": len(values)})
    return bands, arrays


def every_step(subject: Subject, layer: int, x: Array) -> Array:
    """Return the state of a recurrent layer after each step (T, H), also where it hands on only the last one."""
    model, shape = subject.experiment.model, subject.dataset.input_shape
    last = model.layers[layer].model_copy(update={"return_sequences": True})
    part = ModelSpec(layers=(*model.layers[:layer], last))
    net = _part(part, shape)  # pyright: ignore[reportArgumentType] - frozen models are hashable
    net.load({name: subject.state[name] for name in part.tensors(shape)})
    return net.forward(x)[0]


def answers(subject: Subject, at: Seen) -> Array:
    """Return how probable each class is after each token of a text, (n, K)."""
    if not at.ids:
        return np.zeros((0, subject.dataset.target.size), np.float32)
    return probabilities(subject.experiment, last_step(subject.net().forward(beginnings(subject, at.ids))))


@lru_cache(maxsize=8)
def _part(model: ModelSpec, shape: tuple[int, ...]) -> Net:
    return cast("Net", engines.get("numpy").net(model, shape, SGD()))
