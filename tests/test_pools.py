from dataclasses import replace

import numpy as np
import pytest

from frikommune import Panel, did, pool, within_region
from frikommune.compare.pools import NEAREST
from frikommune.errors import BadDesign, UnknownName
from frikommune.municipalities import municipalities, network

AALBORG, REBILD, JAMMERBUGT, SKIVE, AABENRAA = 851, 840, 849, 779, 580
PERIODS = tuple(f"{year}Q{quarter}" for year in range(2015, 2020) for quarter in range(1, 5))
WINDOW = {"trial": "laegeattest_sdp", "pre": ("2016Q1", "2017Q2"), "post": ("2018Q1", "2019Q4")}


def danish(*treated: int, seed: int = 1) -> Panel:
    """Make a panel of the 98 municipalities by quarter, with a start in the third quarter of 2017."""
    codes = tuple(municipalities())
    values = np.random.default_rng(seed).normal(size=(98, 20))
    people = np.repeat([[float(each.population)] for each in municipalities().values()], 20, axis=1)
    start = np.where(np.isin(codes, treated), PERIODS.index("2017Q3"), 20)
    return Panel(values, people, np.full((98, 20), np.nan), codes, PERIODS, start)


def compared(chosen) -> set[int]:
    return {code for code, treated in zip(chosen.panel.units, chosen.panel.treated, strict=True) if not treated}


def test_all_is_everybody_outside_the_network_without_waivers_of_their_own() -> None:
    """87 municipalities lie outside the network; Aabenraa held a dispensation of its own, and is named."""
    chosen = pool(danish(AALBORG), "all", **WINDOW)
    assert len(compared(chosen)) == 86
    assert list(chosen.contaminated) == [AABENRAA]
    assert set(chosen.network) == set(network()) - {AALBORG}


def test_who_is_contaminated_depends_on_trial_and_window() -> None:
    """Before its dispensation, or for another trial, Aabenraa is clean; a window from 2015 meets the first trials."""
    early = pool(danish(AALBORG), "all", trial="laegeattest_sdp", pre=("2016Q1", "2017Q2"), post=("2018Q1", "2018Q4"))
    assert AABENRAA in compared(early)
    other = pool(danish(AALBORG), "all", trial="mikrolaan", pre=("2016Q1", "2017Q2"), post=("2018Q1", "2019Q4"))
    assert not other.contaminated
    longer = pool(danish(AALBORG), "all", trial="mikrolaan", pre=("2015Q1", "2017Q2"), post=("2018Q1", "2019Q4"))
    assert {event.key for event in longer.contaminated.values()} == {"fk1"}


def test_the_region_holds_those_who_did_not_take_part() -> None:
    """All of North Jutland is in the network; those outside this trial share its shocks."""
    chosen = within_region(danish(AALBORG, REBILD), **WINDOW)
    assert compared(chosen) == set(network()) - {AALBORG, REBILD}
    assert compared(chosen) == compared(pool(danish(AALBORG, REBILD), "region", **WINDOW))


def test_neighbours_touch_a_treated_municipality() -> None:
    """Aalborg borders on Jammerbugt and Rebild, in the network or not, and not on Skive."""
    chosen = compared(pool(danish(AALBORG), "neighbours", **WINDOW))
    assert chosen == set(municipalities()[AALBORG].neighbours)
    assert {REBILD, JAMMERBUGT} <= chosen
    assert SKIVE not in chosen


def test_the_same_group_is_that_of_statistics_denmark() -> None:
    """Aalborg is one of the large cities."""
    chosen = compared(pool(danish(AALBORG), "same group", **WINDOW))
    assert {municipalities()[code].group for code in chosen} == {municipalities()[AALBORG].group}
    assert not chosen & set(network())


def test_the_nearest_are_those_with_the_smallest_distance_before_the_start() -> None:
    """Distances over the periods before, and no others, to the treated municipalities' mean."""
    panel = danish(AALBORG, REBILD)
    chosen = pool(panel, "nearest", nearest=5, **WINDOW)
    before = panel.Y[:, 4:10]
    distance = ((before - before[panel.treated].mean(axis=0)) ** 2).mean(axis=1)
    out = np.isin(panel.units, [*network(), AABENRAA])
    assert compared(chosen) == {panel.units[row] for row in np.argsort(np.where(out, np.inf, distance))[:5]}
    after = panel.Y.copy()
    after[:, 10:] *= -7
    assert compared(pool(panel.holding(after), "nearest", nearest=5, **WINDOW)) == compared(chosen)
    assert len(compared(pool(panel, "nearest", **WINDOW))) == NEAREST


def test_a_pool_is_a_panel_for_any_design() -> None:
    """The effect against a pool is the effect on its panel."""
    chosen = pool(danish(AALBORG), "same group", **WINDOW)
    assert np.isfinite(did(chosen.panel, WINDOW["pre"], WINDOW["post"]).value)
    assert repr(chosen).startswith("Pool 'same group'")


def test_the_order_of_municipalities_does_nothing() -> None:
    """Pools are sets."""
    panel = danish(AALBORG)
    order = np.random.default_rng(1).permutation(98)
    for kind in ("all", "same group", "neighbours", "region", "nearest"):
        assert compared(pool(panel.take(order), kind, **WINDOW)) == compared(pool(panel, kind, **WINDOW))


def test_pools_that_cannot_be_made_are_refused() -> None:
    """A word that is no pool, units that are no municipalities, nobody treated, or nobody left."""
    panel = danish(AALBORG)
    with pytest.raises(UnknownName, match="nearest"):
        pool(panel, "neerest", **WINDOW)
    with pytest.raises(BadDesign, match="1 units of the panel are no municipality"):
        pool(replace(panel, units=(7, *panel.units[1:])), "all", **WINDOW)
    with pytest.raises(BadDesign, match="0 units are treated"):
        pool(danish(), "all", **WINDOW)
    with pytest.raises(BadDesign, match="no clean comparison"):
        within_region(danish(*network()), **WINDOW)
