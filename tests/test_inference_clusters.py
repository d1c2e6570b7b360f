import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from conftest import municipal_panel

from frikommune import Regression, cross_products, least_squares, two_way
from frikommune.errors import BadDesign, UnknownName
from frikommune.inference import clustered, warning, wild_bootstrap
from frikommune.municipalities import municipalities
from frikommune.regression import leave_one_out

ORACLES = Path(__file__).parent / "oracles" / "inference"
NAMES = ("treated", "post", "effect", "x")


@pytest.fixture(scope="module")
def data() -> Regression:
    return fit(pd.read_csv(ORACLES / "panel.csv"))


def fit(frame: pd.DataFrame, x: tuple[str, ...] = NAMES, absorb: tuple[str, ...] = ()) -> Regression:
    """Return the regression from the cross-products that one query counts."""
    return least_squares(cross_products(ibis.memtable(frame), y="y", x=x, unit="cluster", absorb=absorb))


@pytest.mark.parametrize(
    ("kind", "theirs", "factor"), [("CR1", "CR1S", 1.0), ("CR2", "CR2", 1.0), ("CR3", "CR3", 11 / 12)]
)
@pytest.mark.parametrize("name", ["effect", "x"])
def test_standard_errors_and_degrees_of_freedom_are_those_of_clubsandwich(data, name, kind, theirs, factor) -> None:
    """CR1, CR2 with Bell-McCaffrey degrees of freedom, and CR3, which clubSandwich leaves without (G - 1) / G."""
    stored = pd.read_csv(ORACLES / "clubsandwich.csv").set_index(["type", "coefficient"]).loc[theirs, name]
    found = clustered(data, name, kind=kind)
    assert found.value == pytest.approx(stored["value"], rel=1e-8)
    assert found.error == pytest.approx(stored["error"] * factor**0.5, rel=1e-7)
    assert found.df == pytest.approx(stored["df"] if kind == "CR2" else 11, rel=1e-5)


def test_the_jackknife_is_that_of_summclust() -> None:
    """Nine clusters: error, t and p of CR3, and the spread of the coefficients without each, as Stata prints them."""
    stored = pd.read_csv(ORACLES / "summclust.csv").set_index("what")["stata"]
    frame = pd.read_csv(ORACLES / "summclust_data.csv").rename(columns={"vote": "y"})
    found = clustered(fit(frame, ("treatment", "log_income")), "treatment")
    assert found.df == 8
    for what, value, digits in (
        ("coefficient", found.value, 6), ("error", found.error, 6), ("t", found.t, 4), ("p", found.p, 4),
    ):  # fmt: skip
        assert value == pytest.approx(stored[what], abs=0.5 * 10.0**-digits)
    wide = pd.get_dummies(frame, columns=["defense"], drop_first=True, dtype=float)
    x = ("treatment", "log_income", *(name for name in wide if name.startswith("defense")))
    without = leave_one_out(fit(wide, x, ("immigration",)))[:, 0]
    for what, value in (
        ("smallest", without.min()), ("largest", without.max()),
        ("median", np.median(without)), ("mean", without.mean()),
    ):  # fmt: skip
        assert value == pytest.approx(stored[f"{what} without a cluster"], abs=0.5e-6)


@pytest.mark.parametrize("name", ["effect", "x"])
@pytest.mark.parametrize("impose", [True, False])
def test_the_bootstrap_agrees_with_wildboottest(data, name: str, impose) -> None:
    """T is theirs; p too, but for the data themselves and their mirror, which we count, and the error of the draws."""
    stored = pd.read_csv(ORACLES / "wildboottest.csv").set_index(["method", "coefficient"])
    kind = "WCR" if impose else "WCU"
    for weights, within in (("rademacher", 3 / 4096), ("webb", 0.006)):
        theirs = stored.loc[f"{kind} {weights}", name]
        found = wild_bootstrap(data, name, weights=weights, impose=impose)
        assert found.kind == kind
        assert found.draws == (4096 if weights == "rademacher" else 99_999)
        assert abs(found.t) == pytest.approx(theirs["t"], rel=1e-8)
        assert found.p == pytest.approx(theirs["p"], abs=within)


def test_the_jackknife_is_the_estimate_without_each_cluster(data) -> None:
    """CR3 by leaving clusters out one at a time, by hand."""
    frame = pd.read_csv(ORACLES / "panel.csv")
    left_out = [clustered(fit(frame[frame["cluster"] != each]), "effect").value for each in range(12)]
    found = clustered(data, "effect")
    assert found.error**2 == pytest.approx(11 / 12 * ((np.array(left_out) - found.value) ** 2).sum())


@pytest.mark.parametrize("absorb", [(), ("cluster",), ("period",), ("cluster", "period")])
def test_what_is_absorbed_counts_as_if_it_stood_in_the_regression(absorb: tuple[str, ...]) -> None:
    """CR2 and its degrees of freedom by explicit dummies and symmetric roots of each cluster's residual maker."""
    frame, x = with_periods()
    found = clustered(fit(frame, x, absorb), "x", kind="CR2")
    dummies = [np.eye(frame[each].nunique())[frame[each]] for each in absorb] or [np.ones((len(frame), 1))]
    X = np.column_stack([frame[list(x)], *dummies])  # noqa: N806 - the paper's letter
    hat = np.linalg.pinv(X)
    maker, beta = np.eye(len(frame)) - X @ hat, hat @ frame["y"].to_numpy()
    columns = []
    for each in range(frame["cluster"].nunique()):
        rows = np.flatnonzero(frame["cluster"] == each)
        values, vectors = np.linalg.eigh(maker[np.ix_(rows, rows)])
        root = np.where(values > 1e-9, 1 / np.sqrt(np.maximum(values, 1e-9)), 0.0)
        columns.append(maker[:, rows] @ ((vectors * root) @ vectors.T @ hat[0, rows]))
    moved = np.array(columns)
    assert found.value == pytest.approx(beta[0])
    assert found.error == pytest.approx(np.sqrt(((moved @ frame["y"].to_numpy()) ** 2).sum()), rel=1e-7)
    assert found.df == pytest.approx(np.trace(moved @ moved.T) ** 2 / ((moved @ moved.T) ** 2).sum(), rel=1e-7)


def with_periods() -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return rows of nine clusters over five periods, of uneven number, with two regressors."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"cluster": rng.integers(0, 9, 160), "period": rng.integers(0, 5, 160)})
    frame["x"] = rng.normal(size=160) + 0.2 * frame["cluster"]
    frame["z"] = rng.normal(size=160) * (1 + frame["period"])
    frame["y"] = 0.3 * frame["x"] + rng.normal(size=160) + rng.normal(size=9)[frame["cluster"]]
    return frame, ("x", "z")


def test_the_bootstrap_of_two_way_fixed_effects_is_that_of_rows_with_dummies() -> None:
    """Cells feed it directly: every combination of ten clusters' signs, with outcomes made anew, gives the same p."""
    panel = municipal_panel(tuple(municipalities())[:10], tuple(municipalities())[:4], effect=0.8)
    panel = replace(panel, n=np.ones(panel.Y.shape))
    found = wild_bootstrap(two_way(panel), "treated")
    unit, period = (each.ravel() for each in np.indices(panel.Y.shape))
    treated = (panel.treated[unit] & (period >= 5)).astype(float)
    X = np.column_stack([treated, np.eye(10)[unit], np.eye(8)[period][:, 1:]])  # noqa: N806 - the paper's letter
    hat, y = np.linalg.pinv(X), panel.Y.ravel()
    fitted = X[:, 1:] @ np.linalg.pinv(X[:, 1:]) @ y
    signs = np.array(list(product([-1.0, 1.0], repeat=10)))[:, unit]
    made = np.vstack([y, fitted + signs * (y - fitted)])
    beta = made @ hat.T
    scores = ((made - beta @ X.T) * hat[0]) @ np.eye(10)[unit]
    t = np.abs(beta[:, 0]) / np.sqrt((scores**2).sum(axis=1))
    assert found.draws == 1024
    assert found.p == pytest.approx(np.mean(t[1:] >= t[0] * (1 - 1e-9)))


def test_the_bootstrap_by_hand_on_made_up_outcomes(data) -> None:
    """The short cut by cross-products gives what outcomes made anew, and fitted again on all rows, give."""
    frame = pd.read_csv(ORACLES / "panel.csv")
    X = np.column_stack([np.ones(len(frame)), frame[["treated", "post", "effect", "x"]]])  # noqa: N806
    restricted, observed = np.delete(X, 3, axis=1), frame["y"].to_numpy()
    fitted = restricted @ np.linalg.lstsq(restricted, observed, rcond=None)[0]
    turns = np.random.default_rng(3).choice([-1.0, 1.0], (4000, 12))[:, frame["cluster"]]
    made = np.vstack([observed, fitted + turns * (observed - fitted)])
    hat = np.linalg.pinv(X)
    beta = made @ hat.T
    member = np.eye(12)[frame["cluster"]]
    scores = ((made - beta @ X.T) * hat[3]) @ member
    t = np.abs(beta[:, 3]) / np.sqrt((scores**2).sum(axis=1))
    assert wild_bootstrap(data, "effect").p == pytest.approx(np.mean(t[1:] >= t[0]), abs=0.03)


def test_a_hypothesis_that_is_the_estimate_is_never_rejected(data) -> None:
    """Testing the estimate itself gives a t of zero and p = 1; p is never 0, however far the hypothesis."""
    value = clustered(data, "effect").value
    assert wild_bootstrap(data, "effect", null=value).p == pytest.approx(1)
    assert wild_bootstrap(data, "effect", null=1e9, impose=False, draws=999).p == pytest.approx(1 / 1000)


def test_a_hundred_thousand_draws_take_little_time() -> None:
    """99,999 draws over 98 clusters take a fraction of a second."""
    panel = municipal_panel(tuple(municipalities()), tuple(municipalities())[:40])
    made = two_way(panel)
    began = time.process_time()
    found = wild_bootstrap(made, "treated")
    assert found.draws == 99_999
    assert time.process_time() - began < 2  # 0.5 s alone on a machine; tests run beside others


def test_scaling_the_outcome_scales_the_error_and_leaves_p(data) -> None:
    """Thousands instead of units change nothing that has no unit."""
    frame = pd.read_csv(ORACLES / "panel.csv")
    larger = fit(frame.assign(y=1000 * frame["y"]))
    for kind in ("CR1", "CR2", "CR3"):
        one, other = clustered(data, "effect", kind=kind), clustered(larger, "effect", kind=kind)
        assert other.error == pytest.approx(1000 * one.error)
        assert other.p == pytest.approx(one.p)


def test_few_treated_clusters_are_warned_of(data) -> None:
    """With three of 98 treated clustered inference says that it is wrong; with 20, or no treatment, nothing."""
    assert "use infer" in clustered(data, "effect", treated=4).warning
    assert "3 of 98" in warning(98, 3)
    assert warning(98, 20) == warning(98, None) == ""


def test_what_cannot_be_estimated_is_refused(data) -> None:
    """Unknown names, too few draws, and a coefficient that one cluster alone identifies."""
    with pytest.raises(UnknownName, match="kind"):
        clustered(data, "effect", kind="HC1")
    with pytest.raises(UnknownName, match="regressor"):
        clustered(data, "intercept")
    with pytest.raises(UnknownName, match="weights"):
        wild_bootstrap(data, "effect", weights="mammen")
    with pytest.raises(BadDesign, match="at least 19"):
        wild_bootstrap(data, "effect", draws=9)
    frame = pd.read_csv(ORACLES / "panel.csv")
    frame.loc[frame["cluster"] != 0, "x"] = 0.0
    with pytest.raises(BadDesign, match="without one of the clusters"):
        clustered(fit(frame), "effect")
