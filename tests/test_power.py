import numpy as np
import pytest
from conftest import made_panel, municipal_panel, sizeless
from scipy import stats

from frikommune import did, infer, municipalities_needed, placebo
from frikommune.errors import BadDesign, UnknownName
from frikommune.inference import DETECTABLE, critical, detectable, draw_sets, grow_sets, narrower, places, usable
from frikommune.municipalities import municipalities, network
from frikommune.power import reach, reaches, smallest_detectable

ALL = tuple(municipalities())


def test_under_normality_it_is_2_8_standard_errors() -> None:
    """Quantiles of the placebos give Bloom's multiple when the placebos are normal."""
    draws = stats.norm.ppf((np.arange(99_999) + 0.5) / 99_999)
    assert detectable(draws) == pytest.approx(DETECTABLE, rel=1e-3)
    assert detectable(draws, power=0.5) == pytest.approx(1.96, rel=1e-3)


def test_predicted_and_simulated_detectable_effects_agree() -> None:
    """The effect that simulation finds in 80 % of 20,000 panels lies within 5 % of the one predicted."""
    panels = [sizeless(made_panel(units=60, treated=4, seed=seed)) for seed in range(60)]
    inferences = [placebo(did(each, weights="units"), 499) for each in panels]
    critical = np.array([np.sort(np.abs(each.draws))[-25] for each in inferences])
    changes = np.random.default_rng(1).normal(size=(20_000, 60)) * np.sqrt(1 / 3 + 1 / 5)
    values = changes[:, :4].mean(axis=1) - changes[:, 4:].mean(axis=1)
    tried = np.linspace(0.5, 2.5, 401)
    found = [np.mean(values + effect > critical[np.arange(20_000) % 60]) for effect in tried]
    predicted = np.mean([each.smallest_detectable for each in inferences])
    assert predicted == pytest.approx(np.interp(0.8, found, tried), rel=0.05)


def test_placebos_of_many_treated_vary_more_than_their_estimate() -> None:
    """With 24 of 60 treated, placebo sets leave 12 to compare with where the estimate has 36: both are foreseen."""
    estimates = [did(sizeless(made_panel(units=60, treated=24, seed=seed)), weights="units") for seed in range(200)]
    placebos = [placebo(each, 499) for each in estimates[:40]]
    assert narrower(estimates[0]) == pytest.approx(np.sqrt((1 / 24 + 1 / 36) / (1 / 24 + 1 / 12)))
    seen = np.std([each.value for each in estimates]) / np.mean([each.sd for each in placebos])
    assert seen == pytest.approx(narrower(estimates[0]), rel=0.15)
    how = placebos[0]
    assert how.smallest_detectable == detectable(how.draws, narrower=narrower(estimates[0])) < detectable(how.draws)


def test_it_is_that_of_the_method_that_sees_least() -> None:
    """All methods that infer asks must find the effect, and an effect per use is larger by the uptake."""
    effect = did(municipal_panel(ALL, network(), shared=0.5))
    assert smallest_detectable(effect, draws=499) == pytest.approx(infer(effect, 499).smallest_detectable)
    assert smallest_detectable(effect, draws=499, uptake=0.1) == pytest.approx(
        10 * smallest_detectable(effect, draws=499)
    )
    assert smallest_detectable(effect, 0.9, draws=499) > smallest_detectable(effect, 0.8, draws=499)


def test_more_municipalities_see_less_only_where_they_lie_apart() -> None:
    """Scattered municipalities average their shocks out; neighbours share theirs, and 11 see little more than 5."""
    effect = did(municipal_panel(ALL, network(), shared=1.0), weights="units")
    apart, near = (
        [reach(effect, size, scheme=scheme) for size in (2, 5, 11)] for scheme in ("scattered", "contiguous")
    )
    assert apart[2] < 0.6 * apart[0]
    assert near[2] > 0.6 * near[0]
    assert all(one > other for one, other in zip(near, apart, strict=True))


def test_scattered_municipalities_are_asked_about_the_shock_of_their_provinces_too() -> None:
    """`infer` asks it wherever the treated lie; placebo sets alone promised that fewer would do."""
    effect = did(municipal_panel(ALL, (851,), shared=3.0), weights="units")
    rows, starts = usable(effect)
    sets = draw_sets(rows.size, 6, draws=1999, seed=1)
    alone = detectable(effect.design.replay(effect.panel.take(rows), sets, np.repeat(starts, 6)))
    assert reach(effect, 6) > alone


def test_all_that_infer_asks_must_find_the_effect_in_the_same_panel() -> None:
    """Of 20 scattered municipalities some touch, so that contiguous placebos are asked: 7 % too few were foreseen."""
    effect = did(municipal_panel(ALL, (851,)), weights="units")
    rows, starts = usable(effect)
    panel = effect.panel.take(rows)
    where = places(panel.units)
    assert where is not None
    sets = (draw_sets(97, 20, draws=1999, seed=1), grow_sets(where.touching, 20, draws=1999, seed=1))
    apart, near = (effect.design.replay(panel, each, np.repeat(starts, 20)) for each in sets)
    wide, narrow = (np.sqrt((1 / 20 + 1 / left) / (1 / 20 + 1 / 77)) for left in (58, 78))
    low, high = narrow * np.quantile(apart, [0.2, 0.8])
    needed = wide * max(critical(apart), critical(near))
    assert reach(effect, 20) == reach(effect, 20, scheme="scattered") == pytest.approx(needed + max(-low, high))


def test_the_number_needed_is_the_first_that_sees_the_effect() -> None:
    """One fewer would not have seen it, and an effect too small is seen by none."""
    effect = did(municipal_panel(ALL, network()), weights="units")
    needed = municipalities_needed(effect, 0.9)
    assert needed is not None
    assert reach(effect, needed) <= 0.9 < reach(effect, needed - 1)
    assert municipalities_needed(effect, 1e-6) is None
    assert (municipalities_needed(effect, 0.9, power=0.9) or 99) >= needed


def test_longer_windows_see_smaller_effects() -> None:
    """With independent periods three after the start see more than one."""
    effect = did(municipal_panel(ALL, network()), weights="units")
    table = {(each.municipalities, each.scheme, each.periods): each.detectable for each in reaches(
        effect, (2, 5), windows=((5, 5), (5, 7)))}  # fmt: skip
    assert len(table) == 8
    assert table[5, "scattered", 3] < table[5, "scattered", 1]
    assert reaches(effect, (2,))[0].periods == 3


def test_impossible_questions_are_refused() -> None:
    """A power of one, no uptake, more municipalities than there are, and unknown or impossible ways to lie."""
    effect = did(made_panel(units=30))
    with pytest.raises(BadDesign, match="between 0 and 1"):
        smallest_detectable(effect, 1.0)
    with pytest.raises(BadDesign, match="uptake of zero"):
        smallest_detectable(effect, uptake=0)
    with pytest.raises(BadDesign, match="between 1 and"):
        reach(effect, 27)
    with pytest.raises(BadDesign, match="no municipality codes"):
        reach(effect, 2, scheme="contiguous")
    with pytest.raises(UnknownName, match="scheme"):
        reach(effect, 2, scheme="near")
