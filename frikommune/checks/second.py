"""A second pool: does the effect depend on whom the treated are compared with?"""

from dataclasses import dataclass
from typing import Any

from frikommune.checks.nouns import Reason
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate
from frikommune.inference import Inference, placebo
from frikommune.panel import Panel


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SecondPool:
    """The same effect against other comparison units.

    Attributes:
        first: The effect against the first pool.
        second: The effect against the second.
        inference: How the second stands among placebos drawn from its own pool.
        shared: Comparison units that are in both pools.
    """

    first: Estimate
    second: Estimate
    inference: Inference
    shared: int

    @property
    def difference(self) -> float:
        """The second effect less the first [unit of the outcome]."""
        return self.second.value - self.first.value

    def fault(self, margin: float) -> Reason | None:
        """Fail when the effects differ by more than the margin: see `Check`."""
        if abs(self.difference) <= margin:
            return None
        return Reason("pools_differ", (("effect", self.first.value), ("other", self.second.value), ("margin", margin)))

    def __repr__(self) -> str:
        return (
            f"SecondPool: {self.first.value:+.4g}, against the other pool {self.second.value:+.4g} "
            f"(p = {self.inference.p:.3f}), {self.shared} comparison units in both"
        )


def second_pool(estimate: Estimate, panel: Panel, **how: Any) -> SecondPool:  # noqa: ANN401 - passed on
    """Call the same design on a panel with the same treated units and another pool of comparisons.

    Args:
        estimate: The effect to check.
        panel: The other panel, from `pool` for example.
        how: As for `placebo`.

    Returns:
        Both effects, and how the second stands among its placebos.

    Raises:
        BadDesign: The panels differ in periods, or in who is treated and from when, or the pools are the same.
    """
    theirs = _treated(panel)
    if panel.periods != estimate.panel.periods or theirs != _treated(estimate.panel):
        raise BadDesign(
            f"The second pool's panel has {len(panel.periods)} periods and {len(theirs)} treated units that are not "
            "those of the effect, or start at another time: the same ones were expected."
        )
    one, other = _compared(estimate.panel), _compared(panel)
    if one == other:
        raise BadDesign(f"Both pools hold the same {len(one)} comparison units: give another pool.")
    second = estimate.design(panel)
    return SecondPool(estimate, second, placebo(second, **how), len(one & other))


def _treated(panel: Panel) -> dict[Any, int]:
    return {
        unit: int(start) for unit, start in zip(panel.units, panel.start, strict=True) if start < len(panel.periods)
    }


def _compared(panel: Panel) -> set[Any]:
    return {unit for unit, treated in zip(panel.units, panel.treated, strict=True) if not treated}
