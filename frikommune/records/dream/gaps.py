"""The rule that joins weeks to spells, and says what counts as self-support after one."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from frikommune.errors import BadDesign

Kind = Literal["consecutive", "weeks", "minimum", "calendar_month"]
_COUNTED = ("weeks", "minimum")
_DANISH = {
    "consecutive": "Et forløb er på hinanden følgende uger med samme ydelse; én uge uden ydelse afslutter det.",
    "weeks": (
        "Et forløb fortsætter over op til {weeks} uger uden ydelse; selvforsørgelse er flere end {weeks} uger i træk "
        "uden offentlig ydelse."
    ),
    "minimum": (
        "Et forløb er på hinanden følgende uger med samme ydelse, og forløb under {weeks} uger tæller ikke, "
        "heller ikke som afgang; selvforsørgelse er mindst {weeks} uger i træk uden offentlig ydelse, som også et kort "
        "forløb afbryder."
    ),
    "calendar_month": (
        "Et forløb fortsætter, til der har været en hel kalendermåned uden ydelse; selvforsørgelse er en hel "
        "kalendermåned uden offentlig ydelse."
    ),
}
_ENGLISH = {
    "consecutive": "A spell is consecutive weeks on the same benefit; one week without benefit ends it.",
    "weeks": (
        "A spell goes on across up to {weeks} weeks without benefit; self-support is more than {weeks} weeks in a row "
        "without public benefit."
    ),
    "minimum": (
        "A spell is consecutive weeks on the same benefit, and spells shorter than {weeks} weeks do not count, "
        "nor are they an exit; self-support is at least {weeks} weeks in a row without public benefit, which a short "
        "spell interrupts all the same."
    ),
    "calendar_month": (
        "A spell goes on until there has been a whole calendar month without benefit; self-support is a whole calendar "
        "month without public benefit."
    ),
}


@dataclass(frozen=True, slots=True)
class GapRule:
    """How weeks become spells.

    Only weeks without any benefit can be bridged: another benefit in between always ends a spell.

    Under a minimum, a spell too short to count is no exit either: a spell goes to whatever comes first behind it, the
    next spell that counts or enough weeks in a row without any benefit. No Danish source that we know of says which
    rule its minimum implies; this one keeps the two halves of the definition apart, and is the one that does not name
    an exit to a spell that the same table leaves out.

    Attributes:
        kind: "consecutive": every week without benefit ends a spell; "weeks": up to `weeks` of them join;
            "minimum": spells shorter than `weeks` do not count; "calendar_month": a whole calendar month without
            benefit separates.
        weeks: The number that the kinds "weeks" and "minimum" need [weeks]; 0 for the others.

    Raises:
        BadDesign: The kind is not one of the four, or its number of weeks is missing or of no use to it.
    """

    kind: Kind
    weeks: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise BadDesign(f"A gap rule is one of {', '.join(get_args(Kind))}, not {self.kind!r}.")
        if self.kind in _COUNTED and self.weeks < 1:
            raise BadDesign(f"The gap rule {self.kind!r} needs a number of weeks, at least 1.")
        if self.kind not in _COUNTED and self.weeks:
            raise BadDesign(f"The gap rule {self.kind!r} takes no number of weeks.")

    @property
    def text_da(self) -> str:
        """The rule as a Danish sentence."""
        return _DANISH[self.kind].format(weeks=self.weeks)

    @property
    def text_en(self) -> str:
        """The rule as an English sentence."""
        return _ENGLISH[self.kind].format(weeks=self.weeks)


CONSECUTIVE = GapRule("consecutive")
FOUR_WEEKS = GapRule("weeks", 4)
FIVE_WEEK_MINIMUM = GapRule("minimum", 5)
CALENDAR_MONTH = GapRule("calendar_month")


@dataclass(frozen=True, slots=True)
class Bounds:
    """A gap rule on the weeks of one file.

    Attributes:
        joins: By last week of a run: the same benefit joins when it comes back before this week, shape (weeks,).
        clears: By last week of a run: self-support when no benefit comes before this week, shape (weeks,).
        shortest: The shortest spell that counts [weeks].
    """

    joins: NDArray[np.int32]
    clears: NDArray[np.int32]
    shortest: int


def bounds(rule: GapRule, mondays: tuple[date, ...]) -> Bounds:
    """Lay a gap rule on the weeks of a file.

    Args:
        rule: The rule.
        mondays: First day of every week, in order, without holes.
    """
    last = np.arange(len(mondays), dtype=np.int32)
    apart = last + 2  # a run of the same benefit cannot come back sooner: the next week would be the same run
    if rule.kind == "minimum":
        return Bounds(apart, last + 1 + rule.weeks, rule.weeks)
    if rule.kind == "calendar_month":
        clears = np.array([_after_whole_month(monday, mondays[0]) for monday in mondays], np.int32)
        return Bounds(clears, clears, 1)
    return Bounds(apart + rule.weeks, apart + rule.weeks, 1)


def _after_whole_month(monday: date, first: date) -> int:
    """Return the first week that starts after the first whole month after the week of `monday`."""
    free = monday + timedelta(weeks=1)
    opens = free if free.day == 1 else _next_month(free)
    days = (_next_month(opens) - first).days
    return -(-days // 7)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
