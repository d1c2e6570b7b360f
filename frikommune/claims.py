"""The ledger of published numbers: what was claimed, recomputed, with its interval and its kind of evidence."""

import math
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Literal

from statsmodels.stats.proportion import proportion_confint

from frikommune.errors import ShippedDataError
from frikommune.shipped import read_rows, read_toml, validated
from frikommune.trials import load_trials

Kind = Literal["perception", "use", "outcome", "saving", "judgement", "claim", "rule"]

# Evidence grades of published numbers, as in `verdict`: none has a comparison group, so none is above 2.
_GRADES: dict[str, int] = {
    "outcome": 2,
    "perception": 1,
    "judgement": 1,
    "use": 0,
    "saving": 0,
    "claim": 0,
    "rule": 0,
}

# A share printed with a step of s lies within half a step of the true one.
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Claim:
    """A published number or statement, in our own words.

    Attributes:
        key: Short name.
        trial: Key of the trial; none when it is about the trials as a whole.
        document: Key of the document.
        heading_da: Heading in the document.
        period: What period it covers, where stated.
        kind: perception, use, outcome, saving, judgement, claim (no number) or rule (no result).
        text_da: What was published, in Danish.
        text_en: The same in English.
        value: The number; none where there is none, or it is a date.
        printed: The number or date as text.
        unit: Unit of the number.
        numerator: Count above the line, where it is a share of something known.
        denominator: Count below the line.
        rounded_to: The step to which it is rounded, where known [unit].
        rounding: exact, nearest, about, just_under or derived (worked out, not printed).
        contradicts: Claims that it is at odds with.
        note_da: What to know about it, in Danish.
        note_en: The same in English.
    """

    key: str
    trial: str | None
    document: str
    heading_da: str
    period: str
    kind: Kind
    text_da: str
    text_en: str
    value: float | None
    printed: str
    unit: str
    numerator: int | None
    denominator: int | None
    rounded_to: float | None
    rounding: Literal["exact", "nearest", "about", "just_under", "derived", ""]
    contradicts: tuple[str, ...]
    note_da: str
    note_en: str

    @property
    def grade(self) -> int:
        """The evidence grade of its kind: at most 2, since nothing published has a comparison group."""
        return _GRADES[self.kind]

    @property
    def range(self) -> tuple[float, float]:
        """The numbers that would have been printed like this [unit]."""
        if self.value is None:
            raise ValueError(f"{self.key} is no number")
        half = 0.0 if self.rounding in ("exact", "derived") else (self.rounded_to or 0.0) / 2
        return self.value - half, self.value + (0.0 if self.rounding == "just_under" else half)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a known denominator.

    Attributes:
        k: Count.
        n: Out of how many.
        low: Lower end of the 95 % Wilson interval [share].
        high: Upper end [share].
        base_da: What it is a share of, where the claim could mean several things.
        base_en: The same in English.
        worst: Smallest share if those not followed all failed [share]; none when all were followed.
        best: Largest share if they all succeeded [share].
    """

    k: int
    n: int
    low: float
    high: float
    base_da: str = ""
    base_en: str = ""
    worst: float | None = None
    best: float | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A saving over a count: the price of one, with the range that rounding allows [DKK]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Claims that cannot all be right as printed, and why."""

    key: str
    claims: tuple[str, ...]
    text_da: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger.

    Attributes:
        claim: What was published.
        shares: The shares it can mean, recomputed.
        price: The unit price it implies, for a saving.
        parts: The sum of the published parts, for a total [unit of the claim].
        answers: The fewest answers that give a survey share as printed; none when it is no survey share.
        answers_together: The fewest that give it and its sister shares at once.
        contradictions: What it is at odds with.
    """

    claim: Claim
    shares: tuple[Share, ...]
    price: Price | None
    parts: float | None
    answers: int | None
    answers_together: int | None
    contradictions: tuple[Contradiction, ...]


def wilson(k: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the Wilson interval of a share.

    References:
        Wilson (1927), Journal of the American Statistical Association 22(158), 209-212.
    """
    low, high = proportion_confint(k, n, alpha=1 - level, method="wilson")
    return float(low), float(high)


def worst_case(k: int, n: int, whole: int) -> tuple[float, float]:
    """Return the share among all when only n of them were followed: the rest all failed, or all succeeded.

    References:
        Manski (1989), Journal of Human Resources 24(3), 343-360.
    """
    return k / whole, (k + whole - n) / whole


def smallest_sample(shares: list[tuple[float, float]]) -> int:
    """Return the fewest answers that give every share as printed.

    Args:
        shares: Each share and the step it is rounded to [percent].
    """
    return next(n for n in count(1) if all(_can_be_printed(share, step, n) for share, step in shares))


def unit_price(saving: Claim, number: Claim) -> Price:
    """Return what one costs, and the range that the rounding of both numbers allows."""
    (low, high), (few, many) = saving.range, number.range
    if saving.value is None or number.value is None:
        raise ValueError(f"{saving.key} or {number.key} is no number")
    return Price(saving.value / number.value, low / many, high / few)


@cache
def load_claims() -> dict[str, Claim]:
    """Return the published claims by key, in the documents' order, checked.

    Raises:
        ShippedDataError: A claim names a trial, document or claim that is not there, or a share above one.
    """
    rows = [_fields(row) for row in read_rows("claims.csv")]
    found = {each.key: each for each in validated("claims.csv", Claim, rows)}
    documents = read_toml("documents.toml")
    for each in found.values():
        unknown = [other for other in each.contradicts if other not in found]
        if each.trial not in {None, *load_trials()} or each.document not in documents or unknown:
            raise ShippedDataError(f"data/claims.csv: {each.key} names a trial, document or claim that is not there.")
        if each.numerator is not None and each.denominator is not None and each.numerator > each.denominator:
            raise ShippedDataError(f"data/claims.csv: {each.key} is a share above one.")
    return found


@cache
def contradictions() -> tuple[Contradiction, ...]:
    """Return what the published claims disagree on."""
    entries = read_toml("contradictions.toml")["contradiction"]
    return tuple(Contradiction(e["id"], tuple(e["claims"]), e["text_da"], e["text_en"]) for e in entries)


def ledger(trial: str | None) -> tuple[Entry, ...]:
    """Return every published claim about a trial, or about the trials as a whole, recomputed."""
    return tuple(_entry(each) for each in load_claims().values() if each.trial == trial)


def uses(trial: str) -> float | None:
    """Return how often a trial was used, by the documents' own counts; none when they give no number."""
    counted = [load_claims()[key].value for key in _recomputations()["uses"].get(trial, ())]
    return sum(value for value in counted if value is not None) if counted else None


def most_uses(trial: str) -> float | None:
    """Return how often a trial can have been used, at most, given the rounding; none when the counts are too low."""
    keys = _recomputations()["uses"].get(trial, ())
    if not keys or trial in _recomputations()["lower_bounds"]:
        return None
    return sum(load_claims()[key].range[1] for key in keys)


def _entry(claim: Claim) -> Entry:
    how = _recomputations()
    prices = [unit_price(claim, load_claims()[each["count"]]) for each in how["price"] if each["saving"] == claim.key]
    totals = [each["parts"] for each in how["total"] if each["total"] == claim.key]
    together = [each["claims"] for each in how["survey"] if claim.key in each["claims"]]
    surveyed = claim.kind == "perception" and claim.unit == "percent"
    return Entry(
        claim=claim,
        shares=_shares(claim),
        price=prices[0] if prices else None,
        parts=math.fsum(load_claims()[part].value or 0 for part in totals[0]) if totals else None,
        answers=smallest_sample([_as_printed(claim)]) if surveyed else None,
        answers_together=smallest_sample([_as_printed(load_claims()[key]) for key in together[0]])
        if together
        else None,
        contradictions=tuple(each for each in contradictions() if claim.key in each.claims),
    )


def _shares(claim: Claim) -> tuple[Share, ...]:
    how = _recomputations()
    wholes = [each["whole"] for each in how["followed"] if claim.key in each["claims"]]
    found = []
    if claim.numerator is not None and claim.denominator is not None:
        found.append(_share(claim.numerator, claim.denominator, whole=wholes[0] if wholes else None))
    found += [
        _share(each["k"], each["n"], base_da=each["base_da"], base_en=each["base_en"])
        for each in how["share"]
        if each["claim"] == claim.key
    ]
    return tuple(found)


def _share(k: int, n: int, *, whole: int | None = None, base_da: str = "", base_en: str = "") -> Share:
    worst, best = (None, None) if whole is None else worst_case(k, n, whole)
    return Share(k, n, *wilson(k, n), base_da=base_da, base_en=base_en, worst=worst, best=best)


def _as_printed(claim: Claim) -> tuple[float, float]:
    if claim.value is None or claim.rounded_to is None:
        raise ShippedDataError(f"data/claims.csv: {claim.key} is a survey share without its value or rounding.")
    return claim.value, claim.rounded_to


def _can_be_printed(share: float, step: float, n: int) -> bool:
    nearest = (math.floor(share * n / 100), math.ceil(share * n / 100))
    return any(abs(100 * k / n - share) <= step / 2 + _SLACK for k in nearest)


@cache
def _recomputations() -> dict:
    return read_toml("recomputations.toml")


def _fields(row: dict[str, str]) -> dict[str, object]:
    number = row["value"] and row["unit"] != "date"
    return {
        **{name: row[name] for name in row if name not in ("id", "value")},
        "key": row["id"],
        "trial": row["trial"] or None,
        "value": row["value"] if number else None,
        "printed": row["value"],
        "numerator": row["numerator"] or None,
        "denominator": row["denominator"] or None,
        "rounded_to": row["rounded_to"] or None,
        "contradicts": tuple(row["contradicts"].split()),
    }
