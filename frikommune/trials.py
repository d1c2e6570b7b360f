"""The trials: who takes part, from when, what was waived, and what was meant to come of it.

Read from `data/trials.toml`. What is unknown is left out there, is `None` here, and is printed as unknown.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from frikommune.errors import UnknownName
from frikommune.municipalities import municipalities
from frikommune.shipped import read_toml, validated

# The law made round 1 possible from the first date; no trial of round 3 could start before the last.
# A trial whose round is unknown started somewhere between them, at the earliest.
EARLIEST_ROUND = date(2017, 7, 1)
LATEST_ROUND = date(2018, 7, 1)

_STARTS = {1: EARLIEST_ROUND, 2: date(2018, 1, 1), 3: LATEST_ROUND}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial was meant to change.

    Attributes:
        key: Short name, the same in every trial that has it.
        label_da: Name in Danish.
        label_en: Name in English.
        unit: weeks, days, hours, share or count.
        better: Which direction is good.
    """

    key: str
    label_da: str
    label_en: str
    unit: Literal["weeks", "days", "hours", "share", "count"]
    better: Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class NationalLaw:
    """Whether national law later gave the waiver to everybody, and so ended the comparison.

    Attributes:
        status: whole, partly, no, or unknown.
        since: First day of that law, where known.
        text_da: What is known, in Danish.
        text_en: The same in English.
    """

    status: Literal["whole", "partly", "no", "unknown"]
    text_da: str
    text_en: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial.

    Attributes:
        key: Short name, used on the command line and in file names.
        number: Its number among the 17 headings; rehabilitation teams are 17a and 17b.
        title_da: Official title.
        title_en: Title in English.
        theme: talks, rehabilitation, firms, or new_measures.
        theme_basis: Whether the documents name the theme or we inferred it.
        waived_da: The rule that was waived, in Danish.
        waived_en: The same in English.
        target_da: The target group, in Danish.
        target_en: The same in English.
        municipalities: Codes of those that take part; empty when not known.
        national_law: Whether the law later treated everybody.
        sources: The documents that tell of it.
        round: Application round, where known.
        earliest_start: First day on which the trial could start, where known.
        clean_end: Last day of the window in which a comparison is clean, where known.
        outcomes: What the trial was meant to change.
    """

    key: str
    number: str
    title_da: str
    title_en: str
    theme: Literal["talks", "rehabilitation", "firms", "new_measures"]
    theme_basis: Literal["named", "inferred", "inferred, weak"]
    waived_da: str
    waived_en: str
    target_da: str
    target_en: str
    municipalities: tuple[int, ...]
    national_law: NationalLaw
    sources: tuple[str, ...]
    round: Literal[1, 2, 3] | None = None
    earliest_start: date | None = None
    clean_end: date | None = None
    outcomes: tuple[Outcome, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check what no type can say."""
        outside = [
            code for code in self.municipalities if code not in municipalities() or not municipalities()[code].fk2
        ]
        if outside:
            raise ValueError(f"{self.key}: {outside} are not among the eleven municipalities of the network")
        if len(set(self.municipalities)) != len(self.municipalities):
            raise ValueError(f"{self.key}: a municipality is named twice")
        if self.round is not None and self.earliest_start != _STARTS[self.round]:
            raise ValueError(f"{self.key}: round {self.round} started {_STARTS[self.round]} at the earliest")
        if self.clean_end is not None and self.clean_end <= self.first_possible_start:
            raise ValueError(f"{self.key}: the clean window ends before it starts")

    @property
    def first_possible_start(self) -> date:
        """The first day on which somebody may have been treated."""
        return self.earliest_start or EARLIEST_ROUND

    @property
    def last_possible_start(self) -> date:
        """The day by which a trial of its round, or of any round where that is unknown, could have started."""
        return self.earliest_start or LATEST_ROUND


@cache
def load_trials() -> dict[str, Trial]:
    """Return the 18 trials by key, checked.

    Raises:
        ShippedDataError: An entry of `data/trials.toml` is not what it should be.
    """
    entries = [{"key": key, **entry} for key, entry in read_toml("trials.toml").items()]
    return {each.key: each for each in validated("trials.toml", Trial, entries)}


def trial(key: str) -> Trial:
    """Return one trial.

    Raises:
        UnknownName: No trial has that key; the nearest are named.
    """
    known = load_trials()
    if key not in known:
        raise UnknownName.among("trial", key, known)
    return known[key]


def others_of(code: int, than: Trial) -> tuple[Trial, ...]:
    """Return the other trials that a municipality took part in: their effects cannot be told apart from this one's."""
    return tuple(each for each in load_trials().values() if code in each.municipalities and each.key != than.key)
