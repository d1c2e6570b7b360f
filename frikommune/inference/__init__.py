"""How sure an estimate is, with one, two or eleven treated units that may all lie in one region."""

from frikommune.inference.answer import DETECTABLE, Inference, Scheme, critical, detectable, shown_p
from frikommune.inference.choosing import Row, infer, lost, methods, row_of
from frikommune.inference.clusters import ClusterTest, clustered, warning, wild_bootstrap
from frikommune.inference.inversion import p_value
from frikommune.inference.jackknife import jackknife
from frikommune.inference.joint import Family, family, per_use, step_down
from frikommune.inference.placebos import Assignments, assign, components, placebo, replayed, size_scale, usable
from frikommune.inference.places import Places, places, together
from frikommune.inference.regional import FEWEST_PROVINCES, Shock, found_by_t, regional, satterthwaite, shocks
from frikommune.inference.sets import all_sets, connected_sets, draw_sets, grow_sets, sets_within
from frikommune.inference.spread import Spread, alone, imprecision, masses, narrower, spread, uncertainty

__all__ = [
    "DETECTABLE", "FEWEST_PROVINCES", "Assignments", "ClusterTest", "Family", "Inference", "Places", "Row", "Scheme",
    "Shock", "Spread", "all_sets", "alone", "assign", "clustered", "components", "connected_sets", "critical",
    "detectable", "draw_sets", "family", "found_by_t", "grow_sets", "imprecision", "infer", "jackknife", "lost",
    "masses", "methods", "narrower", "p_value", "per_use", "placebo", "places", "regional", "replayed", "row_of",
    "satterthwaite", "sets_within", "shocks", "shown_p", "size_scale", "spread", "step_down", "together",
    "uncertainty", "usable", "warning", "wild_bootstrap",
]  # fmt: skip
