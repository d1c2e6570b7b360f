"""What of a survey may leave the house: counts by answer, and only the shares that those counts already tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from frikommune.disclosure import TOTAL, Counts, Released, Rule, release_together
from frikommune.survey.items import Item
from frikommune.survey.responses import Responses
from frikommune.survey.shares import Share, agreement, shares
from frikommune.survey.silence import Bounds, Rate, Reweighted, response_rate, reweighted, worst_case

DEFAULT = Rule()
_AGREES, _OTHERS, _SILENT = "agrees", "others", "silent"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Opinion:
    """One question to one group in one round, as it may be published. It never shares a column with an effect.

    Attributes:
        item: The question.
        trial: Key of the trial.
        role: Who was asked.
        wave: The round.
        links: Answers through an open link, in no share; none where too few to be told.
        outside: Answers off the scale, such as "don't know"; none where too few to be told.
        weighted: Whether persons have weights.
        released: Counts of the invited by side (agrees, others, silent) and answer, hidden where too small.
        rate: How many answered; none where that number is hidden.
        agreement: The share that agrees; none where a count behind it is hidden.
        bounds: The same among all who were invited, whatever the silent think; none where hidden or not known.
        reweighted: The same weighted for non-response; none where hidden or not known.
        answers: The share of each answer, from least to most; none where hidden [answers].
    """

    item: Item
    trial: str
    role: str
    wave: str
    links: int | None
    outside: int | None
    weighted: bool
    released: Released
    rate: Rate | None
    agreement: Share | None
    bounds: Bounds | None
    reweighted: Reweighted | None
    answers: tuple[Share | None, ...]

    def __repr__(self) -> str:
        state = "shown" if self.agreement else "hidden"
        return f"Opinion on {self.item.key} ({self.trial}, {self.role}, {self.wave}): {state}"


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a diverging bar: those who agree to the right of 0, the others to the left, the middle across it.

    Answers that are hidden are one part on each side: their sum is what the others leave.

    Attributes:
        answers: Positions on the scale of the answers in each part, from left to right [parts].
        left: Where each part begins [parts, share].
        width: How long it is [parts, share].
        n: Answers behind it.
    """

    answers: tuple[tuple[int, ...], ...]
    left: tuple[float, ...]
    width: tuple[float, ...]
    n: int


def opinions(given: Sequence[Responses], *, rule: Rule = DEFAULT) -> tuple[Opinion, ...]:
    """Release the answers to questions, in their order.

    Every share is shown only where the counts that it tells are shown. Set shares as whole per cent: weights that are
    known from elsewhere could tell more from many digits.

    Args:
        given: The answers.
        rule: When a count is too small to be shown.
    """
    tables = release_together([_counts(each) for each in given], rule=rule)
    return tuple(_opinion(each, table, rule) for each, table in zip(given, tables, strict=True))


def diverging(opinion: Opinion) -> Bar | None:
    """Return the numbers of a diverging bar; none where the share that agrees is hidden."""
    if opinion.agreement is None:
        return None
    scale, agreed = opinion.item.scale, opinion.agreement.value
    agrees = [each in scale.agree for each in scale.answers]
    parts = [
        *_parts(opinion, [at for at, yes in enumerate(agrees) if not yes], 1 - agreed),
        *_parts(opinion, [at for at, yes in enumerate(agrees) if yes], agreed),
    ]
    middle = [scale.answers.index(each) for each in scale.middle]
    across = sum(width for part, width in parts if set(part) <= set(middle))
    widths = np.array([width for _, width in parts])
    left = np.cumsum(widths) - widths - (1 - agreed) + across / 2
    return Bar(tuple(part for part, _ in parts), tuple(left.tolist()), tuple(widths.tolist()), opinion.agreement.n)


def _parts(opinion: Opinion, positions: list[int], whole: float) -> list[tuple[tuple[int, ...], float]]:
    """Return the parts of one side and how long each is; what is hidden comes as one, where its first answer was."""
    shown = [(at, opinion.answers[at]) for at in positions]
    hidden = tuple(at for at, share in shown if share is None)
    rest = whole - sum(share.value for _, share in shown if share is not None)
    parts: list[tuple[tuple[int, ...], float]] = [((at,), share.value) for at, share in shown if share is not None]
    return sorted([*parts, (hidden, rest)]) if hidden else parts


def _counts(given: Responses) -> Counts:
    scale = given.item.scale
    side = np.where(given.answered, np.where(given.agrees == 1, _AGREES, _OTHERS), _SILENT)
    names = np.array([*scale.answers, ""])  # the last is that of NONE, which is -1
    index = pd.MultiIndex.from_product([[_AGREES, _OTHERS, _SILENT], names.tolist()], names=["side", "answer"])
    found = pd.Series(1, index=pd.MultiIndex.from_arrays([side, names[given.answer]], names=index.names))
    n = found.groupby(level=[0, 1]).sum().reindex(index, fill_value=0)
    name = f"{given.item.key}-{given.role}-{given.wave}"
    return Counts(name=name, n=n, of=f"{given.trial} {name}")


def _opinion(given: Responses, released: Released, rule: Rule) -> Opinion:
    n = released.n
    whole = not n.loc[[(_AGREES, TOTAL), (_OTHERS, TOTAL)]].isna().any()
    rated = not n.loc[[(_SILENT, TOTAL), (TOTAL, TOTAL)]].isna().any()
    some = bool(given.answered.any())
    return Opinion(
        item=given.item,
        trial=given.trial,
        role=given.role,
        wave=given.wave,
        links=_told(given.links, rule),
        outside=_told(given.outside, rule),
        weighted=given.weighted,
        released=released,
        rate=response_rate(given) if rated else None,
        agreement=agreement(given) if whole and some else None,
        bounds=worst_case(given) if whole and rated else None,
        reweighted=reweighted(given) if whole and rated and some else None,
        answers=_answers(given, n) if some and whole else (None,) * len(given.item.scale.answers),
    )


def _answers(given: Responses, n: pd.Series) -> tuple[Share | None, ...]:
    """Return the shares whose count is shown."""
    keys = given.item.scale.answers
    return tuple(None if n.loc[TOTAL, key] is pd.NA else share for key, share in zip(keys, shares(given), strict=True))


def _told(count: int, rule: Rule) -> int | None:
    return count if count == 0 or count >= rule.threshold else None
