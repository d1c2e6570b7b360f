"""Comparison designs. A design is a matrix of weights on the panel: the effect is the sum of weights times outcome."""

from frikommune.compare.differences import BeforeAfter, DifferenceInDifferences, before_after, did, triple
from frikommune.compare.events import DriftBefore, EventStudy, Path, event_study
from frikommune.compare.groups import GroupTime, group_time
from frikommune.compare.pools import Pool, pool, within_region
from frikommune.compare.strata import Matched, match
from frikommune.compare.synthetic import SyntheticControl, SyntheticDiD, gaps, sdid, synth
from frikommune.compare.thresholds import Threshold, threshold

__all__ = [
    "BeforeAfter",
    "DifferenceInDifferences",
    "DriftBefore",
    "EventStudy",
    "GroupTime",
    "Matched",
    "Path",
    "Pool",
    "SyntheticControl",
    "SyntheticDiD",
    "Threshold",
    "before_after",
    "did",
    "event_study",
    "gaps",
    "group_time",
    "match",
    "pool",
    "sdid",
    "synth",
    "threshold",
    "triple",
    "within_region",
]
