import numpy as np
import pytest
from scipy.optimize import nnls

from frikommune.compare.simplex import lightest_mix, optimality_gap


def points(seed: int, count: int, size: int, *, rank: int | None = None) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = rng.normal(size=(count, size if rank is None else rank))
    made = made if rank is None else made @ rng.normal(size=(rank, size))
    return made - rng.normal(size=size) * (0.2 if rank else 1.0)


def test_the_point_nearest_to_the_origin_can_be_seen() -> None:
    """Between (1, 1) and (1, -1) the nearest point is (1, 0): half and half; (3, 0) is of no use."""
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [3.0, 0.0]])
    np.testing.assert_allclose(lightest_mix(corners @ corners.T), [0.5, 0.5, 0], atol=1e-15)


def test_where_all_mixes_are_as_good_the_most_even_is_taken() -> None:
    """With nothing to tell the points apart they count alike."""
    np.testing.assert_allclose(lightest_mix(np.zeros((4, 4))), 0.25)
    np.testing.assert_allclose(lightest_mix(np.ones((4, 4)), 1e-9), 0.25, atol=1e-6)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("count", "size", "rank"), [(97, 48, None), (40, 90, None), (87, 8, None), (60, 30, 4)])
@pytest.mark.parametrize("ridge", [0.0, 1e-8, 5.0])
def test_a_second_solver_finds_nothing_better(seed, count, size, rank, ridge) -> None:
    """Non-negative least squares on [points; root of the ridge; 1] -> [0; 0; 1], made to sum one, is exact too."""
    made = points(seed, count, size, rank=rank)
    weights = lightest_mix(made @ made.T, ridge)
    system = np.vstack([made.T, np.sqrt(ridge) * np.eye(count), np.ones((1, count))])
    other, _ = nnls(system, np.append(np.zeros(len(system) - 1), 1.0), maxiter=100_000)
    other /= other.sum()
    gram = made @ made.T + ridge * np.eye(count)
    scale = np.trace(gram) / count
    assert weights @ gram @ weights <= other @ gram @ other + 1e-12 * scale
    if ridge == 5.0:
        np.testing.assert_allclose(weights, other, atol=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_the_optimality_conditions_hold(seed: int) -> None:
    """Weights are not negative, sum to one, and every used point pulls alike, no unused one less (KKT)."""
    made = points(seed, 97, 48)
    weights = lightest_mix(made @ made.T)
    pull = made @ (made.T @ weights)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(pull[weights > 0], weights @ pull, atol=1e-11)
    assert pull.min() >= weights @ pull - 1e-11
    assert optimality_gap(made @ made.T, weights) <= 1e-11


def test_doubled_points_do_no_harm() -> None:
    """Points that stand on each other leave many best mixes; one is found, and proven."""
    made = np.repeat(points(1, 20, 12), 3, axis=0)
    weights = lightest_mix(made @ made.T)
    assert optimality_gap(made @ made.T, weights) <= 1e-10


def test_a_quadratic_that_is_not_convex_is_no_answer() -> None:
    """Where no minimum can be proven there is none."""
    with pytest.raises(ArithmeticError, match="not convex"):
        lightest_mix(np.array([[1.0, np.nan], [np.nan, 1.0]]))
