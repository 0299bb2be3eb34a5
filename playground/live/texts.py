"""What the pictures of texts need to know before the first frame: the vocabulary, and the texts that judge a network.

Knows no run and no socket.
"""

from __future__ import annotations

from typing import Any

from playground.data import Dataset
from playground.probes.outcomes import MAX_SAMPLES
from playground.probes.registry import Subject
from playground.probes.sequence.subject import ends, writes
from playground.spec import Experiment

LONGEST = 400
"""Characters of a text that are shown in a list."""


def text_facts(experiment: Experiment, dataset: Dataset) -> dict[str, Any]:
    """Return the facts about texts, JSON-plain; none where the data are no texts.

    Returns:
        `text`: `{how, length, vocabulary, writes, ends}`, the token of each id, whether the network says what comes
        next, and the id of the token between texts (−1: none). `judged_texts`: those that the probe `verdicts` speaks
        of, in order; none where the network writes.
    """
    pipeline = dataset.pipeline
    if pipeline is None:
        return {}
    subject = Subject(experiment, dataset, {})
    text = {
        "how": pipeline.how,
        "length": pipeline.length,
        "vocabulary": list(pipeline.vocabulary),
        "writes": writes(subject),
        "ends": ends(subject),
    }
    texts = (dataset.texts_test or dataset.texts) if not text["writes"] else ()
    return {"text": text, "judged_texts": [each[:LONGEST] for each in texts[:MAX_SAMPLES]]}
