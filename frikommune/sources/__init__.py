"""The only reader: a file or database becomes an Ibis table with its provenance. Nothing is interpreted here."""

from frikommune.sources.columns import AbsentTable, Unreachable
from frikommune.sources.intake import AbsentKey
from frikommune.sources.noun import Provenance, Source
from frikommune.sources.numbers import NumberStyle, number, number_styles
from frikommune.sources.reading import files_in, read

__all__ = [
    "AbsentKey",
    "AbsentTable",
    "NumberStyle",
    "Provenance",
    "Source",
    "Unreachable",
    "files_in",
    "number",
    "number_styles",
    "read",
]
