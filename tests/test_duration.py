from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from frikommune import did
from frikommune.cells import RiskTable, risk_table
from frikommune.duration import curves, duration_panel, median_weeks, restricted_weeks, share_out, weeks_lost
from frikommune.errors import BadDesign, UnknownName

ORACLES = Path(__file__).parent / "oracles" / "duration"
BEGUN = date(2000, 1, 3)


def table_of(*durations: tuple[int, str], cell: int = 851) -> RiskTable:
    """Make the risk table of spells that lasted so many weeks and left so; "" is censored."""
    return from_weeks(
        pd.DataFrame([(cell, 0, *each) for each in durations], columns=["cell", "enter", "weeks", "exit"])
    )


def from_weeks(frame: pd.DataFrame) -> RiskTable:
    """Make a risk table through real spells: they begin on one day and last whole weeks."""
    last = [BEGUN + timedelta(days=7 * int(weeks) - 1) for weeks in frame["weeks"]]
    ended = (frame["exit"] != "").to_numpy()
    made = pd.DataFrame(
        {
            "cell": frame["cell"],
            "start": BEGUN,
            "end": [each if out else None for each, out in zip(last, ended, strict=True)],
            "exit_to": frame["exit"].where(ended, None),
            "covered": [date(2100, 1, 1) if out else each for each, out in zip(last, ended, strict=True)],
            "came": [BEGUN + timedelta(days=7 * int(weeks)) for weeks in frame["enter"]],
        }
    )
    schema = dict.fromkeys(("start", "end", "covered", "came"), "date") | {"exit_to": "string"}
    kind = "int64" if pd.api.types.is_integer_dtype(frame["cell"]) else "string"
    table = ibis.memtable(made[["cell", *schema]], schema={"cell": kind, **schema})
    horizon = int(frame["weeks"].max())
    return risk_table(table, unit="cell", end_of_data="covered", late_entry="came", horizon=horizon)


# Weeks of remission with 6-mercaptopurine, + where censored: Freireich et al. (1963), in every textbook.
REMISSION = table_of(
    *[(weeks, "relapse") for weeks in (6, 6, 6, 7, 10, 13, 16, 22, 23)],
    *[(weeks, "") for weeks in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)],
)


def test_kaplan_and_meier_of_the_remissions() -> None:
    """The curve and its standard errors are those printed for Freireich's trial since 1963."""
    found = curves(REMISSION)
    at = [6, 7, 10, 13, 16, 22, 23]
    np.testing.assert_allclose(
        found.surviving[0, at], [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], atol=5e-5
    )
    np.testing.assert_allclose(
        np.sqrt(found.surviving_var[0, at]), [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], atol=5e-5
    )
    assert median_weeks(REMISSION, weeks=35, young="keep").value.tolist() == [23]


def test_without_censoring_the_estimates_are_plain_shares_and_means() -> None:
    """Nobody censored: share out is a share, restricted weeks a mean of capped weeks, and the variances are theirs."""
    weeks, ways = np.array([1, 3, 3, 5, 8, 9, 12, 12]), ["a", "b", "a", "b", "a", "a", "b", "a"]
    table = table_of(*zip(weeks.tolist(), ways, strict=True))
    share, by_a = share_out(table, weeks=6, young="keep"), share_out(table, weeks=6, exit_to="a", young="keep")
    capped = np.minimum(weeks, 10)
    mean = restricted_weeks(table, weeks=10, young="keep")
    assert share.value[0] == pytest.approx(4 / 8)
    assert share.var[0] == pytest.approx(0.5 * 0.5 / 8)
    assert by_a.value[0] == pytest.approx(2 / 8)
    assert by_a.var[0] == pytest.approx(0.25 * 0.75 / 8)
    assert mean.value[0] == pytest.approx(capped.mean())
    assert mean.var[0] == pytest.approx(capped.var() / 8)
    lost = np.where(np.array(ways) == "a", np.maximum(10 - weeks, 0), 0)
    to_a = weeks_lost(table, exit_to="a", weeks=10, young="keep")
    assert to_a.value[0] == pytest.approx(lost.mean())
    assert to_a.var[0] == pytest.approx(lost.var() / 8)


def test_a_curve_ends_where_nobody_is_followed() -> None:
    """After the last censoring nothing is known; after the last exit the share in is zero with no variance left."""
    found = curves(table_of((1, "out"), (2, ""), cell=1) + table_of((1, "out"), (2, "out"), cell=2).until(2))
    longer = curves(table_of((1, "out"), (2, ""), (4, "out")).take(np.array([0])))
    assert found.surviving[:, 2].tolist() == [0.5, 0]
    assert found.surviving_var[1, 2] == 0
    assert longer.surviving[0, 4] == 0
    gap = curves(
        from_weeks(pd.DataFrame([(1, 0, 1, ""), (1, 2, 4, "out")], columns=["cell", "enter", "weeks", "exit"]))
    )
    assert gap.surviving[0, :2].tolist() == [1, 1]
    assert np.isnan(gap.surviving[0, 2:]).all()
    assert gap.weeks_in[0, 2] == 2
    assert np.isnan(gap.weeks_in[0, 3:]).all()


def expected(data: str, what: str) -> pd.DataFrame:
    numbers = pd.read_csv(ORACLES / "expected.csv", dtype={"cell": str})
    return numbers[(numbers["data"] == data) & (numbers["what"] == what)]


def oracle(data: str) -> RiskTable:
    return from_weeks(pd.read_csv(ORACLES / f"{data}.csv", dtype={"cell": str}, keep_default_na=False))


def agrees(table: RiskTable, data: str, what: str, found: np.ndarray, rtol: float = 1e-8) -> None:
    """Compare [cells x (weeks + 1)] numbers with R's."""
    row = {str(cell): number for number, cell in enumerate(table.cells["unit"])}
    theirs = expected(data, what)
    assert len(theirs)
    ours = found[theirs["cell"].map(row), theirs["week"].astype(int)]
    np.testing.assert_allclose(ours, theirs["value"], rtol=rtol, err_msg=f"{data} {what}")


@pytest.mark.parametrize("data", ["veteran", "lung", "colon", "pbc"])
def test_kaplan_meier_and_restricted_means_are_those_of_r(data: str) -> None:
    """R's survival gives the same curves, Greenwood errors, restricted means and their errors; lung with late entry."""
    table = oracle(data)
    found = curves(table)
    agrees(table, data, "surviving", found.surviving)
    agrees(table, data, "surviving_se", np.sqrt(found.surviving_var))
    agrees(table, data, "weeks_in", found.weeks_in)
    agrees(table, data, "weeks_in_se", np.sqrt(found.weeks_in_var))


def test_the_example_of_survrm2() -> None:
    """Ten years of the biliary cirrhosis trial: 7.146 and 7.283 years, and the difference with its 95 % interval."""
    found = curves(oracle("pbc"))
    # Ten years are 3652.5 days: the last half day is added at the height of the curve.
    years = (found.weeks_in[:, 3652] + 0.5 * found.surviving[:, 3652]) / 365.25
    apart, error = years[0] - years[1], np.sqrt(found.weeks_in_var[:, 3652].sum()) / 365.25
    assert years.round(3).tolist() == [7.146, 7.283]
    # The error is that of 3652 days.
    assert [apart, apart - 1.96 * error, apart + 1.96 * error] == pytest.approx([-0.137, -0.939, 0.665], abs=1e-3)


def test_step_functions_are_those_of_lifelines_and_scikit_survival() -> None:
    """Kaplan-Meier, restricted means and shares by way out agree with both at 1e-8."""
    peers = pd.read_csv(ORACLES / "peers.csv", dtype={"cell": str})
    assert len(peers) == 75
    for data, some in peers.groupby("data"):
        table = oracle(str(data))
        found, row = curves(table), {str(cell): at for at, cell in enumerate(table.cells["unit"])}
        for line in some.itertuples():
            at, week = row[str(line.cell)], int(line.week)  # type: ignore[arg-type]
            what = str(line.what)
            if ":" not in what:
                ours = found.surviving[at, week]
            elif what.endswith("rmst"):
                ours = found.weeks_in[at, week]
            else:
                ours = found.out[at, table.types.index(what.split(":")[1]), week]
            assert ours == pytest.approx(line.value, rel=1e-8), (data, line.cell, what, week)


def test_medians_are_those_of_r() -> None:
    """The first week by which half are out is R's, also where no curve meets the half exactly."""
    theirs = expected("veteran", "median").set_index("cell")["value"]
    found = median_weeks(oracle("veteran"), weeks=900, young="keep")
    assert found.value.tolist() == theirs[found.cells["unit"]].tolist()


@pytest.mark.parametrize("way", ["pcm", "death"])
def test_ways_out_are_those_of_r(way: str) -> None:
    """Aalen-Johansen, its errors, the weeks lost and theirs are those of survival's multi-state survfit on mgus2."""
    table = oracle("mgus2")
    found, k = curves(table), table.types.index(way)
    agrees(table, "mgus2", f"out:{way}", found.out[:, k])
    agrees(table, "mgus2", f"out_se:{way}", np.sqrt(found.out_var[:, k]))
    agrees(table, "mgus2", f"weeks_lost:{way}", found.weeks_lost[:, k])
    agrees(table, "mgus2", f"weeks_lost_se:{way}", np.sqrt(found.weeks_lost_var[:, k]))


@pytest.mark.parametrize("way", ["pcm", "death"])
def test_ways_out_stand_beside_cmprsk(way: str) -> None:
    """Gray's cuminc has the same shares; its error, by Aalen (1978), is within three per cent of ours."""
    table = oracle("mgus2")
    found, k = curves(table), table.types.index(way)
    agrees(table, "mgus2", f"cmprsk:{way}", found.out[:, k])
    agrees(table, "mgus2", f"cmprsk_se:{way}", np.sqrt(found.out_var[:, k]), rtol=0.03)


@pytest.mark.parametrize("way", ["pcm", "death"])
def test_ways_out_with_late_entry_are_those_of_etm(way: str) -> None:
    """With left-truncated spells shares and Greenwood-type errors are those of R's etm."""
    table = oracle("mgus2_late")
    found, k = curves(table), table.types.index(way)
    agrees(table, "mgus2_late", f"out:{way}", found.out[:, k])
    agrees(table, "mgus2_late", f"out_se:{way}", np.sqrt(found.out_var[:, k]))


def register(seed: int = 1, rows: int = 6_000, **more: Any) -> RiskTable:
    """Make the risk table of made-up spells of six municipalities over two years, followed to the end of 2020."""
    rng = np.random.default_rng(seed)
    start = date(2019, 1, 1)
    begun = [start + timedelta(days=int(each)) for each in rng.integers(0, 700, rows)]
    last = [day + timedelta(days=int(each)) for day, each in zip(begun, rng.exponential(150, rows), strict=True)]
    end_of_data = date(2020, 12, 31)
    out = np.array([day <= end_of_data for day in last])
    frame = pd.DataFrame(
        {
            "kommune_kode": rng.choice([820, 851, 787, 773, 813, 849], rows),
            "start": begun,
            "end": [day if ended else None for day, ended in zip(last, out, strict=True)],
            "exit_to": np.where(out, rng.choice(["job", "pension", "jaf"], rows), None),
            "sex": rng.choice(["k", "m"], rows),
        }
    )
    schema = {"kommune_kode": "int32", "start": "date", "end": "date", "exit_to": "string", "sex": "string"}
    return risk_table(ibis.memtable(frame, schema=schema), end_of_data=end_of_data, **more)


def test_weeks_in_and_weeks_lost_add_up_to_the_horizon() -> None:
    """In every cell the weeks in and those lost to each way out are the horizon; shares out add up to those out."""
    found = curves(register(horizon=52))
    known = ~np.isnan(found.weeks_in)
    assert known.mean() > 0.5
    total = found.weeks_in + found.weeks_lost.sum(axis=1)
    np.testing.assert_allclose(total[known], np.broadcast_to(np.arange(53.0), total.shape)[known], atol=1e-10)
    everybody = found.out.sum(axis=1) + found.surviving
    np.testing.assert_allclose(everybody[~np.isnan(found.surviving)], 1, atol=1e-12)


def test_variances_are_the_spread_over_many_draws() -> None:
    """Over 400 cells drawn from one law the variance of the estimates is the mean of the variances."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"cell": np.repeat(np.arange(400), 60), "enter": 0})
    lasts, censored = rng.geometric(0.06, len(frame)), rng.integers(8, 40, len(frame))
    frame["weeks"] = np.minimum(lasts, censored)
    frame["exit"] = np.where(lasts <= censored, rng.choice(["job", "pension"], len(frame), p=[0.7, 0.3]), "")
    table = from_weeks(frame)
    for each in (
        share_out(table, weeks=20, young="keep"),
        share_out(table, weeks=20, exit_to="job", young="keep"),
        restricted_weeks(table, weeks=20, young="keep"),
        weeks_lost(table, weeks=20, exit_to="pension", young="keep"),
    ):
        assert np.nanmean(each.var) == pytest.approx(np.nanvar(each.value), rel=0.2)


def test_young_entry_periods_are_cut_and_said_to_be() -> None:
    """For 52 weeks the entrants of 2020 are too young; kept on purpose, the first of them still have an estimate."""
    table = register(horizon=52)
    cut = restricted_weeks(table, weeks=52)
    assert sorted(cut.cut) == ["2020Q1", "2020Q2", "2020Q3", "2020Q4"]
    assert all(weeks < 52 for weeks in cut.cut.values())
    assert set(cut.cells["entry"]) == {"2019Q1", "2019Q2", "2019Q3", "2019Q4"}
    assert "4 entry periods cut" in repr(cut)
    kept = restricted_weeks(table, weeks=52, young="keep")
    assert kept.cut == {}
    assert kept.unfollowed > 0
    assert np.isnan(kept.var[np.isnan(kept.value)]).all()


def test_an_event_leaves_cells_that_it_ends_without_an_estimate() -> None:
    """Spells that cross 11 March 2020 are censored: entrants of 2019Q4 have no week 26, those of 2019Q2 keep theirs."""
    found = share_out(register(horizon=52, event=date(2020, 3, 11)), weeks=26)
    missing = pd.Series(np.isnan(found.value)).groupby(found.cells["entry"]).all()
    assert missing["2019Q4"]
    assert not missing["2019Q2"]


def test_a_panel_holds_the_estimates_and_runs_through_a_design() -> None:
    """Y, n and var / n are the estimates, the spells and their variances, and did takes the panel."""
    estimates = share_out(register(horizon=26), weeks=26)
    panel = duration_panel(estimates, starts={851: "2019Q3"}, better="higher")
    assert panel.units == (773, 787, 813, 820, 849, 851)
    assert panel.periods == ("2019Q1", "2019Q2", "2019Q3", "2019Q4", "2020Q1", "2020Q2")
    np.testing.assert_array_equal(panel.Y.ravel(), estimates.value)
    np.testing.assert_array_equal(panel.n.ravel(), estimates.n)
    np.testing.assert_allclose((panel.var / panel.n).ravel(), estimates.var)
    assert abs(did(panel).value) < 0.2
    shifted = did(
        duration_panel(replace(estimates, value=estimates.value + 1), starts={851: "2019Q3"}, better="higher")
    )
    assert shifted.value == pytest.approx(did(panel).value)


def test_adding_strata_first_is_estimating_without_them() -> None:
    """Pooled over strata, the estimates are those of the table that never had them."""
    pooled = register(horizon=26, strata=["sex"]).pooled("unit", "entry")
    np.testing.assert_array_equal(
        restricted_weeks(pooled, weeks=26).value, restricted_weeks(register(), weeks=26).value
    )


def test_what_cannot_be_estimated_is_refused() -> None:
    """Horizons that are too far, unknown exits and words, strata in a panel and unknown treated units are named."""
    table = register(horizon=52, strata=["sex"])
    with pytest.raises(BadDesign, match="counts 52 weeks, and 53"):
        share_out(table, weeks=53)
    with pytest.raises(BadDesign, match="In none of the 1 entry periods"):
        share_out(REMISSION.until(26), weeks=26)
    with pytest.raises(UnknownName, match="exit 'jbo'"):
        weeks_lost(table, exit_to="jbo")
    with pytest.raises(UnknownName, match="young entry periods"):
        share_out(table, young="drop")  # type: ignore[arg-type]
    with pytest.raises(BadDesign, match="also named by sex"):
        duration_panel(share_out(table), starts={}, better="higher")
    pooled = share_out(table.pooled("unit", "entry"))
    with pytest.raises(BadDesign, match="1 units that start"):
        duration_panel(pooled, starts={101: "2019Q3"}, better="higher")
