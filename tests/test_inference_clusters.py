import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune.errors import BadDesign, UnknownName
from frikommune.inference import CrossProducts, clustered, warning, wild_bootstrap

ORACLES = Path(__file__).parent / "oracles" / "inference"
COEFFICIENTS = {"effect": 3, "x": 4}


@pytest.fixture(scope="module")
def data() -> CrossProducts:
    frame = pd.read_csv(ORACLES / "panel.csv")
    return products(frame[["treated", "post", "effect", "x"]].assign(one=1.0), frame["y"], frame["cluster"])


def products(X: pd.DataFrame, y: pd.Series, cluster: pd.Series) -> CrossProducts:  # noqa: N803 - the paper's letter
    X = X[["one", *X.columns.drop("one")]]  # noqa: N806 - as above
    groups = [(X[cluster == each].to_numpy(float), y[cluster == each].to_numpy()) for each in cluster.unique()]
    return CrossProducts(
        XtX=np.array([x.T @ x for x, _ in groups]),
        Xty=np.array([x.T @ each for x, each in groups]),
        yty=np.array([each @ each for _, each in groups]),
        n=np.array([float(each.size) for _, each in groups]),
    )


@pytest.mark.parametrize(
    ("kind", "theirs", "factor"), [("CR1", "CR1S", 1.0), ("CR2", "CR2", 1.0), ("CR3", "CR3", 11 / 12)]
)
@pytest.mark.parametrize("name", ["effect", "x"])
def test_standard_errors_and_degrees_of_freedom_are_those_of_clubsandwich(data, name, kind, theirs, factor) -> None:
    """CR1, CR2 with Bell-McCaffrey degrees of freedom, and CR3, which clubSandwich leaves without (G - 1) / G."""
    stored = pd.read_csv(ORACLES / "clubsandwich.csv").set_index(["type", "coefficient"]).loc[theirs, name]
    found = clustered(data, COEFFICIENTS[name], kind=kind)
    assert found.value == pytest.approx(stored["value"], rel=1e-8)
    assert found.error == pytest.approx(stored["error"] * factor**0.5, rel=1e-7)
    assert found.df == pytest.approx(stored["df"] if kind == "CR2" else 11, rel=1e-5)


@pytest.mark.parametrize("name", ["effect", "x"])
@pytest.mark.parametrize("impose", [True, False])
def test_the_bootstrap_agrees_with_wildboottest(data, name: str, impose) -> None:
    """T is theirs; p too, but for the data themselves and their mirror, which we count, and the error of the draws."""
    stored = pd.read_csv(ORACLES / "wildboottest.csv").set_index(["method", "coefficient"])
    kind = "WCR" if impose else "WCU"
    for weights, within in (("rademacher", 3 / 4096), ("webb", 0.006)):
        theirs = stored.loc[f"{kind} {weights}", name]
        found = wild_bootstrap(data, COEFFICIENTS[name], weights=weights, impose=impose)
        assert found.kind == kind
        assert found.draws == (4096 if weights == "rademacher" else 99_999)
        assert abs(found.t) == pytest.approx(theirs["t"], rel=1e-8)
        assert found.p == pytest.approx(theirs["p"], abs=within)


def test_the_jackknife_is_the_estimate_without_each_cluster(data) -> None:
    """CR3 by leaving clusters out one at a time, by hand."""
    left_out = []
    for each in range(12):
        kept = np.arange(12) != each
        left_out.append(np.linalg.solve(data.XtX[kept].sum(axis=0), data.Xty[kept].sum(axis=0))[3])
    found = clustered(data, 3)
    assert found.error**2 == pytest.approx(11 / 12 * ((np.array(left_out) - found.value) ** 2).sum())


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
    assert wild_bootstrap(data, 3).p == pytest.approx(np.mean(t[1:] >= t[0]), abs=0.03)


def test_a_hypothesis_that_is_the_estimate_is_never_rejected(data) -> None:
    """Testing the estimate itself gives a t of zero and p = 1; p is never 0, however far the hypothesis."""
    value = clustered(data, 3).value
    assert wild_bootstrap(data, 3, null=value).p == pytest.approx(1)
    assert wild_bootstrap(data, 3, null=1e9, impose=False, draws=999).p == pytest.approx(1 / 1000)


def test_a_hundred_thousand_draws_take_little_time() -> None:
    """99,999 draws over 98 clusters take a fraction of a second."""
    rng = np.random.default_rng(1)
    x = np.stack([np.column_stack([np.ones(16), rng.normal(size=(16, 2))]) for _ in range(98)])
    y = rng.normal(size=(98, 16))
    made = CrossProducts(
        np.einsum("gni,gnj->gij", x, x), np.einsum("gni,gn->gi", x, y), (y**2).sum(1), np.full(98, 16.0)
    )
    began = time.process_time()
    found = wild_bootstrap(made, 1)
    assert found.draws == 99_999
    assert time.process_time() - began < 2  # 0.5 s alone on a machine; tests run beside others


def test_scaling_the_outcome_scales_the_error_and_leaves_p(data) -> None:
    """Thousands instead of units change nothing that has no unit."""
    larger = replace(data, Xty=1000 * data.Xty, yty=1e6 * data.yty)
    for kind in ("CR1", "CR2", "CR3"):
        one, other = clustered(data, 3, kind=kind), clustered(larger, 3, kind=kind)
        assert other.error == pytest.approx(1000 * one.error)
        assert other.p == pytest.approx(one.p)


def test_few_treated_clusters_are_warned_of(data) -> None:
    """With three of 98 treated clustered inference says that it is wrong; with 20, or no treatment, nothing."""
    assert "use infer" in clustered(data, 3, treated=4).warning
    assert "3 of 98" in warning(98, 3)
    assert warning(98, 20) == warning(98, None) == ""


def test_what_cannot_be_estimated_is_refused(data) -> None:
    """A regressor twice, unknown names, and a coefficient that one cluster alone identifies."""
    doubled = np.concatenate([data.XtX, data.XtX[:, :, [3]]], axis=2)
    doubled = np.concatenate([doubled, doubled[:, [3], :]], axis=1)
    with pytest.raises(BadDesign, match="leave regressors out"):
        replace(data, XtX=doubled, Xty=np.concatenate([data.Xty, data.Xty[:, [3]]], axis=1))
    with pytest.raises(UnknownName, match="kind"):
        clustered(data, 3, kind="HC1")
    with pytest.raises(UnknownName, match="weights"):
        wild_bootstrap(data, 3, weights="mammen")
    with pytest.raises(BadDesign, match="at least 19"):
        wild_bootstrap(data, 3, draws=9)
    alone = data.XtX.copy()
    alone[:, 4, :] = alone[:, :, 4] = 0
    alone[0, 4, 4] = 5.0
    with pytest.raises(BadDesign, match="without one of the clusters"):
        clustered(replace(data, XtX=alone), 3)
