"""Periods and windows; the shocks, law changes and definition breaks that spoil a comparison.

A period is a label that sorts: a year ("2017"), a quarter ("2017Q3") or a month ("2017M07"). A window that
would cross an event that treats everybody is cut there. `data/calendar.csv` holds the events.
"""

import calendar as days
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from frikommune.errors import BadData, BadDesign, ShippedDataError
from frikommune.shipped import read_rows

_LABEL = re.compile(r"(?P<year>\d{4})(?:(?P<unit>[QKM])(?P<number>\d{1,2}))?")
_UNIFORM = re.compile(r"\d{4}(?:Q[1-4]|M(?:0[1-9]|1[0-2]))?")
_MONTHS_IN = {"Q": 3, "M": 1}
_SPOILS_EVERYBODY = ("national_law", "shock")
_SPOILS_SOME = ("control_contaminated", "other_trial")

# How many whole periods before the start a window takes by default: ten quarters, or three years.
_PERIODS_BEFORE = {"Y": 3, "Q": 10, "M": 30}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that changes the comparison.

    Attributes:
        key: Short name.
        start: First day.
        end: Last day; none when it lasts.
        kind: definition_break, trial_start, trial_end, control_contaminated, national_law, other_trial or shock.
        scope: "national", "nordjylland", or the codes of the municipalities it concerns.
        codes: Those codes; empty when it is national or regional.
        affects: Trials, or kinds of outcome, that it concerns; "all" for every one.
        title_da: Title in Danish.
        title_en: Title in English.
        certainty: "verified", "partly verified" or "approximate".
        source: Where it is known from.
    """

    key: str
    start: date
    end: date | None
    kind: str
    scope: str
    codes: frozenset[int]
    affects: frozenset[str]
    title_da: str
    title_en: str
    certainty: str
    source: str

    def concerns(self, trial: str) -> bool:
        """Tell whether the event concerns a trial."""
        return bool(self.affects & {trial, "all", "employment trials"})

    def meets(self, first: date, last: date) -> bool:
        """Tell whether the event falls in the days from first to last."""
        return self.start <= last and (self.end is None or self.end >= first)


@dataclass(frozen=True, slots=True)
class Window:
    """The periods before and after a start that a comparison uses, ends included.

    Attributes:
        pre: First and last period before.
        post: First and last period after.
        start: First period that is no longer "before".
        cut_by: The event that ends the window, where one does.
    """

    pre: tuple[str, str]
    post: tuple[str, str]
    start: str
    cut_by: Event | None


@cache
def events() -> dict[str, Event]:
    """Return the events by key.

    Raises:
        ShippedDataError: An event ends before it starts.
    """
    known = {row["event"]: _event(row) for row in read_rows("calendar.csv")}
    for each in known.values():
        if each.end is not None and each.end < each.start:
            raise ShippedDataError(f"The event {each.key} ends before it starts.")
    return known


def period_label(text: str) -> str:
    """Make a period label uniform: the Danish "2017K3" becomes "2017Q3", "2017M7" becomes "2017M07".

    Raises:
        BadData: The text is no year, quarter or month.
    """
    match = _LABEL.fullmatch(text.strip().upper())
    if match is None:
        raise BadData(f"{text!r} is no period: a year (2017), quarter (2017Q3) or month (2017M07) was expected.")
    if match["unit"] is None:
        return match["year"]
    unit, number = match["unit"].replace("K", "Q"), int(match["number"])
    if not 1 <= number <= 12 // _MONTHS_IN[unit]:
        raise BadData(f"{text!r} is no period: there is no such quarter or month.")
    return f"{match['year']}{unit}{number:0{2 if unit == 'M' else 1}d}"


def is_period(text: str) -> bool:
    """Tell whether a text is a period label."""
    try:
        period_label(text)
    except BadData:
        return False
    return True


def frequency(label: str) -> str:
    """Return "Y", "Q" or "M" for a period label.

    Raises:
        BadData: It is no year, quarter or month, such as the rolling year "2019QMAT1".
    """
    if not _UNIFORM.fullmatch(label):
        raise BadData(
            f"{label!r} is no period: a year (2017), quarter (2017Q3) or month (2017M07) was expected; rolling years, "
            "half-years and weeks are not reckoned with."
        )
    return label[4:5] or "Y"


def days_of(label: str) -> tuple[date, date]:
    """Return the first and last day of a period."""
    unit, year = frequency(label), int(label[:4])
    if unit == "Y":
        return date(year, 1, 1), date(year, 12, 31)
    length = _MONTHS_IN[unit]
    last = int(label[5:]) * length
    return date(year, last - length + 1, 1), date(year, last, days.monthrange(year, last)[1])


def spoils(trial: str, after: date) -> Event | None:
    """Return the first event after a day that treats everybody, and with them the comparison group."""
    met = [
        each
        for each in events().values()
        if each.kind in _SPOILS_EVERYBODY and each.scope == "national" and each.concerns(trial) and each.start > after
    ]
    return min(met, key=lambda each: each.start, default=None)


def last_clean_day(trial: str, start: date, clean_end: date | None = None) -> date:
    """Return the last day before an event treats everybody, or the trial's own last clean day where that is earlier.

    Args:
        trial: Key of the trial.
        start: First day on which somebody may have been treated.
        clean_end: Last clean day by the trial's own file.
    """
    event = spoils(trial, start)
    last = date.max if event is None else event.start - timedelta(days=1)
    return last if clean_end is None else min(last, clean_end)


def contaminated(trial: str, first: date, last: date) -> dict[int, Event]:
    """Return the municipalities that held waivers of their own between two days, with the event that says so."""
    return {
        code: each
        for each in events().values()
        if each.kind in _SPOILS_SOME and each.concerns(trial) and each.meets(first, last)
        for code in each.codes
    }


def window(
    labels: Iterable[str],
    *,
    trial: str,
    start: date,
    settled: date | None = None,
    clean_end: date | None = None,
) -> Window:
    """Choose the periods before and after a start, cut at the first event that treats everybody.

    Only whole periods count: a quarter in which the trial starts, or that an event cuts, is left out.

    Args:
        labels: The periods that the data hold, all of one frequency.
        trial: Key of the trial, for the events that concern it.
        start: First day on which somebody may have been treated.
        settled: First day on which all are; the days between belong neither before nor after. Default: `start`.
        clean_end: Last clean day by the trial's own file; the calendar may end the window earlier.

    Raises:
        BadDesign: No whole period is left before or after.
    """
    cut_by = spoils(trial, start)
    last_day = last_clean_day(trial, start, clean_end)
    ordered = sorted(set(labels))
    before = [label for label in ordered if days_of(label)[1] < start]
    after = [label for label in ordered if days_of(label)[0] >= (settled or start) and days_of(label)[1] <= last_day]
    if not before or not after:
        raise BadDesign(
            f"The data hold {len(before)} whole periods before {start} and {len(after)} between then and {last_day}: "
            "at least one of each is needed for a comparison."
        )
    before = before[-_PERIODS_BEFORE[frequency(before[0])] :]
    first_treated = next(label for label in ordered if label > before[-1])
    return Window((before[0], before[-1]), (after[0], after[-1]), first_treated, cut_by)


def _event(row: dict[str, str]) -> Event:
    named = row["scope"] not in ("national", "nordjylland")
    return Event(
        key=row["event"],
        start=date.fromisoformat(row["start"]),
        end=date.fromisoformat(row["end"]) if row["end"] else None,
        kind=row["kind"],
        scope=row["scope"],
        codes=frozenset(int(code) for code in row["scope"].split(";")) if named else frozenset(),
        affects=frozenset(part.strip() for part in row["affects"].split(";")),
        title_da=row["title_da"],
        title_en=row["title_en"],
        certainty=row["certainty"],
        source=row["source"],
    )
