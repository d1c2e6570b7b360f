from dataclasses import dataclass

import pytest

from frikommune.errors import ShippedDataError
from frikommune.shipped import validated


@dataclass(frozen=True)
class Thing:
    """A count of something."""

    n: int


def test_entries_become_what_they_should_be_in_order() -> None:
    """Text from a CSV file becomes the number that it stands for."""
    assert validated("things.csv", Thing, [{"n": "2"}, {"n": 1}]) == (Thing(2), Thing(1))


def test_a_wrong_entry_names_its_file() -> None:
    """A fault in a file of ours says which file it is in."""
    with pytest.raises(ShippedDataError, match=r"data/things\.csv"):
        validated("things.csv", Thing, [{"n": "many"}])
