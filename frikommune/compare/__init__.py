"""Comparison designs. A design is a matrix of weights on the panel: the effect is the sum of weights times outcome."""

from frikommune.compare.did import BeforeAfter, DifferenceInDifferences, before_after, did, triple

__all__ = ["BeforeAfter", "DifferenceInDifferences", "before_after", "did", "triple"]
