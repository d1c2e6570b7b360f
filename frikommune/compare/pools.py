"""Pools of comparison municipalities: who is compared with, who is left out, and why."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from frikommune.calendar import Event, contaminated, days_of
from frikommune.compare.contrasts import Bools, treated_and_controls
from frikommune.errors import BadDesign, UnknownName
from frikommune.estimate import Span
from frikommune.municipalities import municipalities
from frikommune.panel import Panel

Kind = Literal["all", "same group", "neighbours", "region", "nearest"]
_LOCAL = ("neighbours", "region")
NEAREST = 20  # municipalities in the pool "nearest", unless told otherwise


@dataclass(frozen=True, slots=True, repr=False)
class Pool:
    """A panel of the treated municipalities and one pool of comparisons.

    Attributes:
        kind: Which pool.
        panel: The panel, without the municipalities that are no comparison.
        contaminated: Codes that the pool would hold, but for waivers of their own in the window, with the event.
        network: Codes left out because they belong to the free-municipality network, and the pool is not local.
    """

    kind: Kind
    panel: Panel
    contaminated: dict[int, Event]
    network: tuple[int, ...]

    def __repr__(self) -> str:
        compared = int((~self.panel.treated).sum())
        return f"Pool {self.kind!r}: {compared} comparison municipalities, {len(self.contaminated)} contaminated"


def pool(panel: Panel, kind: Kind, *, trial: str, pre: Span, post: Span, nearest: int = NEAREST) -> Pool:
    """Choose whom the treated municipalities are compared with.

    * "all": every municipality outside the free-municipality network;
    * "same group": those of them in the same group of Statistics Denmark's as a treated municipality;
    * "nearest": those of them whose outcome before the start is nearest, in mean square, to the treated
      municipalities' mean. Who is near by chance drifts back afterwards, so this is a second pool, not a first;
    * "neighbours": municipalities that border on a treated one, in the network or not;
    * "region": non-participating municipalities of the same region, in the network or not: shared regional shocks
      fall out, but spill-overs and other trials do not.

    Every pool leaves out municipalities that held waivers of their own between the first and the last day of the
    window, by the calendar.

    Args:
        panel: Cell means by municipality code and period label.
        kind: Which pool.
        trial: Key of the trial, for the events that concern it.
        pre: First and last period before the start.
        post: First and last period from the start on.
        nearest: How many municipalities the pool "nearest" holds.

    Returns:
        The panel of the treated and the pool, and who was left out.

    Raises:
        BadDesign: A unit is no municipality, nobody is treated, or nobody is left to compare with.
        UnknownName: There is no such pool.
    """
    if kind not in get_args(Kind):
        raise UnknownName.among("pool", kind, get_args(Kind))
    strangers = [unit for unit in panel.units if unit not in municipalities()]
    if strangers:
        raise BadDesign(f"{len(strangers)} units of the panel are no municipality codes: pools need the 98's codes.")
    treated_and_controls(panel)  # refuses a panel without either
    members = _members(panel, kind) & ~panel.treated
    in_network = np.array([municipalities()[code].fk2 for code in panel.units])
    outside = members & ~in_network if kind not in _LOCAL else members
    met = contaminated(trial, days_of(pre[0])[0], days_of(post[1])[1])
    clean = outside & ~np.isin(np.array(panel.units), list(met))
    if kind == "nearest":
        clean &= _near(panel, clean, pre, nearest)
    if not clean.any():
        raise BadDesign(f"The pool {kind!r} holds no clean comparison municipality: choose another pool.")
    return Pool(
        kind=kind,
        panel=panel.take(clean | panel.treated),
        contaminated={code: met[code] for code in _codes(panel, outside) if code in met},
        network=_codes(panel, members & ~outside),
    )


def within_region(panel: Panel, *, trial: str, pre: Span, post: Span) -> Pool:
    """Compare with the non-participating municipalities of the same region: see `pool`, "region".

    Args:
        panel: Cell means by municipality code and period label.
        trial: Key of the trial.
        pre: First and last period before the start.
        post: First and last period from the start on.
    """
    return pool(panel, "region", trial=trial, pre=pre, post=post)


def _members(panel: Panel, kind: Kind) -> Bools:
    """Tell which municipalities a pool would hold, whatever the calendar says [units]."""
    about = [municipalities()[code] for code in panel.units]
    ours = [each for each, treated in zip(about, panel.treated, strict=True) if treated]
    if kind == "same group":
        return np.array([each.group in {one.group for one in ours} for each in about])
    if kind == "region":
        return np.array([each.region in {one.region for one in ours} for each in about])
    if kind == "neighbours":
        return np.array([each.code in frozenset().union(*(one.neighbours for one in ours)) for each in about])
    return np.ones(len(about), dtype=bool)


def _near(panel: Panel, clean: Bools, pre: Span, nearest: int) -> Bools:
    """Tell which of the clean municipalities were nearest before the start; those that lack a cell are not."""
    before = np.array([pre[0] <= period <= pre[1] for period in panel.periods])
    target = np.nanmean(panel.Y[panel.treated][:, before], axis=0)
    distance = ((panel.Y[:, before] - target) ** 2).mean(axis=1)
    distance[~clean | np.isnan(distance)] = np.inf
    chosen = np.argsort(distance, kind="stable")[:nearest]
    return np.isin(np.arange(len(panel.units)), chosen) & np.isfinite(distance)


def _codes(panel: Panel, rows: Bools) -> tuple[int, ...]:
    return tuple(code for code, kept in zip(panel.units, rows, strict=True) if kept)
