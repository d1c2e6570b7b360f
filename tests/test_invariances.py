"""What must change an effect, and what must not, for every design on a panel and for matching and thresholds."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import made_panel
from hypothesis import given, settings
from hypothesis import strategies as st

from frikommune import Panel, before_after, did, event_study, match, sdid, synth, threshold, triple

# With fewer comparisons than periods before, nothing but sdid's tiny ridge would decide on the weights of the periods.
UNITS, PERIODS, START = 30, 24, 16
OTHER = made_panel(units=UNITS, periods=PERIODS, start=START, seed=77)
Design = Callable[[Panel], float]


def path_mean(panel: Panel) -> float:
    path = event_study(panel)
    return float(path.values[path.since >= 0].mean())


def third(panel: Panel) -> float:
    """Return the triple difference from another group, which stands in the same order of units."""
    rows = np.array([OTHER.units.index(unit) for unit in panel.units])
    return triple(panel, replace(OTHER.take(rows), start=panel.start)).value


DESIGNS: dict[str, Design] = {
    "did": lambda panel: did(panel).value,
    "did, last, units, anticipation": lambda p: did(p, base="last", weights="units", anticipation=2).value,
    "event study": path_mean,
    "synth": lambda panel: synth(panel).value,
    "sdid": lambda panel: sdid(panel).value,
    "triple": third,
    "before-after": lambda panel: before_after(panel).value,
}
BENT = [name for name in DESIGNS if name not in ("before-after", "sdid")]
LEVEL_FREE = [name for name in DESIGNS if name != "synth"]  # which matches levels
SCALED = [name for name in DESIGNS if name != "triple"]  # whose other group would have to be scaled with it

numbers = st.floats(-100, 100, allow_subnormal=False)
often = settings(max_examples=6, deadline=None)


def drawn(seed: int, first: int) -> Panel:
    """Make a panel in which two units start at 16, and one then or earlier."""
    start = np.array([first, START, START, *[PERIODS] * (UNITS - 3)])
    return replace(made_panel(units=UNITS, periods=PERIODS, start=START, seed=seed), start=start)


panels = st.builds(drawn, st.integers(0, 10_000), st.sampled_from([14, START]))


@pytest.mark.parametrize("name", BENT)
@often
@given(panel=panels, trend=st.lists(numbers, min_size=PERIODS, max_size=PERIODS))
def test_a_shared_trend_is_no_effect(name: str, panel: Panel, trend: list[float]) -> None:
    """Whatever happens to all units alike falls out of every comparison; before-after takes it for an effect."""
    moved = panel.holding(panel.Y + np.array(trend))
    assert DESIGNS[name](moved) == pytest.approx(DESIGNS[name](panel), abs=1e-7)


@often
@given(panel=panels, slope=numbers)
def test_a_straight_shared_trend_is_no_effect_for_sdid(panel: Panel, slope: float) -> None:
    """A bent one moves its ridge, which the paper takes from first differences around one mean of all periods."""
    moved = panel.holding(panel.Y + slope * np.arange(PERIODS))
    assert sdid(moved).value == pytest.approx(sdid(panel).value, abs=1e-7)


@pytest.mark.parametrize("name", LEVEL_FREE)
@often
@given(panel=panels, level=st.lists(numbers, min_size=UNITS, max_size=UNITS))
def test_what_a_unit_always_has_is_no_effect(name: str, panel: Panel, level: list[float]) -> None:
    """A level of its own changes no design but the synthetic control, which matches levels."""
    moved = panel.holding(panel.Y + np.array(level)[:, None])
    assert DESIGNS[name](moved) == pytest.approx(DESIGNS[name](panel), abs=1e-7)


@pytest.mark.parametrize("name", SCALED)
@often
@given(panel=panels, factor=st.floats(0.01, 1000))
def test_another_unit_of_measurement_scales_the_effect(name: str, panel: Panel, factor: float) -> None:
    """Days for weeks is seven times the effect."""
    scaled = DESIGNS[name](panel.holding(factor * panel.Y))
    assert scaled == pytest.approx(factor * DESIGNS[name](panel), abs=1e-7 * factor)


@pytest.mark.parametrize("name", DESIGNS)
@often
@given(panel=panels, effect=numbers)
def test_an_added_effect_comes_out_whole(name: str, panel: Panel, effect: float) -> None:
    """So much more in each treated unit from its start on is so much more effect."""
    after = np.arange(PERIODS) >= panel.start[:, None]
    more = DESIGNS[name](panel.holding(panel.Y + effect * after))
    assert more - DESIGNS[name](panel) == pytest.approx(effect, abs=1e-7)


@pytest.mark.parametrize("name", DESIGNS)
@often
@given(panel=panels, seed=st.integers(0, 10_000))
def test_the_order_of_units_is_nothing(name: str, panel: Panel, seed: int) -> None:
    """Units may stand in any order."""
    mixed = panel.take(np.random.default_rng(seed).permutation(UNITS))
    assert DESIGNS[name](mixed) == pytest.approx(DESIGNS[name](panel), abs=1e-7)


@pytest.mark.parametrize("name", [name for name in DESIGNS if name != "triple"])
@often
@given(panel=panels, seed=st.integers(0, 10_000))
def test_rows_and_labels_are_nothing(name: str, panel: Panel, seed: int) -> None:
    """Rows of a frame may stand in any order, and units and periods have any names that sort in time."""
    rng = np.random.default_rng(seed)
    names = rng.permutation([f"unit {at:02d}" for at in range(UNITS)])
    when = [f"{2015 + at // 4}Q{at % 4 + 1}" for at in range(PERIODS)]
    frame = pd.DataFrame(
        {
            "who": np.repeat(names, PERIODS),
            "when": when * UNITS,
            "y": panel.Y.ravel(),
            "people": panel.n.ravel(),
            "from": np.repeat([when[at] if at < PERIODS else None for at in panel.start], PERIODS),
        }
    )
    mixed = frame.sample(frac=1, random_state=seed)
    other = Panel.from_frame(mixed, unit="who", period="when", outcome="y", start="from", n="people")
    assert DESIGNS[name](other) == pytest.approx(DESIGNS[name](panel), abs=1e-7)


@pytest.mark.parametrize("name", DESIGNS)
@often
@given(panel=panels)
def test_a_panel_is_left_as_it_was(name: str, panel: Panel) -> None:
    """Estimating changes no number of the panel that it is given."""
    before = [np.array(getattr(panel, field)) for field in ("Y", "n", "var", "start")]
    DESIGNS[name](panel)
    for was, field in zip(before, ("Y", "n", "var", "start"), strict=True):
        np.testing.assert_array_equal(getattr(panel, field), was)


def people_of(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    stratum, taken = rng.integers(0, 4, 200), rng.integers(0, 2, 200)
    return pd.DataFrame({"stratum": stratum, "taken": taken, "y": rng.normal(size=200) + stratum})


def matched(people: pd.DataFrame) -> tuple[float, float]:
    held = people.groupby(["stratum", "taken"])["y"].agg(n="size", mean="mean", var="var").reset_index()
    before = held.copy()
    found = match(held, ["stratum"], taken="taken", n="n", mean="mean", var="var")
    pd.testing.assert_frame_equal(held, before)
    return found.value, found.se


@often
@given(
    seed=st.integers(0, 10_000),
    effect=numbers,
    factor=st.floats(0.01, 1000),
    shifts=st.lists(numbers, min_size=4, max_size=4),
)
def test_matching_moves_with_what_it_should(seed: int, effect: float, factor: float, shifts: list[float]) -> None:
    """Levels of strata, names and order are nothing; scale scales; an added effect comes out whole."""
    people = people_of(seed)
    value, se = matched(people)
    moved = people.assign(
        y=factor * (people.y + effect * people.taken + np.array(shifts)[people.stratum]),
        stratum=people.stratum.map(dict(enumerate("dbca"))),
    ).sample(frac=1, random_state=seed)
    assert matched(moved) == pytest.approx((factor * (value + effect), factor * se), abs=1e-9 * factor, rel=1e-7)


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), effect=st.floats(-10, 10), factor=st.floats(0.1, 10), shift=numbers)
def test_a_threshold_moves_with_what_it_should(seed: int, effect: float, factor: float, shift: float) -> None:
    """A level and the order of persons are nothing, scale scales, and an added jump comes out whole."""
    pytest.importorskip("rdrobust")
    rng = np.random.default_rng(seed)
    weeks = rng.uniform(6, 46, 1000)
    outcome = 0.02 * (weeks - 26) ** 2 + rng.normal(size=1000)
    first, order = threshold(outcome, weeks, 26.0), rng.permutation(1000)
    other = factor * (outcome + shift)
    kept = other.copy(), weeks.copy()
    assert threshold(other[order], weeks[order], 26.0).value == pytest.approx(factor * first.value, abs=1e-5)
    np.testing.assert_array_equal((other, weeks), kept)
    jumped = threshold(outcome + effect * (weeks >= 26), weeks, 26.0)
    assert jumped.bandwidth == pytest.approx(first.bandwidth, rel=1e-5)
    assert jumped.value - first.value == pytest.approx(effect, abs=1e-5)
