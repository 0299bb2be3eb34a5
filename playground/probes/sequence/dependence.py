"""Which tokens an answer rests on: how it would change with the vector of each token before it, by the exact gradient.

The answer's logarithm of probability is differentiated by every embedding vector. Its length is how much that token
matters (the connectivity of Madsen, 2019, "Visualizing memorization in RNNs"); its product with the vector is what the
token says for or against the answer (gradient × input: Shrikumar et al., 2016, after Denil et al., 2014). In float64,
dropout calm, as in `playground.probes.backprop`.

Legend: P beginnings of a text, T steps, E numbers of a token's vector, K classes.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from playground.data.targets import shades
from playground.probes.asks import Answer, Scene, ask
from playground.probes.backprop import Pass, calm_net
from playground.probes.registry import Array, Subject
from playground.probes.sequence.reading import Reader, last_step
from playground.probes.sequence.subject import MOST_TEXT, Chosen, pipeline_of, require_small, seen, writes
from playground.probes.sequence.writing import MOST_IDS
from playground.spec import Experiment, SpecError
from playground.spec.fit import output_bounds
from playground.spec.sequence_layers import Embedding

MOST_ROWS = 96
MOST_PARAMETERS = 2_000_000
SMALLEST = 1e-12


class Rests(Chosen):
    """A text (`ids` go first), the lengths `first`, first + 1, … of its beginnings, and the class that is asked about.

    `target` −1 is the class that the whole text is taken for. A network that writes is asked about the token that
    follows each beginning; behind the end, about the likeliest.
    """

    text: Annotated[str, Field(max_length=MOST_TEXT)] | None = None
    ids: Annotated[tuple[int, ...] | None, Field(max_length=MOST_IDS)] = None
    first: Annotated[int, Field(ge=1)] = 1
    count: Annotated[int, Field(ge=1, le=MOST_ROWS)] = MOST_ROWS
    target: Annotated[int, Field(ge=-1)] = -1


@ask(Rests)
def dependence(scene: Scene, wanted: Rests, lang: str) -> Answer:
    """Return on which tokens the answer after each beginning of a text rests.

    Returns:
        plain: `first`, the length of the shortest beginning that is told of; `targets` (P,), what is asked about at
        each; `size`, the tokens of the text. Arrays, column k for the token that stands k + 1 before the end of the
        beginning: `slope` (P, T) f4, |∂ log p/∂vector|; `push` (P, T) f4, vector · ∂ log p/∂vector. `log` (P,) f4,
        log p.

    Raises:
        SpecError: if the network has no Embedding, is too large, or a number is not finite.
    """
    subject = scene.subject
    layer = embedding_of(subject)
    texts, targets, first, size = _texts(scene, wanted) if writes(subject) else _beginnings(scene, wanted)
    require_small(subject, 3 * len(texts))
    slopes, pushes, logs = depends(subject, texts, targets, layer)
    if not (np.isfinite(slopes).all() and np.isfinite(logs).all()):
        raise SpecError("stage.backprop.not_finite")
    plain = {"first": first, "targets": [int(target) for target in targets], "size": size}
    arrays = {"slope": slopes, "push": pushes, "log": logs}
    return Answer(plain, {name: found.astype(np.float32) for name, found in arrays.items()})


def depends(subject: Subject, x: Array, targets: Array, layer: int) -> tuple[Array, Array, Array]:
    """Return `slope` and `push` (P, T), the last token first, and log p (P,) of a target after each text x (P, T)."""
    model, shape = subject.experiment.model.calm(), subject.dataset.input_shape
    if model.parameters(shape) > MOST_PARAMETERS:
        size = model.parameters(shape)
        raise SpecError("stage.backprop.too_large", value=f"{size:,}", bound=f"{MOST_PARAMETERS:,}")
    done = Pass(calm_net(subject), x.astype(np.float64), frozen=True)
    outputs = done.final().reshape(len(x), *model.output_shape(shape))
    logs, slope = log_probability(subject.experiment, last_step(outputs), targets)
    back = np.zeros_like(outputs)
    last_step(back)[...] = slope
    arrived = done.back(back.reshape(len(x), -1))[layer + 1].T.reshape(len(x), *model.shapes(shape)[layer])
    vectors = np.stack([done.outputs(row)[layer] for row in range(len(x))]).reshape(arrived.shape)
    there = x != 0
    slopes = np.sqrt(np.square(arrived).sum(axis=2)) * there
    pushes = (vectors * arrived).sum(axis=2) * there
    return slopes[:, ::-1], pushes[:, ::-1], logs


def log_probability(experiment: Experiment, outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Return log p (P,) of the classes `targets` (P,) by outputs (P, K), and its slope by the outputs, (P, K).

    Where outputs are no probabilities and no logits, the score itself stands for log p.
    """
    rows = np.arange(len(outputs))
    one = np.zeros_like(outputs)
    alone = outputs.shape[1] == 1  # one output for two classes
    sign = np.where(targets == 1, 1.0, -1.0)
    if alone:
        one[:, 0] = sign
    else:
        one[rows, targets] = 1.0
    if experiment.loss.kind == "CrossEntropy":
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return logs[rows, targets], one - np.exp(logs)
    if experiment.loss.kind == "BCEWithLogits":
        scores = (outputs * one).sum(axis=1)
        p = 1 / (1 + np.exp(-scores))
        return np.log(np.maximum(p, SMALLEST)), one * (1 - p)[:, None]
    if output_bounds(experiment.model) == (0, 1):
        p = np.where(targets == 1, outputs[:, 0], 1 - outputs[:, 0]) if alone else outputs[rows, targets]
        p = np.maximum(p, SMALLEST)
        return np.log(p), one / p[:, None]
    return (outputs * one).sum(axis=1), one


def embedding_of(subject: Subject) -> int:
    """Return the number of the layer that gives each token its vector.

    Raises:
        SpecError: if there is none.
    """
    for index, layer in enumerate(subject.experiment.model.layers):
        if isinstance(layer, Embedding):
            return index
    raise SpecError("stage.text.no_embedding")


def _texts(scene: Scene, wanted: Rests) -> tuple[Array, Array, int, int]:
    """Return the beginnings of a text (P, T) and the tokens that follow them (P,)."""
    reader = Reader(scene.subject)
    ids = seen(scene, wanted).ids if wanted.ids is None else list(wanted.ids)
    if any(not 0 <= token < len(reader.pipeline.vocabulary) for token in ids):
        raise SpecError("error.no_element", place="ids", value=max(ids))
    first = min(wanted.first, max(len(ids), 1))
    lengths = range(first, min(first + wanted.count, len(ids) + 1)) if ids else range(0)
    if not lengths:
        raise SpecError("text.empty", value="")
    texts = [ids[:length] for length in lengths]
    following = [ids[length] if length < len(ids) else -1 for length in lengths]
    if following[-1] < 0:
        following[-1] = int(reader.scores(texts[-1:])[0].argmax())
    return reader.windows(texts), np.array(following), first, len(ids)


def _beginnings(scene: Scene, wanted: Rests) -> tuple[Array, Array, int, int]:
    """Return the beginnings of a text (P, T), and for each the class that is asked about (P,)."""
    subject = scene.subject
    found = seen(scene, wanted)
    x = beginnings(subject, found.ids)[wanted.first - 1 :][: wanted.count]
    target = wanted.target
    if target >= subject.dataset.target.size:
        raise SpecError("error.no_element", place="target", value=target)
    if target < 0:
        outputs = last_step(subject.net().forward(found.x))
        target = taken_for(subject.experiment, outputs)
    if not len(x):
        raise SpecError("text.empty", value=found.text)
    return x, np.full(len(x), target), wanted.first, len(found.tokens)


def beginnings(subject: Subject, ids: list[int]) -> Array:
    """Return the first token, the first two, … of a text as the network would be shown each, (n, T) float32."""
    pipeline = pipeline_of(subject)
    found = [pipeline.fitted(ids[: length + 1]) for length in range(len(ids))]
    return np.stack(found) if found else np.zeros((0, pipeline.length), np.float32)


def taken_for(experiment: Experiment, outputs: Array) -> int:
    """Return the class that outputs (1, K) speak for."""
    found = shades(experiment, outputs)
    return int(found[0, 0] > 0) if found.shape[1] == 1 else int(found[0].argmax())
