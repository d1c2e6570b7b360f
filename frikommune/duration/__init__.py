"""Durations: survival curves, ways out, restricted weeks and shares out, from risk tables."""

from frikommune.duration.curves import Curves, curves
from frikommune.duration.outcomes import (
    CellEstimates,
    duration_panel,
    median_weeks,
    restricted_weeks,
    share_out,
    weeks_lost,
)

__all__ = [
    "CellEstimates",
    "Curves",
    "curves",
    "duration_panel",
    "median_weeks",
    "restricted_weeks",
    "share_out",
    "weeks_lost",
]
