"""Use of a waiver by municipality and quarter: as a panel, as counts that may leave, and who never used it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from frikommune.calendar import days_of
from frikommune.disclosure import Counts, Released, Rule, release_together
from frikommune.errors import BadData
from frikommune.municipalities import name_of
from frikommune.panel import Panel
from frikommune.trials import Trial

DEFAULT = Rule()


@dataclass(frozen=True, slots=True)
class Use:
    """How often a waiver was used until a day. Counts of cases: what is shown of them is in `released`.

    Attributes:
        used: Times used, up to the law that gave the waiver to everybody.
        eligible: Cases that could have used it; none where a row does not say.
        after_law: Times used in periods that the law's first day falls in or precedes: not the trial's.
        law: First day of that law; none where there is none, or it is not known.
        never: Municipalities that take part, had cases as far as is known, and reported no use.
        no_cases: Municipalities that take part and had no case that could have used it.
        silent: Municipalities that take part and reported nothing.
        released: Uses by municipality, and by period, hidden where too small.
    """

    used: int
    eligible: int | None
    after_law: int
    law: date | None
    never: tuple[int, ...]
    no_cases: tuple[int, ...]
    silent: tuple[int, ...]
    released: tuple[Released, Released]

    @property
    def share(self) -> float:
        """Uses among those that could; NaN where it is not known how many could."""
        return self.used / self.eligible if self.eligible else float("nan")


def use(frame: pd.DataFrame, about: Trial, *, rule: Rule = DEFAULT) -> Use:
    """Count the uses of a trial's waiver up to the national law.

    Args:
        frame: The table `uptake` of a data room.
        about: The trial.
        rule: When a count is too small to be shown.

    Raises:
        BadData: The table has no row of the trial, or rows of municipalities that do not take part.
    """
    mine = _rows(frame, about)
    law = about.national_law.since if about.national_law.status in ("whole", "partly") else None
    before = np.array([law is None or days_of(str(each))[1] < law for each in mine["period"]], dtype=bool)
    counted = mine[before]
    by_place = counted.groupby("kommune_kode")["used"].sum()
    empty = counted.groupby("kommune_kode")["eligible"].agg(lambda each: each.notna().all() and each.sum() == 0)
    whole = counted["eligible"].notna().all()
    return Use(
        used=int(counted["used"].sum()),
        eligible=int(counted["eligible"].sum()) if whole else None,
        after_law=int(mine.loc[~before, "used"].sum()),
        law=law,
        never=tuple(code for code in about.municipalities if by_place.get(code, -1) == 0 and not empty[code]),
        no_cases=tuple(code for code in about.municipalities if empty.get(code, False)),
        silent=tuple(code for code in about.municipalities if code not in by_place.index),
        released=_released(counted, about, rule),
    )


def uptake_panel(frame: pd.DataFrame, about: Trial, *, starts: Mapping[Any, Any] | None = None) -> Panel:
    """Make the panel of the share of cases in which the waiver was used.

    Args:
        frame: The table `uptake` of a data room.
        about: The trial.
        starts: First treated period of each municipality; by default the first with a use.

    Returns:
        Y = uses / cases that could; n = cases that could; var = Y (1 - Y), the spread of a yes or no. A cell of which
        it is not known how many could use it is missing, and so is one where nobody could.

    Raises:
        BadData: The table has no row of the trial, or counts in periods of several kinds, or has rows of municipalities
            that do not take part.
    """
    mine = _rows(frame, about)
    eligible = pd.to_numeric(mine["eligible"], errors="coerce").astype(float)
    share = (mine["used"].astype(float) / eligible).where(eligible > 0)
    first = mine[mine["used"] > 0].groupby("kommune_kode")["period"].min().to_dict()
    cells = mine.assign(
        share=share, n=eligible, var=share * (1 - share), start=mine["kommune_kode"].map(starts or first)
    )
    return Panel.from_frame(
        cells,
        unit="kommune_kode",
        period="period",
        outcome="share",
        start="start",
        n="n",
        var="var",
        label=f"use of {about.key}",
        measured_in="share of the cases",
    )


def _rows(frame: pd.DataFrame, about: Trial) -> pd.DataFrame:
    mine = frame[frame["trial"] == about.key]
    kinds = {len(str(each)) for each in mine["period"]}
    if mine.empty or len(kinds) > 1:
        raise BadData(
            f"The table uptake has {len(mine)} rows of {about.key} in periods of {len(kinds)} kinds: rows in one kind "
            "of period were expected."
        )
    others = 0 if not about.municipalities else int((~mine["kommune_kode"].isin(about.municipalities)).sum())
    if others:
        raise BadData(
            f"The table uptake has {others} rows of {about.key} from municipalities that do not take part: only those "
            "that do were expected; see `frikommune list`."
        )
    return mine


def _released(counted: pd.DataFrame, about: Trial, rule: Rule) -> tuple[Released, Released]:
    """Release the uses by municipality and by period: they share their total."""
    names = counted["kommune_kode"].map(name_of)
    every = sorted({*map(name_of, about.municipalities), *names})
    places = counted.groupby(names)["used"].sum().reindex(every, fill_value=0)
    periods = counted.groupby("period")["used"].sum()
    of = f"uses of {about.key}"
    tables = [
        Counts(name=f"use-{about.key}-{dimension}", n=each.rename_axis(dimension), of=of)
        for dimension, each in (("kommune", places), ("periode", periods))
    ]
    first, second = release_together(tables, rule=rule)
    return first, second
