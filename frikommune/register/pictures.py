"""What goes with an answer: released curves, ways out, hazard ratios, and how wrong the naive mean is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from frikommune.calendar import days_of
from frikommune.cells import RiskTable
from frikommune.checks import Proportionality, proportionality
from frikommune.dataroom import DataRoom
from frikommune.disclosure import ReleasedCurve, Rule, release_curve
from frikommune.duration import Finished, finished, hazard_ratio, hazard_ratios
from frikommune.errors import UserError
from frikommune.estimate import Estimate
from frikommune.inference import Inference, infer
from frikommune.register.answers import Followed, Refused
from frikommune.register.measures import benefits_of
from frikommune.register.tables import risk_of
from frikommune.trials import Trial

LEGAL_WEEK = 22  # in which sickness benefit ends unless it is extended
_CUTS = {"sygedagpenge": (8, LEGAL_WEEK - 1, LEGAL_WEEK)}
_QUARTERS = (1 / 4, 1 / 2)  # of the horizon, where the law names no week
_MOST_WAYS = 5
_REST = "other"
_GROUPS = ("treated_after", "treated_before", "others_after", "others_before")


@dataclass(frozen=True, slots=True, repr=False)
class Pictures:
    """What goes with the first answer of a page.

    Attributes:
        curves: Released curves by group: "treated_before", "treated_after", "others_before", "others_after".
        ways: Names of the ways out, in the order of the curves; the rarest are one.
        ratio: The logarithm of the hazard ratio over all weeks, with its inference; none where it cannot be told.
        sure: Its inference.
        pieces: Whether the ratio is the same in all weeks; none where pieces cannot be told.
        naive: How wrong the mean over finished spells is; none where no spell is followed to the horizon.
        hidden: Groups too small for a curve to be released.
    """

    curves: Mapping[str, ReleasedCurve]
    ways: tuple[str, ...]
    ratio: Estimate | None
    sure: Inference | None
    pieces: Proportionality | None
    naive: Finished | None
    hidden: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Pictures: {len(self.curves)} released curves, {len(self.ways)} ways out"


def pictures(
    room: DataRoom, about: Trial, answers: Sequence[Followed | Refused], *, draws: int = 199, seed: int = 1
) -> Pictures | None:
    """Reckon what goes with the first answer about spells or cases.

    Where the law empties a benefit at a week, that week is a piece of its own.

    Args:
        room: The data room.
        about: The trial.
        answers: The answers of one table.
        draws: Placebo assignments for the hazard ratios.
        seed: Seed of the draws.

    Returns:
        The pictures; none where no answer could be given.

    Raises:
        BadData: The room has no such table.
    """
    found = next((each for each in answers if isinstance(each, Followed)), None)
    if found is None:
        return None
    answer, benefits = found.answer, benefits_of(about) if found.measure.table == "spells" else ()
    event = found.event_day
    table = risk_of(room, about, found.measure, end_of_data=found.end_of_data, event=event)
    table = table.take(table.cells["unit"].isin(answer.estimate.panel.units).to_numpy())
    grouped = {name: _group(table, found, name) for name in _GROUPS}
    ways = _ways(grouped["treated_after"])
    released, hidden = {}, []
    for name, each in grouped.items():
        try:
            released[name] = _released(each, ways)
        except UserError:  # fewer than the threshold
            hidden.append(name)
    ratio, sure, pieces = _hazards(table, found, benefits, draws, seed)
    return Pictures(released, ways, ratio, sure, pieces, _naive(room, about, found, event), tuple(hidden))


def _group(table: RiskTable, found: Followed, name: str) -> RiskTable:
    who, when = name.split("_")
    mine = table.cells["unit"].isin(list(found.starts)).to_numpy()
    first, last = found.answer.post if when == "after" else found.answer.pre
    inside = table.cells["entry"].between(first, last).to_numpy()
    return table.take((mine if who == "treated" else ~mine) & inside)


def _ways(table: RiskTable) -> tuple[str, ...]:
    """Return the ways out, most frequent first; beyond five the rarest are one."""
    n = table.exits.sum(axis=(0, 2))
    order = [table.types[at] for at in np.argsort(-n, kind="stable") if n[at]]
    if len(order) <= _MOST_WAYS:
        return tuple(order)
    return (*[each for each in order if each != _REST][: _MOST_WAYS - 1], _REST)


def _released(table: RiskTable, ways: tuple[str, ...]) -> ReleasedCurve:
    named = [way for way in ways if way in table.types and way != _REST]
    left = [table.exits[:, table.types.index(way)].sum(axis=0) for way in named]
    rest = [at for at, each in enumerate(table.types) if each not in named]
    others = table.exits[:, rest].sum(axis=(0, 1))
    parts = left + ([others] if _REST in ways else [])
    return release_curve(table.at_risk.sum(axis=0), np.array(parts))


def _hazards(
    table: RiskTable, found: Followed, benefits: tuple[str, ...], draws: int, seed: int
) -> tuple[Estimate | None, Inference | None, Proportionality | None]:
    horizon = found.measure.horizon
    cuts = next((_CUTS[each] for each in benefits if each in _CUTS), tuple(round(horizon * each) for each in _QUARTERS))
    cuts = tuple(each for each in cuts if each < horizon)
    last = max(label for label in table.cells["entry"] if days_of(label)[1] <= _clean(found))
    span = {"starts": found.starts, "pre": found.answer.pre, "post": (found.answer.post[0], last)}
    try:
        ratio = hazard_ratio(table, weeks=(1, horizon), **span)  # type: ignore[arg-type]
        sure = infer(ratio, draws, seed)
    except UserError:
        return None, None, None
    try:
        pieces = proportionality(hazard_ratios(table, cuts=cuts, horizon=horizon, **span), draws, seed)  # type: ignore[arg-type]
    except UserError:
        return ratio, sure, None
    return ratio, sure, pieces


def _clean(found: Followed) -> date:
    return found.end_of_data if found.event_day is None else found.event_day - timedelta(days=1)


def _naive(room: DataRoom, about: Trial, found: Followed, event: date | None) -> Finished | None:
    """Hold the mean over finished spells of the participants' later quarters against what is right."""
    try:
        horizon = 2 * found.measure.horizon
        long = risk_of(room, about, found.measure, end_of_data=found.end_of_data, event=event, horizon=horizon)
        first = found.answer.post[0]
        late = long.cells["unit"].isin(list(found.starts)) & (long.cells["entry"] >= first)
        late &= long.cells["entry"].map(lambda label: days_of(label)[1] <= _clean(found))
        mine = long.take(late.to_numpy())
        return finished(mine, weeks=found.measure.horizon) if _enough(mine) else None
    except UserError:
        return None


def _enough(table: RiskTable) -> bool:
    """Tell whether a mean over finished spells and the share of open ones may be shown: both of enough, or none."""
    ended, unseen = int(table.exits.sum()), int(table.censored.sum())
    return ended >= Rule().threshold and (unseen == 0 or unseen >= Rule().threshold)
