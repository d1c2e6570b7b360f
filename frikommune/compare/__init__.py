"""Comparison designs. A design is a matrix of weights on the panel: the effect is the sum of weights times outcome."""

from frikommune.compare.did import BeforeAfter, DifferenceInDifferences, before_after, did, triple
from frikommune.compare.events import EventStudy, Path, event_study
from frikommune.compare.synthetic import SyntheticControl, SyntheticDiD, gaps, sdid, synth

__all__ = [
    "BeforeAfter",
    "DifferenceInDifferences",
    "EventStudy",
    "Path",
    "SyntheticControl",
    "SyntheticDiD",
    "before_after",
    "did",
    "event_study",
    "gaps",
    "sdid",
    "synth",
    "triple",
]
