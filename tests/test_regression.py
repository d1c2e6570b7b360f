"""Regression from cross-products: the numbers of the register itself, held to R, pyfixest and statsmodels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from conftest import made_panel

from frikommune import Panel, Regression, cells, cr3, cross_products, least_squares, panel_of, two_way
from frikommune.errors import BadData, BadDesign
from frikommune.regression import leave_one_out

ORACLES = Path(__file__).parent / "oracles" / "clusters"
ABSORB = {"plain": [], "unit": ["unit"], "period": ["period"], "unit and period": ["unit", "period"]}
DATA = pd.read_csv(ORACLES / "data.csv")


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("register") / "data.parquet"
    DATA.to_parquet(file, index=False)
    return file


def written(folder: Path, frame: pd.DataFrame) -> Path:
    frame.to_parquet(folder / "changed.parquet", index=False)
    return folder / "changed.parquet"


def fit_of(file: Path, model: str = "unit and period", x: tuple[str, ...] = ("treated", "x")) -> Regression:
    return least_squares(cross_products(file, y="y", x=x, unit="unit", absorb=ABSORB[model], no_cache=True))


def panel_from(file: Path) -> Panel:
    counted = cells(file, outcomes={"y": "y"}, period="period", unit="unit", no_cache=True)
    return panel_of(counted, "y", starts={0: 2, 1: 2})


@pytest.mark.parametrize("row", pd.read_csv(ORACLES / "expected.csv").to_dict("records"), ids=lambda row: row["model"])
def test_clustered_errors_are_those_of_r(register: Path, row: dict) -> None:
    """Coefficients, CR1 (sandwich) and CR3 (clubSandwich, which leaves out (G - 1) / G) are R's to ten digits."""
    fit = fit_of(register, row["model"])
    at = fit.names.index(row["term"].replace("(Intercept)", "intercept"))
    assert fit.coefficients[at] == pytest.approx(row["coefficient"], rel=1e-10)
    assert fit.errors[at] == pytest.approx(row["cr1"], rel=1e-10)
    jackknife = cr3(fit)[at, at] * fit.clusters / (fit.clusters - 1)
    assert np.sqrt(jackknife) == pytest.approx(row["clubsandwich_cr3"], rel=1e-9)


@pytest.mark.parametrize("row", pd.read_csv(ORACLES / "expected_pyfixest.csv").to_dict("records"), ids=str)
def test_fixed_effects_are_those_of_pyfixest(register: Path, row: dict) -> None:
    """Values and CR1 errors with pyfixest's own small-sample factors, unit effects nested in the clusters."""
    fit = two_way(panel_from(register)) if row["model"] == "two-way" else fit_of(register, row["model"])
    at = fit.names.index(row["term"])
    assert fit.coefficients[at] == pytest.approx(row["coefficient"], rel=1e-8)
    assert fit.errors[at] == pytest.approx(row["cr1"], rel=1e-6)


def test_least_squares_is_that_of_statsmodels(register: Path) -> None:
    """Without absorbed columns it is statsmodels' OLS with clustered errors, to 1e-10."""
    fit = fit_of(register, "plain")
    names = ["treated", "x", "const"]
    other = sm.OLS(DATA["y"], sm.add_constant(DATA[["treated", "x"]])).fit(
        cov_type="cluster", cov_kwds={"groups": DATA["unit"]}
    )
    np.testing.assert_allclose(fit.coefficients, other.params[names], rtol=1e-10)
    np.testing.assert_allclose(fit.cr1, other.cov_params().loc[names, names], rtol=1e-9, atol=1e-14)


def test_two_way_is_the_regression_of_persons(register: Path) -> None:
    """From cells alone: the value of the regression with dummies on every person, and its CR1 error."""
    fit = two_way(panel_from(register))
    other = smf.ols("y ~ treated + C(unit) + C(period)", DATA).fit(
        cov_type="cluster", cov_kwds={"groups": DATA["unit"]}
    )
    # statsmodels counts the unit dummies as parameters too; ours, like fixest's, are nested in the clusters.
    factor = (fit.rows - fit.parameters) / (fit.rows - len(other.params))
    assert fit.coefficients[0] == pytest.approx(other.params["treated"], rel=1e-8)
    assert fit.errors[0] * np.sqrt(factor) == pytest.approx(other.bse["treated"], rel=1e-6)


def test_leave_one_out_is_the_regression_without_each_unit(register: Path, tmp_path: Path) -> None:
    """Each row is what the register without that unit gives."""
    found = leave_one_out(fit_of(register))
    for at, unit in enumerate(sorted(DATA["unit"].unique())):
        alone = fit_of(written(tmp_path, DATA[DATA["unit"] != unit]))
        np.testing.assert_allclose(found[at], alone.coefficients, rtol=1e-9)


def test_without_its_only_treated_unit_nothing_is_told(register: Path, tmp_path: Path) -> None:
    """With one treated unit CR3 does not exist, and is missing rather than small."""
    fit = fit_of(written(tmp_path, DATA.assign(treated=((DATA["unit"] == 0) & (DATA["period"] > 1)).astype(int))))
    assert np.isnan(leave_one_out(fit)[0]).all()
    assert np.isnan(cr3(fit)).all()
    assert np.isfinite(cr3(fit_of(register))).all()


@pytest.mark.parametrize("model", sorted(ABSORB))
def test_a_large_level_costs_no_digits(register: Path, tmp_path: Path, model: str) -> None:
    """Adding a million to the outcome and a thousand to a regressor moves the intercept only."""
    first = fit_of(register, model)
    moved = fit_of(written(tmp_path, DATA.assign(y=DATA["y"] + 1e6, x=DATA["x"] + 1e3)), model)
    np.testing.assert_allclose(moved.coefficients[:2], first.coefficients[:2], rtol=1e-7)
    np.testing.assert_allclose(moved.errors[:2], first.errors[:2], rtol=1e-7)


def test_adding_to_the_treated_adds_to_the_effect(register: Path, tmp_path: Path) -> None:
    """Ten more for each treated person is ten more; the error stays, and so it does when everybody gets a trend."""
    first = fit_of(register)
    more = fit_of(written(tmp_path, DATA.assign(y=DATA["y"] + 10 * DATA["treated"] + DATA["period"] ** 2)))
    np.testing.assert_allclose(more.coefficients - first.coefficients, [10, 0], atol=1e-9)
    np.testing.assert_allclose(more.errors, first.errors, rtol=1e-9)


def test_order_and_copies_of_rows(register: Path, tmp_path: Path) -> None:
    """Shuffled rows change nothing; rows without a value are counted and left out."""
    holes = pd.concat([DATA.sample(frac=1, random_state=1), DATA.head(3).assign(x=np.nan)])
    products = cross_products(written(tmp_path, holes), y="y", x=["treated", "x"], unit="unit", absorb=["unit"])
    np.testing.assert_allclose(least_squares(products).cr1, fit_of(register, "unit").cr1, rtol=1e-9)
    assert products.left_out == {"a column is empty": 3}
    assert repr(products) == f"CrossProducts of y on treated, x: {len(DATA)} rows of 12 units"


def test_regressions_that_cannot_be_told_are_refused(register: Path, tmp_path: Path) -> None:
    """What does not vary, what is not there, what is no number, and a panel without persons."""
    with pytest.raises(BadDesign, match="one of them does not vary"):
        fit_of(written(tmp_path, DATA.assign(x=DATA["unit"] * 2.0)))
    with pytest.raises(BadDesign, match="one of them does not vary"):
        two_way(panel_from(register).treating([], 2))
    with pytest.raises(BadDesign, match="n is needed"):
        two_way(replace(made_panel(), n=np.full((12, 8), np.nan)))
    with pytest.raises(BadData, match="has no column z"):
        fit_of(register, x=("z",))
    with pytest.raises(BadDesign, match="each column once"):
        fit_of(register, x=("x", "x"))
    with pytest.raises(BadDesign, match="cannot all be absorbed"):
        cross_products(register, y="y", x=["x"], unit="unit", absorb=["period", "treated"])
    with pytest.raises(BadData, match="x hold no numbers"):
        fit_of(written(tmp_path, DATA.assign(x="a")))
    with pytest.raises(BadData, match="x hold values that are no finite number"):
        fit_of(written(tmp_path, DATA.assign(x=np.inf)))
