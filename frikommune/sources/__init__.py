"""The only reader: a file or database becomes an Ibis table with its provenance. Nothing is interpreted here."""

from frikommune.sources.intake import AbsentKey
from frikommune.sources.noun import Provenance, Source
from frikommune.sources.numbers import NumberStyle, number, number_styles
from frikommune.sources.reading import files_in, read
from frikommune.sources.register import Register, register
from frikommune.sources.stamps import Stamp, digest, known_digest, stamp

CACHE = ".frikommune"  # folder beside a file, for what is remembered about it

__all__ = [
    "CACHE",
    "AbsentKey",
    "NumberStyle",
    "Provenance",
    "Register",
    "Source",
    "Stamp",
    "digest",
    "files_in",
    "known_digest",
    "number",
    "number_styles",
    "read",
    "register",
    "stamp",
]
