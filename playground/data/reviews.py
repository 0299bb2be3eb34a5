"""Short reviews from a small grammar, in English and Chinese: synthetic, and made so that single words mislead.

    review  = clause | clause "and" clause | concession "but" clause | "although" concession "," clause
    clause  = thing is [very] WORD | thing is NOT [very] OPPOSITE | I VERB thing | I do NOT OPPOSITE-VERB thing

A clause that is negated turns its word around, and behind "but" stands what counts. A bag of words can therefore not
tell all of them apart; what reads in order can. The classes are even.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from playground.data.dataset import Dataset
from playground.data.labelled import labelled
from playground.data.loading import loads
from playground.spec.random import stream
from playground.spec.text_data import Reviews


@dataclass(frozen=True)
class Grammar:
    """The words of one language; what has two sides is (blame, praise).

    Attributes:
        things: what is reviewed.
        words, verbs: said of a thing, done to a thing.
        very: words that strengthen; the empty one is often taken.
        says, denies: patterns of `{thing}`, `{very}` and `{word}`.
        does, does_not: patterns of `{verb}` and `{thing}`.
        joined: patterns of two clauses of the same opinion.
        turned: patterns of a clause of the other opinion `{other}` and the one that counts `{mine}`.
    """

    things: tuple[str, ...]
    words: tuple[tuple[str, ...], tuple[str, ...]]
    verbs: tuple[tuple[str, ...], tuple[str, ...]]
    very: tuple[str, ...]
    says: tuple[str, ...]
    denies: tuple[str, ...]
    does: tuple[str, ...]
    does_not: tuple[str, ...]
    joined: tuple[str, ...]
    turned: tuple[str, ...]


ENGLISH = Grammar(
    things=tuple(
        f"{article} {noun}"
        for article in ("the", "this")
        for noun in [
            "film",
            "story",
            "music",
            "ending",
            "acting",
            "food",
            "soup",
            "coffee",
            "service",
            "room",
            "hotel",
            "phone",
            "screen",
            "battery",
            "sound",
            "book",
        ]
    ),
    words=(
        (
            "bad",
            "awful",
            "boring",
            "terrible",
            "weak",
            "poor",
            "dull",
            "slow",
            "ugly",
            "disappointing",
            "cheap",
            "annoying",
        ),
        (
            "good",
            "great",
            "wonderful",
            "excellent",
            "lovely",
            "brilliant",
            "fresh",
            "quick",
            "beautiful",
            "impressive",
        ),
    ),
    verbs=(("hate", "dislike", "regret"), ("love", "like", "enjoy", "recommend")),
    very=("", "", "", "very ", "really ", "so ", "quite "),
    says=("{thing} is {very}{word}", "{thing} was {very}{word}"),
    denies=("{thing} is not {very}{word}", "{thing} was never {very}{word}", "{thing} is far from {word}"),
    does=("i {verb} {thing}", "i really {verb} {thing}"),
    does_not=("i do not {verb} {thing}", "i would never {verb} {thing}"),
    joined=("{mine} and {too}",),
    turned=("{other}, but {mine}", "although {other}, {mine}", "{mine} even though {other}"),
)
CHINESE = Grammar(
    things=(
        "这部电影",
        "故事",
        "音乐",
        "结局",
        "演技",
        "这道菜",
        "汤",
        "咖啡",
        "服务",
        "房间",
        "酒店",
        "这款手机",
        "屏幕",
        "电池",
        "音质",
        "这本书",
    ),
    words=(
        ("差", "糟糕", "无聊", "难看", "难吃", "慢", "失望", "单调", "吵", "烂"),
        ("好", "精彩", "有趣", "漂亮", "出色", "棒", "舒服", "满意", "清晰", "完美"),
    ),
    verbs=(("讨厌", "后悔选"), ("喜欢", "爱", "推荐", "享受")),
    very=("", "很", "非常", "真的很", "太"),
    says=("{thing}{very}{word}", "{thing}让人觉得{very}{word}"),
    denies=("{thing}不{word}", "{thing}一点也不{word}", "{thing}并不{word}"),
    does=("我{verb}{thing}", "我真{verb}{thing}"),
    does_not=("我不{verb}{thing}", "我绝不{verb}{thing}"),
    joined=("{mine}，{too}", "{mine}，而且{too}"),
    turned=("{other}，但是{mine}", "虽然{other}，{mine}", "{other}，不过{mine}"),
)
GRAMMARS = {"en": ENGLISH, "zh": CHINESE}


@loads(Reviews)
def reviews(spec: Reviews, folder: Path | None) -> Dataset:
    """Write as many reviews as asked for, half of them praise; none is written twice as long as there are others."""
    random = stream(spec.seed, "draw", spec.kind, spec.language)
    grammar = GRAMMARS[spec.language]
    texts: list[str] = []
    seen: set[str] = set()
    for number in range(spec.count):
        for _ in range(50):
            text = review(grammar, number % 2, random)
            if text not in seen:
                break
        seen.add(text)
        texts.append(text)
    return labelled(
        spec,
        tuple(texts),
        np.arange(spec.count, dtype=np.int64) % 2,
        ("negative", "positive"),
        source="source.reviews",
        licence="",
        named=True,
    )


def review(grammar: Grammar, praise: int, random: np.random.Generator) -> str:
    """Return a review of one or two clauses whose opinion is `praise` (0 or 1)."""
    mine, chance = clause(grammar, praise, random), random.random()
    if chance < 0.4:
        return mine
    if chance < 0.6:
        return _one(grammar.joined, random).format(mine=mine, too=clause(grammar, praise, random))
    return _one(grammar.turned, random).format(mine=mine, other=clause(grammar, 1 - praise, random))


def clause(grammar: Grammar, praise: int, random: np.random.Generator) -> str:
    """Return a clause of this opinion; every third denies the opposite."""
    thing, denied = _one(grammar.things, random), random.random() < 1 / 3
    side = 1 - praise if denied else praise
    if random.random() < 0.25:
        patterns = grammar.does_not if denied else grammar.does
        return _one(patterns, random).format(verb=_one(grammar.verbs[side], random), thing=thing)
    word, very = _one(grammar.words[side], random), _one(grammar.very, random)
    return _one(grammar.denies if denied else grammar.says, random).format(thing=thing, very=very, word=word)


def _one(options: tuple[str, ...], random: np.random.Generator) -> str:
    return options[int(random.integers(len(options)))]
