"""The calendar as a check: who in the comparison held waivers, and what happened to everybody inside the window."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from frikommune.calendar import Event, contaminated, days_of, events, is_period, spoils
from frikommune.checks.nouns import Reason, carried
from frikommune.compare import SyntheticControl
from frikommune.compare.contrasts import Bools, sides
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate
from frikommune.municipalities import municipalities


@dataclass(frozen=True, slots=True, repr=False)
class Contamination:
    """What the calendar says of the periods and municipalities that an effect uses.

    Attributes:
        first: First period used.
        last: Last period used.
        crossed: The first event after the start that treats everybody; none when the window ends before it.
        comparisons: Codes of comparisons that held waivers of their own inside the window, with the event.
        share: How much of the comparison these carry [share of the weights].
        treated: Codes of treated municipalities that held waivers before their trial, with the event.
        struck: Codes of municipalities that count and were struck by a local shock inside the window, with the event.
    """

    first: str
    last: str
    crossed: Event | None
    comparisons: dict[int, Event]
    share: float
    treated: dict[int, Event]
    struck: dict[int, Event]

    def fault(self, margin: float) -> Reason | None:  # noqa: ARG002 - the same question whatever the margin
        """Fail when the window crosses such an event or a local shock, or a comparison was treated: see `Check`."""
        if self.crossed is not None:
            return Reason("window_crossed", (("year", float(self.crossed.start.year)),))
        if self.struck:
            return Reason("struck_locally", (("units", float(len(self.struck))),))
        if self.comparisons:
            return Reason("comparison_treated", (("units", float(len(self.comparisons))), ("share", self.share)))
        return None

    def passed(self, margin: float) -> Reason:  # noqa: ARG002 - the same whatever the margin
        """Say that nothing was met: see `Check`."""
        return Reason("calendar_clean", (("units", float(len(self.comparisons))),))

    def __repr__(self) -> str:
        crossed = "none" if self.crossed is None else self.crossed.key
        return (
            f"Contamination {self.first} to {self.last}: crosses {crossed}; {len(self.comparisons)} comparison "
            f"municipalities with waivers, {self.share:.1%} of the weights; {len(self.treated)} treated ones before; "
            f"{len(self.struck)} struck by a local shock"
        )


def contamination(estimate: Estimate, trial: str) -> Contamination:
    """Look up in the calendar the window and the municipalities that an effect really uses.

    Only periods and municipalities whose weight is not zero count, so that a synthetic control is not blamed for a
    municipality that it leaves at zero. The periods to which it is fitted count, though they weigh nothing.

    Args:
        estimate: The effect, on municipality codes and period labels.
        trial: Key of the trial, for the events that concern it; "network" for all of them.

    Returns:
        The events met.

    Raises:
        BadDesign: The units are no municipality codes, or the periods no labels.
    """
    panel = estimate.panel
    strangers = sum(unit not in municipalities() for unit in panel.units)
    if strangers or not all(is_period(str(period)) for period in panel.periods):
        raise BadDesign(
            f"{strangers} units are no municipality codes, or the periods are no labels such as 2017Q3: the "
            "calendar needs both."
        )
    used = np.flatnonzero(_used(estimate))
    first, last = panel.periods[used[0]], panel.periods[used[-1]]
    met = contaminated(trial, days_of(first)[0], days_of(last)[1])
    share = carried(estimate)
    counting = _codes(panel.units, (share > 0) | panel.treated)
    ours = {code: event for code, event in met.items() if code in _codes(panel.units, share > 0)}
    begun = days_of(panel.periods[int(panel.start.min())])[0]
    event = spoils(trial, begun)
    earlier = contaminated(trial, days_of(first)[0], begun)
    return Contamination(
        first=first,
        last=last,
        crossed=event if event is not None and event.start <= days_of(last)[1] else None,
        comparisons=ours,
        share=float(share[np.isin(np.array(panel.units), list(ours))].sum()),
        treated={code: each for code, each in earlier.items() if code in _codes(panel.units, panel.treated)},
        struck={code: each for code, each in _local_shocks(trial, first, last).items() if code in counting},
    )


def _used(estimate: Estimate) -> Bools:
    """Tell which periods have a part in an effect [periods]."""
    panel, design = estimate.panel, estimate.design
    used: Bools = (estimate.weights != 0).any(axis=0)
    if isinstance(design, SyntheticControl):
        used = used | sides(panel, design.pre, design.post, int(panel.start[panel.treated].max()))[0]
    return used


def _local_shocks(trial: str, first: str, last: str) -> dict[int, Event]:
    """Return the municipalities that a shock of their own struck between two periods."""
    return {
        code: each
        for each in events().values()
        if each.kind == "shock" and each.concerns(trial) and each.meets(days_of(first)[0], days_of(last)[1])
        for code in each.codes
    }


def _codes(units: tuple[Any, ...], kept: np.ndarray) -> set[Any]:
    return {unit for unit, here in zip(units, kept, strict=True) if here}
