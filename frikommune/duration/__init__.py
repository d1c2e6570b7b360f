"""Durations: survival curves, ways out, restricted weeks, shares out and hazard ratios, from risk tables."""

from frikommune.duration.curves import Curves, curves
from frikommune.duration.finished import Finished, finished, finished_by_theory, finished_mean, still_seen
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
    "Finished",
    "Hazards",
    "curves",
    "duration_panel",
    "finished",
    "finished_by_theory",
    "finished_mean",
    "hazard_ratio",
    "hazard_ratios",
    "median_weeks",
    "restricted_weeks",
    "share_out",
    "still_seen",
    "weeks_lost",
]
