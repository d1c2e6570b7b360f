"""Figures for a page: drawn from numbers already computed, with the words that say what they show."""

from frikommune.figures.answered import levels, other_choices, over_time, what_it_takes, where
from frikommune.figures.canvas import Figure, Subject
from frikommune.figures.choices import specifications
from frikommune.figures.durations import exits, survival
from frikommune.figures.maps import country, people
from frikommune.figures.paths import against, path
from frikommune.figures.placebos import placebos
from frikommune.figures.subjects import subject
from frikommune.figures.verdicts import forest, needed

__all__ = [
    "Figure",
    "Subject",
    "against",
    "country",
    "exits",
    "forest",
    "levels",
    "needed",
    "other_choices",
    "over_time",
    "path",
    "people",
    "placebos",
    "specifications",
    "subject",
    "survival",
    "what_it_takes",
    "where",
]
