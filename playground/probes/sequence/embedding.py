"""The vectors that a network has learned for its tokens: laid out on a plane, and which are near one.

Legend: V tokens, E numbers of each token's vector.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from playground.data.tokens import UNKNOWN
from playground.probes.asks import Answer, Scene, ask
from playground.probes.registry import PERIODS, Array, Arrays, Subject, in_chunks, probe
from playground.probes.sequence.dependence import embedding_of
from playground.probes.sequence.looked import answers
from playground.probes.sequence.reading import last_step
from playground.probes.sequence.subject import pipeline_of, writes
from playground.spec import Spec, SpecError

MOST_TOKENS = 3000
"""That are laid out: the most frequent ones."""
MOST_WORK = 3e8
"""Operations for asking the network about texts that hold a token."""
MOST_TEXTS = 512
PERIODS["embedding"] = 0.25


@probe
def embedding(subject: Subject) -> Arrays:
    """Lay the vectors of the most frequent tokens out on the plane in which they differ most.

    Returns:
        `embedding/map` (V, 2) f4 for the ids 1 … V: the first two principal components; `embedding/share` (2,) f4, the
        part of the variance that lies in each. Where texts have classes, what the network answers on average to
        training texts that hold a token: `embedding/class` (V,) u1, and `embedding/sure` (V,) u1, 255 = certain and 0
        where no text was seen that holds it. Nothing where there are no vectors.
    """
    try:
        vectors = vectors_of(subject)[UNKNOWN:][:MOST_TOKENS]
    except SpecError:
        return {}
    if not np.isfinite(vectors).all():
        return {}
    places, share = laid_out(vectors)
    found: Arrays = {"embedding/map": places.astype(np.float32), "embedding/share": share.astype(np.float32)}
    return found | _answered(subject, len(vectors))


def laid_out(vectors: Array) -> tuple[Array, Array]:
    """Return the first two principal components of vectors (V, E): (V, 2), and their shares of the variance (2,).

    The largest loading of each component is positive, so that the same vectors give the same picture.
    """
    centred = vectors - vectors.mean(axis=0)
    centred = centred.astype(np.float64)
    size, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    axes, size = axes[:, ::-1][:, :2], np.maximum(size[::-1], 0)
    axes = axes * np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0) + 1e-300)
    places, share = np.zeros((len(vectors), 2)), np.zeros(2)
    places[:, : axes.shape[1]] = centred @ axes
    if size.sum() > 0:
        share[: axes.shape[1]] = size[:2] / size.sum()
    return places, share


class Near(Spec):
    """The id of a token, and how many that are near it."""

    token: Annotated[int, Field(ge=1)]
    count: Annotated[int, Field(ge=1, le=50)] = 8


@ask(Near)
def nearest_tokens(scene: Scene, wanted: Near, lang: str) -> Answer:
    """Return the tokens whose vectors point most nearly the same way, by the cosine of the angle between them.

    Returns:
        plain: `id`, the `length` of its vector, and `near`: {id, cosine}, the nearest first. A token whose vector is
        zero has none.

    Raises:
        SpecError: if the network has no Embedding, or there is no such token.
    """
    vectors = vectors_of(scene.subject)
    if wanted.token >= len(vectors):
        raise SpecError("error.no_element", place="token", value=wanted.token)
    cosine = cosines(vectors, wanted.token)
    order = [int(token) for token in np.argsort(-cosine, kind="stable") if token not in (0, wanted.token)]
    near = [{"id": token, "cosine": float(cosine[token])} for token in order[: wanted.count]]
    length = float(np.linalg.norm(vectors[wanted.token].astype(np.float64)))
    return Answer({"id": wanted.token, "length": length, "near": near if length else []})


def cosines(vectors: Array, token: int) -> Array:
    """Return the cosine of the angle between each vector (V, E) and that of a token, (V,); 0 where one is zero."""
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1)
    lengths[lengths == 0] = 1
    return (exact / lengths[:, None]) @ (exact[token] / lengths[token])


def vectors_of(subject: Subject) -> Array:
    """Return the vectors of all tokens that the data have, (V, E); padding's is the first.

    Raises:
        SpecError: if the data are no texts, or the network has no Embedding.
    """
    size = len(pipeline_of(subject).vocabulary)
    return subject.state[f"{embedding_of(subject)}.weight"][:size]


def _answered(subject: Subject, count: int) -> Arrays:
    """Return what the network answers to texts with each token: a token alone is nothing that it was ever shown."""
    dataset = subject.dataset
    if writes(subject) or dataset.target.kind != "classes" or dataset.target.size > 256:
        return {}
    flops = subject.experiment.model.flops(dataset.input_shape)
    x = np.asarray(dataset.x[: min(MOST_TEXTS, int(MOST_WORK // max(flops, 1)))])
    if not len(x):
        return {}
    said = np.nan_to_num(answers(subject.experiment, last_step(in_chunks(subject.net(), x))))  # (N, K)
    ids = x.astype(np.int64)
    once = np.unique(np.arange(len(ids))[:, None] * (count + 1) + np.where(ids <= count, ids, 0))
    text, token = np.divmod(once, count + 1)  # each token of a text counts once
    sums = np.stack([np.bincount(token, said[text, k], count + 1) for k in range(said.shape[1])], axis=1)
    mean = (sums / np.maximum(np.bincount(token, minlength=count + 1), 1)[:, None])[UNKNOWN:]
    sure = np.rint(255 * np.clip(mean.max(axis=1), 0, 1)).astype(np.uint8)
    return {"embedding/class": mean.argmax(axis=1).astype(np.uint8), "embedding/sure": sure}
