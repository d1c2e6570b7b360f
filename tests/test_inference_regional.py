from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import made_panel, municipal_panel, sizeless
from scipy import stats

from frikommune import did, infer, placebo, within_region
from frikommune.errors import BadDesign
from frikommune.inference import imprecision, methods, regional, satterthwaite, shocks, spread, uncertainty
from frikommune.municipalities import municipalities, network

ORACLES = Path(__file__).parent / "oracles" / "inference"
ALL = tuple(municipalities())
LARGE = (
    "Fyn", "Københavns omegn", "Nordjylland", "Nordsjælland", "Sydjylland", "Vest- og Sydsjælland", "Vestjylland",
    "Østjylland",
)  # fmt: skip


def balanced() -> tuple[int, ...]:
    """Return eight municipalities of each of the eight provinces that have as many."""
    return tuple(
        code
        for name in LARGE
        for code in [code for code, each in municipalities().items() if each.province == name][:8]
    )


def dense_fit(effects: np.ndarray, own: np.ndarray, province: np.ndarray, shared: float) -> float:
    """Return the restricted log-likelihood by the textbook formula, without a constant."""
    covariance = np.diag(own) + shared * (province[:, None] == province)
    inverse, ones = np.linalg.inv(covariance), np.ones(effects.size)
    mean = ones @ inverse @ effects / (ones @ inverse @ ones)
    rest = (effects - mean) @ inverse @ (effects - mean)
    return -0.5 * (np.linalg.slogdet(covariance)[1] + np.log(ones @ inverse @ ones) + rest)


def test_a_whole_province_against_others_of_its_size_is_a_test_of_province_means() -> None:
    """In a balanced panel t is Donald & Lang's: province means, and one degree of freedom less than other provinces."""
    codes = balanced()
    treated = codes[16:24]
    panel = sizeless(municipal_panel(codes, treated, shared=1.5, effect=2))
    change = panel.Y[:, 5:].mean(axis=1) - panel.Y[:, :5].mean(axis=1)
    means = np.delete(change.reshape(8, 8), 2, axis=0).mean(axis=1)
    # Each comparison is itself compared with the 55 others only, which makes it vary that much more.
    error = means.std(ddof=1) * np.sqrt(1 + 1 / 7) * 56 / 55
    how = regional(did(panel, weights="units"))
    assert how.df == pytest.approx(6, rel=1e-3)
    assert how.sd == pytest.approx(error, rel=1e-3)
    assert how.p == pytest.approx(2 * stats.t.sf((change[16:24].mean() - means.mean()) / error, 6), rel=0.02)


def test_components_are_those_of_nlme() -> None:
    """Restricted maximum likelihood with seven provinces of uneven size."""
    frame, stored = pd.read_csv(ORACLES / "provinces.csv"), pd.read_csv(ORACLES / "nlme.csv").iloc[0]
    found = spread(frame["z"].to_numpy(), np.zeros(len(frame)), frame["province"].to_numpy())
    assert found.own == pytest.approx(stored["own"], rel=0.005)
    assert found.shared == pytest.approx(stored["shared"], rel=0.01)


def test_components_with_sizes_maximise_the_textbook_likelihood() -> None:
    """No ratio nearby fits better than the one found, by the dense formula."""
    rng = np.random.default_rng(5)
    province, q = rng.integers(0, 9, 80), rng.lognormal(0, 1, 80)
    effects = rng.normal(size=80) * np.sqrt(1 + 2 * q) + rng.normal(size=9)[province]
    found = spread(effects, q, province)
    best = dense_fit(effects, found.own * found.relative(q), province, found.shared)
    for size in (0.95, 1, 1.05):
        for shared in (0.9, 1, 1.1):
            own = found.own * (1 + found.size * size * q)
            assert dense_fit(effects, own, province, found.shared * shared) <= best + 0.01


def test_degrees_of_freedom_without_provinces_are_those_of_a_variance() -> None:
    """A single variance of 40 units has 39 degrees of freedom."""
    effects, alone = np.random.default_rng(1).normal(size=40), np.arange(40)
    found = spread(effects, np.zeros(40), alone)
    variance, df = satterthwaite(found, (0.1, 0.0), uncertainty(found, np.zeros(40), np.zeros(40, dtype=int)))
    assert variance == pytest.approx(0.1 * effects.var(ddof=1))
    assert df == pytest.approx(39, rel=1e-6)


def test_a_shared_shock_widens_the_interval_and_costs_degrees_of_freedom() -> None:
    """Where provinces share shocks a regional trial is known no better with more municipalities."""
    calm, shaken = (regional(did(municipal_panel(ALL, network(), shared=shared))) for shared in (0.0, 1.0))
    assert shaken.sd > 1.5 * calm.sd
    assert shaken.df < 20 < calm.df
    assert shocks(did(municipal_panel(ALL, network(), shared=1.0))).provinces == 10


def test_within_a_province_the_shock_cancels() -> None:
    """Comparing two municipalities with the other nine of the region leaves no shared part."""
    panel = replace(municipal_panel(ALL, (851, 820), shared=3.0), periods=tuple(map(str, range(2016, 2024))))
    near = within_region(panel, trial="rehab_jaf", pre=("2016", "2020"), post=("2021", "2023")).panel
    assert set(near.units) == set(network())
    assert shocks(did(near, weights="units")).shared == 0
    assert regional(did(near, weights="units")).sd < 1


def test_an_effect_moves_everything_by_itself() -> None:
    """Adding ten to the treated adds ten to both ends, and nothing else changes."""
    without, added = (regional(did(municipal_panel(ALL, (851, 820), shared=1.0, effect=by))) for by in (0.0, 10.0))
    assert added.low - without.low == pytest.approx(10)
    assert added.at_most - without.at_most == pytest.approx(10)
    assert added.sd == pytest.approx(without.sd)


def test_small_units_vary_more_and_the_known_variance_says_how_much() -> None:
    """With the variance inside cells known, its shape is used; with sizes only, one over the size."""
    panel = municipal_panel(ALL, (851,))
    by_size = imprecision(did(panel))
    assert by_size[ALL.index(825)] / by_size[ALL.index(851)] == pytest.approx(215_300 / 1_800)
    known = imprecision(did(replace(panel, var=np.where(np.array(ALL)[:, None] == 825, 4.0, 1.0) * np.ones((98, 8)))))
    assert known[ALL.index(825)] / known[ALL.index(851)] == pytest.approx(4 * 215_300 / 1_800)


def test_a_small_treated_unit_is_held_against_its_like() -> None:
    """Where noise falls with size, Læsø's placebos are made wider than Aalborg's."""
    panel = municipal_panel(ALL, (825,))
    noisy = replace(panel, Y=panel.Y * np.sqrt(40_000 / panel.n))
    small, large = (placebo(did(noisy.treating([code], 5), weights="units")) for code in (825, 851))
    assert small.sd > 5 * large.sd


@pytest.mark.parametrize(("treated", "asked"), [((851,), 2), ((851, 461), 2), ((851, 820), 3), (network(), 3)])
def test_infer_asks_every_method_and_takes_the_largest_p(treated: tuple[int, ...], asked: int) -> None:
    """The answer is the most careful of the parts, and says which table row it stands on."""
    how = infer(did(municipal_panel(ALL, treated, shared=0.5)), draws=499)
    assert len(how.parts) == asked
    assert how.p == max(each.p for each in how.parts)
    assert how.low == min(each.low for each in how.parts)
    assert how.at_most == max(each.at_most for each in how.parts)
    assert how.smallest_detectable == max(each.smallest_detectable for each in how.parts)
    assert "false alarms at 5 %" in how.why
    assert how.draws.size


def test_a_component_below_zero_never_makes_infer_narrower_than_scattered_placebos() -> None:
    """Where provinces happen to differ little the shock alone would say too much: scattered placebos are asked too."""
    effects = [did(municipal_panel(ALL, network(), seed=seed), weights="units") for seed in range(12)]
    below = [each for each in effects if shocks(each).shared < 0]
    narrow = [each for each in below if regional(each).high < placebo(each, 499).high]
    assert narrow
    for each in narrow:
        how, apart = infer(each, 499), placebo(each, 499)
        assert how.low <= apart.low < apart.high <= how.high


def test_infer_recommends_the_comparison_within_the_region_by_name() -> None:
    """Where untreated municipalities of the province are there, the design that avoids the shock is named."""
    why = infer(did(municipal_panel(ALL, (851, 820))), draws=99).why
    assert "9 comparison units lie in Nordjylland: within_region compares with them" in why
    assert "within_region" not in infer(did(municipal_panel(ALL, network())), draws=99).why


def test_where_no_method_holds_nothing_is_excluded() -> None:
    """Two neighbours against two municipalities of one other province: every effect is possible, whatever the data."""
    how = infer(did(municipal_panel((851, 820, 101, 147, 400), (851, 820), effect=50.0)), draws=99)
    assert how.method == "none"
    assert (how.low, how.high, how.p, how.smallest_detectable) == (-np.inf, np.inf, 1.0, np.inf)
    assert how.why.startswith("No method is known to hold its level here.")


def test_units_that_are_no_municipalities_are_scattered() -> None:
    """Of counties or schools it is not known who borders whom, and the answer says so."""
    how = infer(did(made_panel(units=30)), draws=999)
    assert how.method == "scattered"
    assert "not known" in how.why


def test_every_set_has_exactly_one_row_of_the_table() -> None:
    """One to 98 treated, together or apart, of even or uneven size; each rate with its error."""
    for treated in range(1, 99):
        for lie in ("together", "apart") if treated > 1 else ("apart",):
            for sizes in ("even", "uneven") if treated > 1 else ("even",):
                rows = [each for each in methods() if each.fewest <= treated <= each.most]
                assert sum((each.lie, each.sizes) == (lie, sizes) for each in rows) == 1
    assert all(0 < each.simulated < 1 and each.simulated_error > 0 for each in methods())


@pytest.mark.slow
def test_the_level_is_kept_where_provinces_share_shocks() -> None:
    """Eleven treated in one province, nothing happening: infer is wrong in about 5 %, scattered placebos more."""
    alarms = []
    for seed in range(120):
        how = infer(did(municipal_panel(ALL, network(), shared=0.6, seed=seed), weights="units"), draws=99)
        alarms.append([how.p <= 0.05, how.parts[0].p <= 0.05])
    chosen, scattered = np.mean(alarms, axis=0)
    assert chosen <= 0.09  # 5 % and two Monte-Carlo errors
    assert scattered >= 0.15


def test_what_cannot_be_known_is_refused() -> None:
    """Unknown places, too few provinces, and a province without comparisons."""
    with pytest.raises(BadDesign, match="no municipality codes"):
        regional(did(made_panel()))
    with pytest.raises(BadDesign, match="no municipality codes"):
        placebo(did(made_panel()), scheme="contiguous")
    with pytest.raises(BadDesign, match="at least 4"):
        regional(did(municipal_panel((*network(), 101, 147, 461, 479), network())))
    with pytest.raises(BadDesign, match="between 0 and 1"):
        regional(did(municipal_panel(ALL, network())), level=1.5)
