"""From an effect and its design to what may be claimed, and how good the evidence is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from frikommune.checks import Check, Reason
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate
from frikommune.inference import Inference

Kind = Literal["better", "not worse", "worse", "cannot tell", "not identified"]

# Evidence grades: what was done, not what came out.
NO_DATA, PERCEPTION, BEFORE_AFTER, COMPARISON = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be claimed.

    Attributes:
        kind: better, not worse, worse, cannot tell, or not identified.
        reasons: Why.
        grade: Evidence grade, 0 (no data) to 5 (random assignment), from what was done.
        margin: The largest change for the worse that counts as "not worse" [unit of the outcome].
    """

    kind: Kind
    reasons: tuple[Reason, ...]
    grade: int
    margin: float

    def __str__(self) -> str:
        return f"{self.kind} (grade {self.grade}): {'; '.join(map(str, self.reasons))}"


def judge(
    estimate: Estimate,
    inference: Inference,
    margin: float,
    *,
    checks: Sequence[Check] = (),
    ceiling: float | None = None,
    counted: bool = True,
) -> Verdict:
    """Say what may be claimed from an effect.

    `cannot tell` when the outcome does not count the target group, or the waiver was used so little that no effect of
    it could be seen; `not identified` when a check fails; otherwise `better` or `worse` when the interval excludes
    zero on that side, `not worse` when the one-sided bound stays inside the margin, and `cannot tell` when none of
    them holds.

    Args:
        estimate: The effect; its panel says which direction is good.
        inference: How sure it is.
        margin: The largest change for the worse that counts as "not worse" [unit of the outcome], fixed beforehand.
        checks: Checks that the comparison must pass.
        ceiling: The largest change that the recorded uses could make, each counted in full [unit of the outcome].
        counted: Whether the outcome counts the trial's target group at all.

    Returns:
        The verdict, with its reasons and the evidence grade of the design.

    Raises:
        BadDesign: The margin is not positive.

    References:
        Non-inferiority by a confidence bound: Wellek (2010), Testing Statistical Hypotheses of Equivalence and
        Noninferiority, 2nd ed.; Altman & Bland (1995), BMJ 311, 485, on what a large p does not show.
    """
    if not 0 < margin < np.inf:
        raise BadDesign(f"The margin is {margin:g}: a positive number in the unit of the outcome was expected.")
    compared = bool((estimate.weights[~estimate.panel.treated] != 0).any())
    grade = COMPARISON if compared else BEFORE_AFTER
    unseen = _unseen(inference, ceiling, counted=counted)
    if unseen is not None:
        return Verdict("cannot tell", (unseen,), NO_DATA if ceiling == 0 else grade, margin)
    failed = tuple(fault for check in checks if (fault := check.fault(margin)) is not None)
    if failed:
        return Verdict("not identified", failed, grade, margin)
    kind, reason = _decide(estimate, inference, margin)
    return Verdict(kind, (reason,), grade, margin)


def _unseen(inference: Inference, ceiling: float | None, *, counted: bool) -> Reason | None:
    """Return why no effect could be seen, whatever the estimate."""
    if ceiling == 0:
        return Reason("never_used")
    if not counted:
        return Reason("group_not_counted")
    if ceiling is not None and ceiling < inference.smallest_detectable:
        return Reason("too_few_uses", (("ceiling", ceiling), ("detectable", inference.smallest_detectable)))
    return None


def _decide(estimate: Estimate, inference: Inference, margin: float) -> tuple[Kind, Reason]:
    sign = 1.0 if estimate.panel.better == "higher" else -1.0
    low, high = sorted((sign * inference.low, sign * inference.high))
    worst = inference.at_least if sign > 0 else -inference.at_most
    interval = (("effect", estimate.value), ("low", inference.low), ("high", inference.high))
    if low > 0:
        return "better", Reason("interval_good", interval)
    if high < 0:
        return "worse", Reason("interval_bad", interval)
    bound = ("bound", sign * worst)
    if worst > -margin:
        return "not worse", Reason("bound_inside", (bound, ("margin", margin)))
    if not np.isfinite(worst):
        return "cannot tell", Reason("too_few_placebos", (("placebos", float(len(inference.draws))),))
    seen = ("detectable", inference.smallest_detectable)
    return "cannot tell", Reason("bound_outside", (bound, ("margin", margin), seen))
