"""Durations: survival curves, ways out, restricted weeks, shares out and hazard ratios, from risk tables."""

from frikommune.duration.curves import Curves, curves
from frikommune.duration.hazards import Hazards, hazard_ratio, hazard_ratios
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
    "Hazards",
    "curves",
    "duration_panel",
    "hazard_ratio",
    "hazard_ratios",
    "median_weeks",
    "restricted_weeks",
    "share_out",
    "weeks_lost",
]
