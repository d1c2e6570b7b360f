"""What the gate finds: a kind and a place, never the value."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "a CPR number",
    "a person key",
    "a data frame",
    "a traceback",
    "a drawing with a mark for each person",
    "a link to a host",
    "a script",
    "an absolute path",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be published.

    Attributes:
        kind: What it is.
        place: Where it is: a cell of the notebook, or a line of the page.
    """

    kind: Kind
    place: str
