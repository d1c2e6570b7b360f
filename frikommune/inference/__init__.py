"""How sure an estimate is, with one, two or eleven treated units that may all lie in one region."""

from frikommune.inference.answer import DETECTABLE, Inference, detectable
from frikommune.inference.choosing import Row, infer, methods
from frikommune.inference.places import Places, places, within_province
from frikommune.inference.placebos import Assignments, assign, placebo, replayed, usable
from frikommune.inference.regional import Shock, found_by_t, regional, shocks
from frikommune.inference.sets import all_sets, connected_sets, draw_sets, grow_sets, sets_within

__all__ = [
    "DETECTABLE", "Assignments", "Inference", "Places", "Row", "Shock", "all_sets", "assign", "connected_sets",
    "detectable", "draw_sets", "found_by_t", "grow_sets", "infer", "methods", "placebo", "places", "regional", "replayed",
    "sets_within", "shocks", "usable", "within_province",
]  # fmt: skip
