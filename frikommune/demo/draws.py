"""Random draws that are the same on every machine, in any order and any chunk.

Each table, municipality or chunk has a stream of its own, named by what it is drawn for. Normal draws and exponentials
are made of additions, multiplications and divisions alone, which the floating-point standard rounds in one way: the
logarithms and exponentials of a machine's own library differ in the last digit.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GRAIN = 1e9
_WORD = 2.0**32
_UNIFORMS = 12  # whose sum has a variance of 1
_HALVINGS = 6
_TERMS = 10


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Make the stream of random numbers that belongs to some names.

    Args:
        seed: Seed of the whole register.
        names: What the numbers are for, such as "spells", 851.

    Returns:
        A Philox generator whose key is the BLAKE2b digest of the seed and the names.

    References:
        Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
    """
    text = "\x1f".join(repr(each) for each in (seed, *names))
    digest = blake2b(text.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(digest, dtype="<u8").astype(np.uint64)))


def normal(rng: np.random.Generator, shape: int | tuple[int, ...]) -> Floats:
    """Draw standard normal numbers, as sums of twelve uniform ones: exact in integers, and never beyond 6.

    Args:
        rng: Where the numbers are drawn from.
        shape: Shape of the result.
    """
    shape = (shape,) if isinstance(shape, int) else shape
    words = rng.integers(0, 2**32, size=(_UNIFORMS, *shape), dtype=np.uint32)
    total = words.sum(axis=0, dtype=np.int64)
    return total.astype(np.float64) / _WORD - _UNIFORMS / 2


def exponential(x: Floats) -> Floats:
    """Return e to the power of each number, to about 11 digits, by a series and repeated squares.

    Args:
        x: Numbers, at most some tens.
    """
    small = x / 2.0**_HALVINGS
    power = np.ones_like(small)
    for term in range(_TERMS, 0, -1):
        power = 1.0 + small * power / term
    for _ in range(_HALVINGS):
        power = power * power
    return power


def autoregressive(rng: np.random.Generator, shape: tuple[int, int], *, size: float, memory: float) -> Floats:
    """Draw stationary AR(1) paths.

    Args:
        rng: Where the numbers are drawn from.
        shape: Paths and periods.
        size: Standard deviation of a path.
        memory: Correlation between one period and the next.

    Returns:
        One path a row [paths x periods].
    """
    steps = normal(rng, shape) * size
    steps[:, 1:] *= float(np.sqrt(1.0 - memory * memory))
    for at in range(1, shape[1]):
        steps[:, at] += memory * steps[:, at - 1]
    return steps


def quantised(x: Floats) -> Floats:
    """Round to nine decimals, so that what is left of a machine's own rounding never shows."""
    return np.round(x * _GRAIN) / _GRAIN
