"""What can go wrong, drawn as a tree.

    FrikommuneError
    ├── UserError            what the user can mend: one sentence, no traceback, exit code 2
    │   ├── UnknownName      a trial, municipality, parameter or indicator that is not there
    │   ├── BadData          a file or table that is not what it should be
    │   ├── BadDesign        a comparison that cannot be made from these data
    │   └── PageRefused      a page or notebook that must not be published
    └── ShippedDataError     a fault in the files that travel with the package: ours to mend

Everything else is a bug and is left to crash.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class FrikommuneError(Exception):
    """Anything that this package raises on purpose."""


class UserError(FrikommuneError):
    """What the user can mend: shown as one sentence, without a traceback."""

    exit_code = 2


class UnknownName(UserError):
    """A name that is not among those that exist."""

    @classmethod
    def among(cls, what: str, name: object, known: Iterable[object]) -> "UnknownName":
        """Make the error for a name, offering the nearest that exist.

        Args:
            what: The kind of thing that was asked for, such as "trial".
            name: What was asked for.
            known: The names that exist.
        """
        names = sorted(str(each) for each in known)
        near = get_close_matches(str(name), names, n=3, cutoff=0.5)
        hint = f"the nearest are {', '.join(near)}" if near else f"there are {', '.join(names)}"
        return cls(f"There is no {what} {str(name)!r}: {hint}.")


class BadData(UserError):
    """A file or table that is not what it should be."""


class BadDesign(UserError):
    """A comparison that cannot be made from these data."""


class PageRefused(UserError):
    """A page or notebook that must not be published."""


class ShippedDataError(FrikommuneError):
    """A fault in the files that travel with the package."""
