from dataclasses import replace

import numpy as np
import pytest
from conftest import made_panel

from frikommune import sections
from frikommune.compare import did
from frikommune.errors import BadData, UnknownName
from frikommune.inference import infer
from frikommune.savings import (
    Input,
    avoided_by,
    certificate_trials,
    counted_uses,
    gap,
    published_inputs,
    published_saving,
    saving,
    shipped_inputs,
    total,
)
from frikommune.words import LANGUAGES


def fixed(key: str, value: float) -> Input:
    """Return an input without a range."""
    return replace(shipped_inputs()["minutes"], key=key, low=value, likely=value, high=value)


def nothing_instead(**others: Input) -> dict[str, Input]:
    """Return inputs by which a certificate left out costs nothing."""
    free = {key: fixed(key, 0.0) for key in ("replaced", "meetings", "minutes")}
    return {**free, "additional": fixed("additional", 1.0), **others}


# --- Claims --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "amount", "count", "price"),
    [
        ("laegeattest_sdp", 3_600_000, 3400, 1058.82),
        ("rehab_laegeattest", 1_400_000, 800, 1750.0),
        ("revalidering_bevilling", 52_000, 31, 1677.42),
    ],
)
def test_the_published_savings_are_count_times_price(key: str, amount: float, count: float, price: float) -> None:
    """Each published amount is its count times the price that the two imply, and the gross saving gives it back."""
    found = published_saving(key)
    assert (found.saving.value, found.count.value) == (amount, count)
    assert found.price.value == pytest.approx(price, abs=0.01)
    assert saving(*published_inputs(key)).gross == pytest.approx(amount)


def test_the_implied_price_lies_between_the_agreed_fees_around_it() -> None:
    """LÆ285 at 1,029 to 1,090 lies between the fees of 2015 and 2021; both LÆ265 lie above the fee of 2013."""
    low, high = (each.amount for each in published_saving("laegeattest_sdp").fees)
    price = published_saving("laegeattest_sdp").price
    assert low < price.low < price.high < high
    for key in ("revalidering_bevilling", "rehab_laegeattest"):
        assert published_saving(key).fees[0].amount < published_saving(key).price.low


def test_the_two_prices_of_one_certificate_can_be_equal() -> None:
    """LÆ265 is priced at 1,677 and 1,750: within rounding they may be one price."""
    one, other = (published_saving(key).price for key in ("revalidering_bevilling", "rehab_laegeattest"))
    assert other.low < one.low < one.high < other.high


def test_the_parts_are_not_the_total() -> None:
    """Three trials of four come to 5,052,000; the total of 12.2 million is 7.0 to 7.3 million more."""
    found = gap()
    assert found.parts == 5_052_000
    assert found.difference == 7_148_000
    assert (found.low, found.high) == (7_047_500, 7_298_500)
    assert (found.named, found.claimed) == (3, 4)


def test_time_alone_does_not_close_the_gap() -> None:
    """Carried on to the slides at their own pace the parts leave some 3 million, and cut at the law some 5 million."""
    found = gap()
    assert found.unexplained == pytest.approx(3_101_000, abs=1000)
    assert found.unexplained_by_trials == pytest.approx(4_815_000, abs=1000)
    cut = {each.trial: each.until.isoformat() for each in found.to_law}
    assert cut["laegeattest_sdp"] == "2019-12-31"


def test_net_is_gross_less_what_comes_instead() -> None:
    """A hundred certificates of 1,000, half replaced at 400, 66 minutes of work a case at 300 an hour."""
    inputs = {
        "additional": fixed("additional", 0.8), "replaced": fixed("replaced", 0.5),
        "replacement": fixed("replacement", 400.0), "meetings": fixed("meetings", 0.1),
        "meeting_minutes": fixed("meeting_minutes", 360.0), "minutes": fixed("minutes", 30.0),
        "hour": fixed("hour", 300.0),
    }  # fmt: skip
    found = saving(fixed("uses", 100.0), fixed("price", 1000.0), inputs=inputs)
    expected = 80 * (1000 - 200) - 100 * (36 + 30) / 60 * 300
    assert (found.gross, found.net, found.low, found.high) == pytest.approx((100_000, expected, expected, expected))


def test_a_range_is_carried_through() -> None:
    """With only the price uncertain, the range is that of its triangle, and the tornado has one bar."""
    price = replace(fixed("price", 1000.0), low=800.0, high=1200.0)
    found = saving(fixed("uses", 10.0), price, inputs=nothing_instead(), draws=200_000)
    far = 200 * (1 - np.sqrt(0.05))  # the central 95 % of a symmetric triangle
    assert (found.low, found.high) == pytest.approx((10_000 - 10 * far, 10_000 + 10 * far), rel=2e-3)
    assert found.swings[0].about.key == "price"
    assert (found.swings[0].at_low, found.swings[0].at_high) == (8000, 12_000)
    assert {each.width for each in found.swings[1:]} == {0.0}


def test_the_widest_swing_comes_first() -> None:
    """The tornado is in order, and every input is in it."""
    found = saving(*published_inputs("laegeattest_sdp"))
    widths = [each.width for each in found.swings]
    assert widths == sorted(widths, reverse=True)
    assert len(widths) == len(shipped_inputs()) + 2


def test_a_design_s_estimate_takes_the_place_of_the_count() -> None:
    """Certificates avoided are the fall that a comparison does not explain, whatever exemptions were counted."""
    effect = did(made_panel(units=20, treated=4, effect=-2.0))
    avoided = avoided_by(effect, infer(effect, 999), cases=100)
    assert avoided.likely == pytest.approx(-100 * effect.value)
    assert avoided.low < avoided.likely < avoided.high
    found = saving(fixed("uses", 10_000.0), fixed("price", 1.0), avoided=avoided, inputs=nothing_instead())
    assert found.net == pytest.approx(avoided.likely)
    assert (found.low, found.high) == pytest.approx((avoided.low, avoided.high), rel=0.05)
    assert "additional" not in {each.key for each in found.inputs}


def test_what_trials_share_moves_in_all_of_them() -> None:
    """The hourly cost is one number: the range of a sum is wider than that of independent parts."""
    parts = [saving(*published_inputs(key)) for key in certificate_trials()]
    found = total(parts)
    assert found.gross == pytest.approx(5_052_000)
    alone = np.sqrt(sum(each.draws.var() for each in parts))
    assert found.draws.std() > 1.1 * alone


def test_what_is_ours_is_marked() -> None:
    """Every input that no document gives says so, and every input has both languages."""
    ours = {key for key, each in shipped_inputs().items() if each.ours}
    assert ours == {"additional", "replaced", "meetings", "minutes", "hour"}
    assert all(each.source_da and each.source_en and each.label_da for each in shipped_inputs().values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_savings_page_says_what_was_reckoned(lang: str) -> None:
    """Tables and sentences hold the numbers themselves, in the language's own way, and mark what is ours."""
    found = sections.published_savings_net(draws=2000, seed=1)
    words = str(sections.savings_gap(lang))
    assert ("5.052.000" if lang == "da" else "5,052,000") in words
    assert ("12,2" if lang == "da" else "12.2") in words
    assert len(sections.savings_published(lang).rows) == 3
    assert len(sections.savings_net(found, lang).rows) == 4
    assert len(sections.savings_swings(found, "rehab_laegeattest", lang).rows) == 9
    marked = [row for row in sections.savings_inputs(found, "rehab_laegeattest", lang).rows if "Vores valg" in row[3]]
    assert len(marked) == (5 if lang == "da" else 0)
    with pytest.raises(UnknownName, match="priced certificates"):
        sections.savings_swings(found, "mentor", lang)


# --- Invariances ---------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_saving_and_prices_scale_it() -> None:
    """Nothing is left to chance, and in a currency of a tenth the saving is ten times the number."""
    uses = counted_uses(100, 90, 110, source_da="x", source_en="x")
    price = replace(fixed("price", 1000.0), low=900.0, high=1100.0)
    first, second = (saving(uses, price, inputs=nothing_instead()) for _ in range(2))
    assert (first.draws == second.draws).all()
    tenfold = replace(price, low=9000.0, likely=10_000.0, high=11_000.0)
    assert saving(uses, tenfold, inputs=nothing_instead()).net == pytest.approx(10 * first.net)


# --- Refusals ------------------------------------------------------------------------------------------------------


def test_unknown_inputs_and_trials_are_refused() -> None:
    """The message names what was not known."""
    with pytest.raises(BadData, match="wage is no input"):
        saving(fixed("uses", 1.0), fixed("price", 1.0), inputs={"wage": fixed("wage", 1.0)})
    with pytest.raises(UnknownName, match="priced certificates"):
        published_saving("psykolog")
    with pytest.raises(BadData, match="at least one part"):
        total([])


def test_a_range_that_is_none_is_refused() -> None:
    """The likeliest value lies within its range, and an open interval is not carried through."""
    with pytest.raises(BadData, match="outside its range"):
        replace(fixed("price", 1.0), high=0.5)
    effect = did(made_panel(units=20, treated=4))
    how = replace(infer(effect, 999), low=float("-inf"))
    with pytest.raises(BadData, match="open"):
        avoided_by(effect, how, cases=100)
