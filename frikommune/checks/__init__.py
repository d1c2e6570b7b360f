"""Checks on a comparison: each gives a number and a plain verdict."""

from frikommune.checks.before import AlreadyTreated, PlaceboInTime, placebo_in_time
from frikommune.checks.curve import Specification, SpecificationCurve, specification_curve
from frikommune.checks.dates import Contamination, contamination
from frikommune.checks.equivalence import Equivalence, Violation, equivalence
from frikommune.checks.honest import Bound, HonestBounds, breakdown, honest_bounds, relative_magnitudes, smoothness
from frikommune.checks.inflow import CaseMix, Inflow, case_mix, inflow
from frikommune.checks.leaving import LeaveOneOut, leave_one_out
from frikommune.checks.moments import Moments
from frikommune.checks.nouns import ALARM, Check, Reason, told
from frikommune.checks.proportional import Proportionality, proportionality
from frikommune.checks.second import SecondPool, second_pool

__all__ = [
    "ALARM",
    "AlreadyTreated",
    "Bound",
    "CaseMix",
    "Check",
    "Contamination",
    "Equivalence",
    "HonestBounds",
    "Inflow",
    "LeaveOneOut",
    "Moments",
    "PlaceboInTime",
    "Proportionality",
    "Reason",
    "SecondPool",
    "Specification",
    "SpecificationCurve",
    "Violation",
    "breakdown",
    "case_mix",
    "contamination",
    "equivalence",
    "honest_bounds",
    "inflow",
    "leave_one_out",
    "placebo_in_time",
    "proportionality",
    "relative_magnitudes",
    "second_pool",
    "smoothness",
    "specification_curve",
    "told",
]
