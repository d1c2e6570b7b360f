import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from frikommune import match
from frikommune.errors import BadData, BadDesign

HAND = pd.DataFrame(
    {
        "age": ["young", "young", "old", "old", "very old"],
        "taken": [1, 0, 1, 0, 1],
        "n": [10, 50, 30, 10, 5],
        "mean": [0.6, 0.5, 0.4, 0.1, 0.9],
        "var": [0.2, 0.2, 0.2, 0.1, 0.1],
    }
)
COLUMNS = {"taken": "taken", "n": "n", "mean": "mean", "var": "var"}


def persons(seed: int = 1, size: int = 4000) -> pd.DataFrame:
    """Make persons who take part the more often the longer they have been out, with an effect of 2."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"history": rng.integers(0, 4, size), "sex": rng.integers(0, 2, size)})
    frame["taken"] = (rng.random(size) < 0.1 + 0.2 * frame["history"]).astype(int)
    frame["y"] = 2.0 * frame["taken"] - 3.0 * frame["history"] + rng.normal(size=size)
    return frame


def cells_of(frame: pd.DataFrame, *by: str) -> pd.DataFrame:
    return frame.groupby([*by, "taken"])["y"].agg(n="size", mean="mean", var="var").reset_index()


def test_the_answer_can_be_worked_out_by_hand() -> None:
    """Ten young gain 0.1, thirty old 0.3: 0.25. Five very old have nobody to be compared with, and are counted."""
    matched = match(HAND, ["age"], **COLUMNS)
    assert matched.value == pytest.approx((10 * 0.1 + 30 * 0.3) / 40)
    assert (matched.takers, matched.matched) == (45, 40)
    assert matched.value == pytest.approx(float(matched.weights @ HAND["mean"]))
    assert matched.weights[HAND["taken"] == 1].sum() == pytest.approx(1)
    assert matched.weights[HAND["taken"] == 0].sum() == pytest.approx(-1)


def test_it_is_labelled_for_what_it_is() -> None:
    """Nobody can read the effect without reading what it rests on."""
    assert "selection on observables" in repr(match(HAND, ["age"], **COLUMNS))


def test_balance_is_shown_before_and_after() -> None:
    """Takers are older before matching; afterwards those matched are alike in every level."""
    balance = match(HAND, ["age"], **COLUMNS).balance.set_index("level")
    assert balance.loc["old", "takers"] == pytest.approx(30 / 45)
    assert balance.loc["old", "others"] == pytest.approx(10 / 60)
    spread = np.sqrt((30 / 45 * 15 / 45 + 10 / 60 * 50 / 60) / 2)
    assert balance.loc["old", "before"] == pytest.approx((30 / 45 - 10 / 60) / spread)
    np.testing.assert_allclose(balance["after"], 0, atol=1e-12)
    np.testing.assert_allclose(balance["matched_takers"], balance["matched_others"])


def test_matching_removes_what_the_strata_hold_and_nothing_else() -> None:
    """Selection on a matched history is removed; on one that is left out it stays: a bias of more than two."""
    frame = persons()
    matched = match(cells_of(frame, "history", "sex"), ["history", "sex"], **COLUMNS)
    assert abs(matched.value - 2) < 3 * matched.se
    blind = match(cells_of(frame, "history", "sex"), ["sex"], also=["history"], **COLUMNS)
    assert blind.value < 0
    assert blind.balance.query("variable == 'history'")["after"].abs().max() > 0.3


def test_saturated_regression_agrees() -> None:
    """Weighting strata by takers is least squares with every stratum and its interaction, averaged over takers."""
    frame = persons(size=1000)
    matched = match(cells_of(frame, "history"), ["history"], **COLUMNS)
    fitted = smf.ols("y ~ C(history) * taken", frame).fit()
    takers = frame[frame["taken"] == 1]
    effects = fitted.predict(takers) - fitted.predict(takers.assign(taken=0))
    assert matched.value == pytest.approx(effects.mean(), abs=1e-10)


def test_the_standard_error_is_that_of_repeated_samples() -> None:
    """Over 150 samples the standard errors are, on average, as large as the effects' spread."""
    found = [match(cells_of(persons(seed, 800), "history"), ["history"], **COLUMNS) for seed in range(150)]
    spread = np.std([each.value for each in found])
    assert np.mean([each.se for each in found]) == pytest.approx(spread, rel=0.15)


def test_finer_cells_of_the_same_persons_change_nothing() -> None:
    """Splitting cells by a further variable that is not matched on leaves effect and error alone."""
    frame = persons()
    whole = match(cells_of(frame, "history"), ["history"], **COLUMNS)
    split = match(cells_of(frame, "history", "sex"), ["history"], also=["sex"], **COLUMNS)
    assert split.value == pytest.approx(whole.value)
    assert split.se == pytest.approx(whole.se)


def test_order_scale_and_inputs() -> None:
    """Rows may stand in any order, scale scales, and the cells are left as they were."""
    before = HAND.copy()
    moved = match(HAND.sample(frac=1, random_state=1), ["age"], **COLUMNS)
    assert moved.value == pytest.approx(match(HAND, ["age"], **COLUMNS).value)
    scaled = match(HAND.assign(mean=3 * HAND["mean"], var=9 * HAND["var"]), ["age"], **COLUMNS)
    assert (scaled.value, scaled.se) == pytest.approx((3 * moved.value, 3 * moved.se))
    pd.testing.assert_frame_equal(HAND, before)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (HAND.drop(columns="n"), "no column n"),
        (HAND.assign(age=None), "empty"),
        (HAND.assign(taken=2), "true or false"),
        (HAND.assign(n=0), "at least one person"),
        (HAND.assign(var=np.nan), "several persons"),
        (pd.concat([HAND, HAND]), "5 rows repeat"),
    ],
)
def test_cells_that_are_not_cells_are_refused(cells, message) -> None:
    """The message names the column or counts the rows, and no value."""
    with pytest.raises(BadData, match=message):
        match(cells, ["age"], **COLUMNS)


def test_a_comparison_without_anybody_to_compare_with_is_refused() -> None:
    """No takers with a like, no strata at all, or nothing known of the spread."""
    with pytest.raises(BadDesign, match="45 takers"):
        match(HAND[HAND["taken"] == 1], ["age"], **COLUMNS)
    with pytest.raises(BadDesign, match="No stratum"):
        match(HAND, [], **COLUMNS)
    single = HAND[:2].assign(n=1, var=np.nan)
    with pytest.raises(BadDesign, match="not known"):
        match(single, ["age"], **COLUMNS)
