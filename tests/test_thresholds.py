import numpy as np
import pytest

from frikommune import threshold
from frikommune.errors import BadDesign


def persons(jump: float, seed: int = 1, size: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Make weeks of unemployment around 26 and an outcome that bends, and jumps by so much at 26."""
    rng = np.random.default_rng(seed)
    weeks = rng.uniform(6, 46, size)
    return 0.02 * (weeks - 26) ** 2 + jump * (weeks >= 26) + rng.normal(size=size), weeks


def test_a_jump_at_the_limit_is_found() -> None:
    """The interval holds the jump, and no jump where there is none, although the outcome bends."""
    pytest.importorskip("rdrobust")
    for jump in (0.0, 2.0):
        found = threshold(*persons(jump), 26.0)
        assert found.low < jump < found.high
        assert found.value == pytest.approx(jump, abs=0.5)
    assert found.p < 0.001
    assert found.below + found.above < 2000


def test_the_jump_is_local_linear_regression_with_a_triangular_kernel() -> None:
    """With rdrobust's bandwidth, weighted least squares on each side gives the same estimate."""
    pytest.importorskip("rdrobust")
    outcome, weeks = persons(1.0)
    found = threshold(outcome, weeks, 26.0)

    def at_limit(side: np.ndarray) -> float:
        near = side & (np.abs(weeks - 26) <= found.bandwidth)
        weight = np.sqrt(1 - np.abs(weeks[near] - 26) / found.bandwidth)
        design = np.column_stack([np.ones(near.sum()), weeks[near] - 26])
        return np.linalg.lstsq(design * weight[:, None], outcome[near] * weight, rcond=None)[0][0]

    assert found.value == pytest.approx(at_limit(weeks >= 26) - at_limit(weeks < 26), abs=1e-8)


def test_scale_and_shift_do_as_they_should() -> None:
    """Scaling the outcome scales the jump; moving weeks and limit together does nothing."""
    pytest.importorskip("rdrobust")
    outcome, weeks = persons(1.0)
    found = threshold(outcome, weeks, 26.0)
    assert threshold(3 * outcome, weeks, 26.0).value == pytest.approx(3 * found.value)
    assert threshold(outcome, weeks + 10, 36.0).value == pytest.approx(found.value)


def test_municipalities_can_be_the_clusters() -> None:
    """Whatever persons share can widen the interval, and leaves the jump near."""
    pytest.importorskip("rdrobust")
    outcome, weeks = persons(1.0)
    found = threshold(outcome, weeks, 26.0, groups=np.arange(2000) % 40)
    assert found.value == pytest.approx(threshold(outcome, weeks, 26.0).value, abs=0.3)


def test_whole_weeks_are_taken_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Limits are set on whole weeks: rdrobust printed "Mass points detected" into the page."""
    pytest.importorskip("rdrobust")
    rng = np.random.default_rng(1)
    weeks = rng.integers(6, 47, 4000).astype(float)
    found = threshold(0.02 * (weeks - 26) ** 2 + (weeks >= 26) + rng.normal(size=4000), weeks, 26.0)
    assert found.low < 1 < found.high
    assert capsys.readouterr().out == ""


def test_a_rule_that_cannot_be_judged_is_refused() -> None:
    """Too few on a side, holes, or arrays of different length: said before anything is estimated."""
    outcome, weeks = persons(1.0)
    with pytest.raises(BadDesign, match="0 above"):
        threshold(outcome, weeks, 60.0)
    with pytest.raises(BadDesign, match="1 persons lack"):
        threshold(np.append(outcome[1:], np.nan), weeks, 26.0)
    with pytest.raises(BadDesign, match="shapes"):
        threshold(outcome[1:], weeks, 26.0)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is installed on demand, and its absence is a sentence."""
    monkeypatch.setattr("frikommune.compare.thresholds.find_spec", lambda _: None)
    with pytest.raises(BadDesign, match="frikommune\\[threshold\\]"):
        threshold(*persons(1.0), 26.0)
