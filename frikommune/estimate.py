"""What every design returns: a value, the weights that made it, and the design, ready to be called again."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from frikommune.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Span = tuple[Any, Any]


class Design(Protocol):
    """A comparison design: it can be called on any panel, and replayed under many assignments at once."""

    @property
    def name(self) -> str:
        """Short name of the design."""
        ...

    @property
    def weights(self) -> Literal["people", "units"]:
        """What a treated unit counts: the persons behind its cells, or one."""
        ...

    def __call__(self, panel: Panel) -> "Estimate":
        """Estimate the effect on a panel."""
        ...

    def over(self, pre: Span, post: Span) -> "Design":
        """Return the same design over another window."""
        ...

    def complete(self, panel: Panel, starts: Ints) -> NDArray[np.bool_]:
        """Tell which units hold every cell that a replay with these starts needs [units]."""
        ...

    def replay(self, panel: Panel, units: Ints, starts: Ints) -> Floats:
        """Estimate the effect under many other assignments.

        Args:
            panel: The panel; its own starts are not used.
            units: Rows of the panel that each assignment treats [assignments x treated].
            starts: First treated period of each of them, as a position [treated, or assignments x treated].

        Returns:
            One effect an assignment; every unit that it does not treat is a comparison.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Estimate:
    """An effect, with everything needed to make it again on another assignment.

    Attributes:
        value: The effect on the treated [unit of the outcome].
        weights: What each cell counts for [units x periods]; `value` is the sum of weights times outcome.
        panel: The panel.
        design: The design that made it.
        by_unit: The effect in each treated unit, in the panel's order [unit of the outcome].
        dropped: Comparison units left out of some contrast because they lack a cell in its window.
    """

    value: float
    weights: Floats
    panel: Panel
    design: Design
    by_unit: Floats
    dropped: tuple[object, ...] = ()

    def __repr__(self) -> str:
        treated = int(self.panel.treated.sum())
        return (
            f"Estimate: {self.value:+.4g} {self.panel.measured_in} by {self.design.name}, "
            f"{treated} treated units against {len(self.panel.units) - treated}"
        )
