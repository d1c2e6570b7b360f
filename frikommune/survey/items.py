"""The questions: what was asked, the scale of the answers, and what is wrong with the wording.

`data/survey_items.toml` and `data/survey_scales.toml` hold those that travel with the package; an evaluation of other
questionnaires makes its own `Item`.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from frikommune.errors import BadData, UnknownName
from frikommune.shipped import read_toml, validated


@dataclass(frozen=True, slots=True)
class Flag:
    """What is wrong with a question.

    Attributes:
        kind: double_barrelled (two questions in one) or leading (wording or scale leans one way).
        why_da: Why, in Danish.
        why_en: The same in English.
    """

    kind: Literal["double_barrelled", "leading"]
    why_da: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The answers that a question takes.

    Attributes:
        key: Short name.
        answers: The answers as they stand in the file, from least to most.
        agree: Those that agree.
        words_da: What each answer says, in Danish [answers].
        words_en: The same in English [answers].
        middle: Those that neither agree nor disagree.
        outside: Answers that are not on the scale, such as "don't know".

    Raises:
        BadData: There are fewer than two answers, one is there twice, or agree, middle and words do not fit them.
    """

    key: str
    answers: tuple[str, ...]
    agree: tuple[str, ...]
    words_da: tuple[str, ...]
    words_en: tuple[str, ...]
    middle: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the parts fit each other."""
        every = (*self.answers, *self.outside)
        if len(self.answers) < 2 or len(set(every)) < len(every):  # noqa: PLR2004
            raise BadData(f"The scale {self.key} needs two answers or more, each once.")
        if not self.agree or set(self.agree) & set(self.middle) or not {*self.agree, *self.middle} < set(self.answers):
            raise BadData(f"The scale {self.key} names answers that agree or lie in the middle and are not on it.")
        if not len(self.answers) == len(self.words_da) == len(self.words_en):
            raise BadData(f"The scale {self.key} has {len(self.answers)} answers and another number of words.")


@dataclass(frozen=True, slots=True)
class Item:
    """A question.

    Attributes:
        key: Its name in the table `survey`.
        text_da: What was asked, in Danish.
        text_en: The same in English.
        scale: The answers it takes.
        better: Whether agreeing is good.
        flags: What is wrong with it, by hand.
        claims: Published shares of a like question.
    """

    key: str
    text_da: str
    text_en: str
    scale: Scale
    better: Literal["lower", "higher"] = "higher"
    flags: tuple[Flag, ...] = ()
    claims: tuple[str, ...] = ()


@cache
def scales() -> dict[str, Scale]:
    """Return the scales by key."""
    entries = [{"key": key, **entry} for key, entry in read_toml("survey_scales.toml").items()]
    return {each.key: each for each in validated("survey_scales.toml", Scale, entries)}


@cache
def items() -> dict[str, Item]:
    """Return the questions that travel with the package, by key.

    Raises:
        ShippedDataError: An entry of `data/survey_items.toml` is not what it should be.
    """
    entries = [
        {"key": key, **entry, "scale": scales()[entry["scale"]]}
        for key, entry in read_toml("survey_items.toml").items()
    ]
    return {each.key: each for each in validated("survey_items.toml", Item, entries)}


def item(key: str) -> Item:
    """Return one question.

    Raises:
        UnknownName: None has that key; the nearest are named.
    """
    if key not in items():
        raise UnknownName.among("survey item", key, items())
    return items()[key]
