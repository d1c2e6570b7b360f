from dataclasses import replace

import pytest

from frikommune.claims import (
    contradictions,
    ledger,
    load_claims,
    smallest_sample,
    unit_price,
    uses,
    wilson,
    worst_case,
)  # fmt: skip
from frikommune.trials import load_trials


def entry(key: str):
    claim = load_claims()[key]
    return next(each for each in ledger(claim.trial) if each.claim.key == key)


def percents(key: str) -> list[tuple[float, int, int]]:
    """Return the shares that a claim can mean: percent, and the ends of their intervals."""
    return [(round(100 * s.k / s.n, 1), round(100 * s.low), round(100 * s.high)) for s in entry(key).shares]


def test_mikrolaan_fits_ten_of_21_and_not_ten_of_13() -> None:
    """10 of 13 is 76.9 % (50-92) and 10 of 21 is 47.6 % (28-68): "around 50 %" can only be the second."""
    assert percents("mikrolaan.selvforsoergende") == [(76.9, 50, 92), (47.6, 28, 68)]
    assert percents("mikrolaan.selvforsoergende_pct") == [(47.6, 28, 68)]
    low, high = load_claims()["mikrolaan.selvforsoergende_pct"].range
    assert low <= 100 * 10 / 21 <= high
    assert not low <= 100 * 10 / 13 <= high


def test_uddannelse_is_recomputed() -> None:
    """9, 13 and 12 of 25."""
    assert percents("uddannelse.ordinaer_beskaeftigelse") == [(36.0, 20, 55)]
    assert percents("uddannelse.voksenlaerling") == [(16.0, 6, 35), (52.0, 33, 70)]
    assert percents("uddannelse.fortsat_ledige") == [(48.0, 30, 67)]
    assert [each.k for each in entry("uddannelse.voksenlaerling").shares] == [4, 13]


def test_ivaerksaetteri_has_worst_case_bounds_for_the_16_unknown() -> None:
    """15 and 10 of the first 30: among all 46 the share lies anywhere from 33 to 67 and from 22 to 57 %."""
    out, own = (
        entry(f"ivaerksaetteri_dimittender.{key}").shares[0]
        for key in ("ude_af_forsoergelse_pct", "i_gang_egen_virksomhed_pct")
    )
    assert (out.k, out.n, own.k, own.n) == (15, 30, 10, 30)
    assert (out.worst, out.best) == (pytest.approx(15 / 46), pytest.approx(31 / 46))
    assert (own.worst, own.best) == (pytest.approx(10 / 46), pytest.approx(26 / 46))


def test_rehab_jaf_and_mentor_are_recomputed() -> None:
    """1,200 of 1,500 is 80 %, 66 of 78 is 85 %, and 39 % of 31 cases would be 12."""
    assert percents("rehab_jaf.fritaget_pct")[0][0] == 80.0
    assert percents("mentor.anvendt_jammerbugt")[0][0] == 84.6
    judged = entry("revalidering_bevilling.forlaenget_udredning_pct").shares[0]
    assert (judged.k, judged.n) == (12, 31)
    assert round(0.39 * 31, 1) == 12.1


@pytest.mark.parametrize(
    ("key", "value", "low", "high"),
    [
        ("laegeattest_sdp.besparelse_kr", 1058.82, 3_550_000 / 3450, 3_650_000 / 3350),
        ("revalidering_bevilling.besparelse_kr", 1677.42, 51_500 / 31, 52_500 / 31),
        ("rehab_laegeattest.besparelse_kr", 1750.00, 1_350_000 / 850, 1_400_000 / 750),
    ],
)
def test_the_price_of_a_certificate_has_the_range_that_rounding_allows(
    key: str, value: float, low: float, high: float
) -> None:
    """About 3.6 million for about 3,400; 52,000 for exactly 31; just under 1.4 million for about 800."""
    price = entry(key).price
    assert price is not None
    assert (round(price.value, 2), price.low, price.high) == (value, pytest.approx(low), pytest.approx(high))


def test_the_certificates_do_not_add_up() -> None:
    """Three known savings come to 5,052,000 kr; the slides say 12.2 million, and both say so of each other."""
    total = entry("general.laegeattest_besparelse_total")
    assert total.parts == 5_052_000
    assert total.claim.value == 12_200_000
    assert "attestbesparelse_i_alt" in {each.key for each in total.contradictions}
    assert "general.laegeattest_besparelse_total" in load_claims()["laegeattest_sdp.besparelse_kr"].contradicts


def test_three_survey_shares_need_137_answers_together() -> None:
    """86.1, 91.2 and 82.5 % need 36, 34 and 40 answers alone, and 137 if they come from one survey."""
    keys = ["rehab_laegeattest.aarsag_afdaekket_pct", "rehab_laegeattest.tid_afkortet_pct", "rehab_jaf.bedre_tid_pct"]
    assert [entry(key).answers for key in keys] == [36, 34, 40]
    assert {entry(key).answers_together for key in keys} == {137}


def test_trials_never_used_are_known() -> None:
    """One trial was never used; Jammerbugt and Frederikshavn had not used theirs."""
    assert [key for key in load_trials() if uses(key) == 0] == ["forholdstal_ledighedsydelse"]
    assert load_claims()["ressourceforloeb_forlaengelse.ikke_anvendt"].value == 0
    assert load_claims()["ivaerksaetteri_dimittender.frederikshavn_ikke_anvendt"].value == 0
    assert (uses("ressourceforloeb_forlaengelse"), uses("loentilskud_jobrotation"), uses("mentor")) == (8, 70, 78)
    assert uses("integration_kontakt") is None


def test_nine_outcome_numbers_in_three_trials_and_none_above_grade_two() -> None:
    """Of all published facts nine are outcomes, and nothing published has a comparison group."""
    outcomes = [each for each in load_claims().values() if each.kind == "outcome"]
    assert len(outcomes) == 9
    assert {each.trial for each in outcomes} == {"uddannelse", "mikrolaan", "ivaerksaetteri_dimittender"}
    assert max(each.grade for each in load_claims().values()) == 2


def test_contradictions_are_mutual() -> None:
    """A claim that contradicts another is contradicted by it, and both stand in the same entry."""
    known = load_claims()
    for each in known.values():
        for other in each.contradicts:
            assert each.key in known[other].contradicts
            assert any({each.key, other} <= set(entry.claims) for entry in contradictions())
    assert all(key in known for each in contradictions() for key in each.claims)


def test_every_claim_says_what_in_both_languages() -> None:
    """Nothing published is left without words, document or heading."""
    for each in load_claims().values():
        assert each.text_da
        assert each.text_en
        assert each.heading_da
        assert bool(each.note_da) == bool(each.note_en)


def test_wilson_agrees_with_the_published_example() -> None:
    """Newcombe (1998), Stat. Med. 17, 857, table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 to 0.1611."""
    assert wilson(81, 263) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    assert wilson(0, 20) == (0.0, pytest.approx(0.1611, abs=5e-5))


def test_bounds_hold_every_completion() -> None:
    """Whatever the unknown did, the share lies between the bounds, and both ends can be reached."""
    low, high = worst_case(15, 30, 46)
    shares = [(15 + more) / 46 for more in range(17)]
    assert (min(shares), max(shares)) == (pytest.approx(low), pytest.approx(high))


def test_smallest_sample_is_the_smallest() -> None:
    """A brute search over every count finds no smaller number of answers."""
    for share in (86.1, 91.2, 82.5, 33.3):
        n = smallest_sample([(share, 0.1)])
        fits = [m for m in range(1, n + 1) if any(abs(100 * k / m - share) <= 0.05 + 1e-9 for k in range(m + 1))]
        assert fits == [n]


def test_a_price_of_what_is_no_number_is_refused() -> None:
    """A statement without a number has no price."""
    saving = load_claims()["laegeattest_sdp.besparelse_kr"]
    with pytest.raises(ValueError, match="no number"):
        unit_price(saving, replace(saving, value=None))
