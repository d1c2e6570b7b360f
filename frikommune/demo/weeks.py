"""The weeks and months of the register, by number: weeks from Monday 2 January 2012, months from January 2012.

The register holds 2014-2021; two years before it let the stock build up, and some months after it let the twins of the
last spells be followed to the end. Months beyond the country's history move like its last.
"""

from datetime import date, timedelta

import numpy as np

from frikommune.demo.draws import Ints

MONDAY = date(2012, 1, 2)
FIRST_DAY, LAST_DAY = date(2014, 1, 1), date(2021, 12, 31)


def week_from(day: date) -> int:
    """Return the number of the first week that begins on a day or after it."""
    return -((MONDAY - day).days // 7)


def week_after(day: date) -> int:
    """Return the number of the first week that begins after a day."""
    return week_from(day + timedelta(days=1))


def monday(week: int) -> date:
    """Return the first day of a week."""
    return MONDAY + timedelta(weeks=week)


FIRST_WEEK = week_from(FIRST_DAY)
END_WEEK = week_after(LAST_DAY)  # the first week that begins after the data end
HORIZON = END_WEEK + 48
FIRST_MONTH, END_MONTH = 24, 120
HISTORY_MONTHS = 120


def month_of(day: date) -> int:
    """Return the number of a day's month."""
    return (day.year - MONDAY.year) * 12 + day.month - 1


# Month of each week's Monday and of its Sunday, some weeks beyond the horizon.
BEGINS: Ints = np.array([month_of(monday(week)) for week in range(HORIZON + 1)], dtype=np.int64)
ENDS: Ints = np.array([month_of(monday(week + 1) - timedelta(days=1)) for week in range(HORIZON + 1)], dtype=np.int64)
EPOCH_DAY = (MONDAY - date(1970, 1, 1)).days


def days(weeks: Ints) -> Ints:
    """Return the Mondays of weeks as days since 1970."""
    return EPOCH_DAY + 7 * weeks
