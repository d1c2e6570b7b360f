"""How sure an estimate is, with one, two or eleven treated units that may all lie in one region."""

from frikommune.inference.answer import DETECTABLE, Inference, detectable
from frikommune.inference.placebos import placebo
from frikommune.inference.sets import draw_sets

__all__ = ["DETECTABLE", "Inference", "detectable", "draw_sets", "placebo"]
