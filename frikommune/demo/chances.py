"""Random numbers that belong to a person, a spell or a month: a function of who and what for, never of the order.

Nothing is drawn in a row, so a person has the same numbers in any chunk, and a spell and its untreated twin share all.
"""

from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from frikommune.demo.draws import Floats, Ints

Ids = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-53  # the 53 highest bits make a number below 1 without rounding


def identities(names: tuple[str | int, ...], numbers: Ints) -> Ids:
    """Return an identity for each number: 64 bits that look random.

    Args:
        names: What the numbers count, such as ("people", seed).
        numbers: The numbers [any shape].
    """
    return _mixed(_key(*names) + numbers.astype(np.uint64) * _STEP)


def chances(ids: Ids, purpose: str, numbers: Ints | None = None) -> Floats:
    """Return a uniform number from 0 up to 1 for each identity.

    Args:
        ids: Who [n].
        purpose: What for; another purpose gives unrelated numbers.
        numbers: Which of several, such as the month [n].

    References:
        Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators", figure 17 (the mixing function).
    """
    key = _key(purpose)
    mixed = _mixed(ids ^ key if numbers is None else (ids ^ key) + numbers.astype(np.uint64) * _STEP)
    return (mixed >> np.uint64(11)).astype(np.float64) * _UNIT


def picked(cumulated: Floats, chance: Floats) -> Ints:
    """Return which place each chance falls in, by cumulated shares [k] or a row of them each [n x k]."""
    if cumulated.ndim == 1:
        return np.searchsorted(cumulated, chance, side="right").astype(np.int64)
    return (chance[:, None] >= cumulated).sum(axis=1, dtype=np.int64)


def _mixed(z: Ids) -> Ids:
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


@cache
def _key(*names: str | int) -> np.uint64:
    text = "\x1f".join(repr(each) for each in names)
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))
