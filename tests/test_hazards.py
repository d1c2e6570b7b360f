from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from frikommune import Estimate, placebo, placebo_in_time
from frikommune.cells import RiskTable
from frikommune.checks import proportionality
from frikommune.duration import hazard_ratio, hazard_ratios
from frikommune.duration.hazards import log_rates
from frikommune.errors import BadDesign, UnknownName
from frikommune.inference import jackknife

ORACLES = Path(__file__).parent / "oracles" / "hazards"
TREATED = {"injury": ("ky high", "mi high"), "recid": (4, 5), "rossi": (3, 4)}
LATE = [f"{year}Q{quarter}" for year in range(2015, 2020) for quarter in range(1, 5)]


def risk(exits: np.ndarray, entered: np.ndarray, units: list, periods: list) -> RiskTable:
    """Make a risk table of exits [units x periods x types x weeks]; who never leaves is censored in the last week."""
    cells, weeks = len(units) * len(periods), exits.shape[-1]
    left = exits.reshape(cells, -1, weeks).astype(np.int64)
    come, gone = (np.zeros((cells, weeks), np.int64) for _ in range(2))
    come[:, 0] = entered.ravel()
    gone[:, -1] = come[:, 0] - left.sum(axis=(1, 2))
    index = pd.MultiIndex.from_product([units, periods], names=["unit", "entry"])
    return RiskTable(
        cells=index.to_frame(index=False),
        entered=come,
        exits=left,
        censored=gone,
        types=("job", "pension")[: left.shape[1]],
        followed=np.full(cells, weeks),
        left_out={},
        curtailed=0,
    )


@cache
def made(ratio: float = 1.0, seed: int = 1, spike: int | None = None, at: tuple[int, int] = (1, 40)) -> RiskTable:
    """Draw 24 units of 20 quarters with own levels; the first six leave faster from 2018, in some weeks."""
    rng = np.random.default_rng(seed)
    level = 0.03 * np.exp(rng.normal(0, 0.15, (24, 1)) + rng.normal(0, 0.1, 20))
    inside = np.zeros((24, 20), bool)
    inside[:6, 12:] = True
    entered = np.full((24, 20), 150)
    here, exits = entered.copy(), np.zeros((24, 20, 2, 40))
    for week in range(40):
        faster = np.where(inside & (at[0] <= week + 1 <= at[1]), ratio, 1.0)
        chance = level * faster * (1 + 0.5 * (week < 8)) + (0.45 if spike == week + 1 else 0.0)
        out = rng.binomial(here, chance)
        job = rng.binomial(out, 0.7)
        exits[:, :, 0, week], exits[:, :, 1, week] = job, out - job
        here = here - out
    return risk(exits, entered, list(range(24)), LATE)


STARTS = dict.fromkeys(range(6), "2018Q1")


def oracle(name: str, without: object = None) -> RiskTable:
    rows = pd.read_csv(ORACLES / f"{name}.csv")
    rows = rows[rows["unit"].astype(str) != str(without)]
    table = rows.pivot_table(index=["unit", "period"], columns=["out", "weeks"], values="n", aggfunc="sum").fillna(0)
    weeks = range(1, int(rows["weeks"].max()) + 1)
    out, still = (table[kind].reindex(columns=weeks, fill_value=0).to_numpy(np.int64) for kind in (1, 0))
    come = np.zeros_like(out)
    come[:, 0] = (out + still).sum(axis=1)
    cells = table.index.to_frame(index=False).rename(columns={"period": "entry"})
    return RiskTable(
        cells=cells,
        entered=come,
        exits=out[:, None],
        censored=still,
        types=("out",),
        followed=np.full(len(cells), len(weeks)),
        left_out={},
        curtailed=0,
    )


def of_oracle(name: str, weeks: tuple[int, int] | None = None, without: object = None) -> Estimate:
    table = oracle(name, without)
    starts = {unit: 1 for unit in TREATED[name] if str(unit) != str(without)}
    return hazard_ratio(table, starts=starts, weeks=weeks or (1, table.horizon))


def expected(name: str) -> "pd.Series[float]":
    numbers = pd.read_csv(ORACLES / "expected.csv")
    return numbers[numbers["data"] == name].set_index("what")["value"]


def test_the_ratio_of_two_rates() -> None:
    """One week, no other difference: the treated leave three times as often after, the others as before."""
    exits = np.array([[[[10]], [[30]]], [[[20]], [[20]]]])
    found = hazard_ratio(risk(exits, np.full((2, 2), 100), ["a", "b"], [0, 1]), starts={"a": 1}, weeks=(1, 1))
    assert np.exp(found.value) == pytest.approx(3.0, rel=1e-12)
    assert found.by_unit == pytest.approx([found.value])


def test_a_known_ratio_is_found_and_none_where_there_is_none() -> None:
    """With hazards 1.5 times as high the ratio is within two of its placebo standard deviations; so is 1 without."""
    for truth in (1.5, 1.0):
        found = hazard_ratio(made(truth), starts=STARTS, weeks=(1, 40))
        how = placebo(found, 199)
        assert abs(found.value - np.log(truth)) < 2 * how.sd
        assert (how.p < 0.05) == (truth != 1.0)


def test_a_week_in_which_the_law_empties_the_benefit_breaks_proportionality() -> None:
    """Week 22 in a piece of its own shows it: nothing but the spike is shared, and the ratio there goes towards one."""
    pieces = hazard_ratios(made(1.6, spike=22), starts=STARTS, cuts=(8, 21, 22), horizon=40)
    found = proportionality(pieces, 199)
    ratio = dict(zip(found.ratios.names, np.exp(found.ratios.values), strict=True))
    assert list(ratio) == ["1-8", "9-21", "22", "23-40"]
    assert abs(ratio["22"] - 1) < 0.25 < ratio["9-21"] - 1
    assert found.p < 0.05
    assert found.fault(1.0).key == "ratio_differs"  # type: ignore[union-attr]
    assert proportionality(hazard_ratios(made(1.6), starts=STARTS, cuts=(8, 21, 22), horizon=40), 199).p > 0.05


@pytest.mark.parametrize("name", TREATED)
@pytest.mark.parametrize("theirs", ["cox", "poisson", "survreg"])
def test_the_ratio_is_that_of_r(name: str, theirs: str) -> None:
    """Coxph with Breslow's ties, glm Poisson on person-weeks and survreg's piecewise exponential all give it."""
    assert of_oracle(name).value == pytest.approx(expected(name)[theirs], rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", ["injury", "recid"])
def test_the_pieces_are_those_of_r(name: str) -> None:
    """Within weeks 1-4 and 5-26, glm Poisson with an effect for every week gives the same ratios."""
    for piece, weeks in (("1-4", (1, 4)), ("5-26", (5, 26))):
        assert of_oracle(name, weeks).value == pytest.approx(expected(name)[f"piece:{piece}"], rel=1e-8)


@pytest.mark.parametrize("name", TREATED)
def test_the_jackknife_leaves_out_what_r_leaves_out(name: str) -> None:
    """The error is the spread of R's Cox fits without each cluster."""
    theirs = expected(name)
    without = theirs[theirs.index.str.startswith("without:")]
    spread = np.sqrt((len(without) - 1) / len(without) * ((without - theirs["cox"]) ** 2).sum())
    found = jackknife(of_oracle(name))
    assert found.error == pytest.approx(spread, rel=1e-6)
    assert found.df == len(without) - 1
    assert found.warning


def test_the_jackknife_is_near_the_robust_error_of_r() -> None:
    """Twenty units: R's coxph with cluster gives the ratio, and the jackknife an error no smaller and within a half."""
    theirs = pd.read_csv(ORACLES / "robust.csv").set_index("what")["value"]
    found = hazard_ratio(oracle("country"), starts=dict.fromkeys(range(1, 6), 2), weeks=(1, 12))
    assert found.value == pytest.approx(theirs["cox"], rel=1e-7)
    assert 1.0 <= jackknife(found).error / theirs["robust"] < 1.5


def test_replays_that_hold_the_weeks_are_near_whole_fits() -> None:
    """Of any assignment, not only the real one: with a ratio in the data too, to a hundredth of the placebo spread."""
    found = hazard_ratio(made(1.5), starts=STARTS, weeks=(1, 40))
    rng = np.random.default_rng(2)
    draws = np.array([rng.choice(24, 6, replace=False) for _ in range(12)])
    fast = found.design.replay(found.panel, draws, np.full(6, 12))
    start = [np.where(np.isin(np.arange(24), each), 12, 20) for each in draws]
    whole = [found.design(replace(found.panel, start=each)).value for each in start]
    assert np.abs(fast - whole).max() < 0.01 * np.std(whole)


def test_statsmodels_gives_the_same_ratio_and_the_same_information() -> None:
    """A second package's Poisson regression, every cell and week a row."""
    found = hazard_ratio(made(1.2), starts=STARTS, weeks=(1, 12), exit_to="job")
    design = found.design
    exits, at_risk = design.exits, design.at_risk  # type: ignore[attr-defined]
    unit, period, week = (each.ravel() for each in np.indices(exits.shape))
    mark = ((unit < 6) & (period >= 12)).astype(float)
    dummies = [pd.get_dummies(each, drop_first=True, dtype=float).to_numpy() for each in (unit, period, week)]
    columns = np.column_stack([mark, np.ones(len(mark)), *dummies])
    model = sm.GLM(exits.ravel(), columns, family=sm.families.Poisson(), offset=np.log(at_risk.ravel()))
    assert found.value == pytest.approx(model.fit(tol=1e-14).params[0], rel=1e-9)


def test_replaying_the_real_assignment_gives_the_estimate() -> None:
    """Placebos hold the effects of the weeks; that moves the ratio by less than a thousandth of itself."""
    found = hazard_ratio(made(1.3), starts=STARTS, weeks=(1, 40))
    again = found.design.replay(found.panel, np.arange(6)[None], found.panel.start[:6])
    assert again[0] == pytest.approx(found.value, rel=1e-3)


def test_a_ratio_more_adds_itself_and_shared_levels_do_nothing() -> None:
    """The treated's later rates times 1.1 adds log 1.1; a rate that all units or periods share changes nothing."""
    found = hazard_ratio(made(1.2), starts=STARTS, weeks=(1, 40))
    panel = found.panel
    np.testing.assert_allclose(panel.Y, log_rates(found.design.exits, found.design.at_risk))  # type: ignore[attr-defined]
    more = panel.Y.copy()
    more[:6, 12:] += np.log(1.1)
    # Exits move with the rates, so that the fit of the weeks moves a little.
    assert found.design(panel.holding(more)).value == pytest.approx(found.value + np.log(1.1), abs=2e-3)
    shifted = panel.Y + np.linspace(-0.2, 0.2, 24)[:, None] + np.linspace(0, 0.3, 20)
    assert found.design(panel.holding(shifted)).value == pytest.approx(found.value, abs=2e-3)


def test_weights_are_what_a_change_in_the_exits_does() -> None:
    """To first order the ratio moves by the weight of a cell times the relative change in its exits."""
    found = hazard_ratio(made(1.2), starts=STARTS, weeks=(1, 40))
    for cell in ((0, 15), (3, 2), (10, 15)):
        moved = found.panel.Y.copy()
        moved[cell] += 1e-4
        slope = (found.design(found.panel.holding(moved)).value - found.value) / 1e-4
        assert slope == pytest.approx(found.weights[cell], rel=5e-2)


def test_the_time_before_is_asked_by_the_same_design() -> None:
    """The placebo in time is a hazard ratio of quarters before the start."""
    found = hazard_ratio(made(1.4), starts=STARTS, weeks=(1, 40))
    before = placebo_in_time(found, ("2015Q1", "2016Q2"), ("2016Q3", "2017Q4"), draws=199)
    assert abs(before.estimate.value) < 2.5 * before.inference.sd
    assert before.estimate.panel.measured_in == "log hazard ratio"


def test_what_cannot_be_told_is_refused() -> None:
    """Weeks outside the table, unknown exits, pieces out of order, a treated unit without exits and one piece."""
    table = made()
    with pytest.raises(BadDesign, match="counts weeks 1 to 40"):
        hazard_ratio(table, starts=STARTS, weeks=(1, 41))
    with pytest.raises(UnknownName, match="exit 'jbo'"):
        hazard_ratio(table, starts=STARTS, weeks=(1, 40), exit_to="jbo")
    with pytest.raises(BadDesign, match="growing weeks"):
        hazard_ratios(table, starts=STARTS, cuts=(13, 13), horizon=40)
    exits = np.array([[[[0]], [[0]]], [[[20]], [[20]]]])
    with pytest.raises(BadDesign, match="cannot be told"):
        hazard_ratio(risk(exits, np.full((2, 2), 100), ["a", "b"], [0, 1]), starts={"a": 1}, weeks=(1, 1))
    with pytest.raises(BadDesign, match="at least two are needed to differ"):
        proportionality({"1-40": hazard_ratio(table, starts=STARTS, weeks=(1, 40))})
    one = hazard_ratio(table, starts={0: "2018Q1"}, weeks=(1, 40))
    with pytest.raises(BadDesign, match="at least two of each"):
        jackknife(one)
