"""The exact minimum of a quadratic over weights that are not negative and sum to one.

Synthetic control and synthetic difference-in-differences rest on it, thousands of times in a placebo test.
"""

import numpy as np
from scipy.linalg.lapack import dposv

from frikommune.estimate import Floats, Ints

# Of the mean of the diagonal: the duality gap that ends the search, and the one that rounding may leave at most.
_GAP, _ROUNDING = 1e-14, 1e-9
_ROUNDS = 10_000
_STEADY = 1e-6  # of that mean: with a ridge above it, a whole face can be solved at once without harm from rounding


def lightest_mix(gram: Floats, ridge: float = 0.0, *, likely: Ints | None = None) -> Floats:
    """Return the weights x >= 0 with sum one that make x' G x + ridge x'x least.

    With G the inner products of points, less the target, it is the mix of points nearest to the target. The method
    walks from face to face of the simplex, each time to the exact minimum of a face, and ends: the number of faces is
    finite and the value falls with each. It stops when the duality gap (see `optimality_gap`) proves that no other
    weights are better; rounding may leave 1e-9 of the mean of G's diagonal, and leaves some 1e-16.

    Args:
        gram: A symmetric matrix without negative eigenvalues [points x points].
        ridge: What is added to its diagonal; above zero the minimum is unique.
        likely: Points that are likely to count, where the search begins; it ends at the same minimum from everywhere.

    Returns:
        The weights [points].

    Raises:
        ArithmeticError: The minimum could not be proven, because the matrix is not what it should be.

    References:
        Wolfe, P. (1976). Finding the nearest point in a polytope. Mathematical Programming 11, 128-149.
    """
    scale = float(np.trace(gram)) / len(gram) + ridge
    if scale <= 0:
        return np.full(len(gram), 1 / len(gram))  # every mix hits the target: the most even one is taken
    gram = np.array(gram)
    gram.flat[:: len(gram) + 1] += ridge
    if likely is not None:
        weights = _even_face(gram, likely)
    else:
        weights = _even_face(gram, np.arange(len(gram))) if ridge > _STEADY * scale else _nearest_point(gram)
    for _ in range(_ROUNDS):
        pull = gram @ weights
        entering = int(np.argmin(pull))
        gap = float(weights @ pull - pull[entering]) / scale
        # On a face's minimum all its points pull alike: one of them can only seem to pull harder by rounding.
        if gap <= (_ROUNDING if weights[entering] > 0 else _GAP):
            return weights
        weights = _enter(gram, weights, entering)
    raise ArithmeticError("The weights could not be proven best: the quadratic is not convex, or is ill conditioned.")


def optimality_gap(gram: Floats, weights: Floats) -> float:
    """Return x'Gx - min_j (Gx)_j: by how much, at most, half of x'Gx lies above its minimum over the simplex."""
    pull = gram @ weights
    return float(weights @ pull - pull.min())


def _nearest_point(gram: Floats) -> Floats:
    weights = np.zeros(len(gram))
    weights[int(np.argmin(np.diag(gram)))] = 1.0
    return weights


def _even_face(gram: Floats, face: Ints) -> Floats:
    """Return the minimum of a face found by leaving out, time after time, whatever would be negative."""
    while True:
        best = _face_minimum(gram, face)
        if (best > 0).all():
            weights = np.zeros(len(gram))
            weights[face] = best
            return weights
        face = face[best > 0]


def _enter(gram: Floats, weights: Floats, entering: int) -> Floats:
    """Return the minimum of the face that a point enters, leaving points behind where they would turn negative."""
    weights = weights.copy()
    face = np.append(np.flatnonzero(weights), entering)
    while True:
        best = _face_minimum(gram, face)
        held = weights[face]
        if (best > 0).all():
            weights[face] = best
            return weights
        falling = best <= 0
        share = np.divide(held, held - best, out=np.ones_like(held), where=falling & (held > best))
        step = share[falling].min()
        moved = held + step * (best - held)
        moved[falling & (share <= step)] = 0.0
        weights[face] = np.maximum(moved, 0.0)
        face = face[weights[face] > 0]


def _face_minimum(gram: Floats, face: Ints) -> Floats:
    """Return the minimum over weights on a face that sum to one, whatever their sign."""
    ones = np.ones(face.size)
    # The transpose of a symmetric matrix is itself, laid out as the solver wants it: nothing is copied again.
    _, solved, info = dposv(gram.take(face, axis=0).take(face, axis=1).T, ones, overwrite_a=True)
    if info == 0:
        return solved / solved.sum()
    bordered = np.block([[gram[np.ix_(face, face)], ones[:, None]], [ones[None, :], np.zeros((1, 1))]])
    return np.linalg.lstsq(bordered, np.append(0.0 * ones, 1.0), rcond=None)[0][:-1]
