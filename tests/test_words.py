import re
from datetime import date
from pathlib import Path

import nbformat
import pytest

import frikommune
from frikommune.claims import load_claims
from frikommune.errors import UnknownName
from frikommune.shipped import ROOT
from frikommune.trials import load_trials
from frikommune.words import (
    LANGUAGES,
    counted,
    day,
    formula,
    language,
    listed,
    month,
    number,
    of,
    percent,
    phrases,
    say,
    small,
    span,
    uncapital,
)

PACKAGE = Path(frikommune.__file__).parent
GAP = re.compile(r"\{(\w+)\}")

# Keys that are put together from a value: a kind of verdict, a theme, a unit, a rounding.
MADE = (
    "verdict_", "reason_", "theme_", "unit_", "rounded_", "ledger_", "outcomes_", "uses_", "opinions_", "meant_",
    "advice_", "index_", "origin_", "way_", "lying_",
    "part_", "path_", "curve_", "forest_", "trials_", "needed_",
    "municipalities_", "said_rest_", "not_shown_others_", "limit_others_",
    "followed_", "defined_", "measure_", "group_", "exit_", "hazard_",
    "savings_unit_",
)  # fmt: skip


def used_in_code() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    notebooks = [nbformat.read(path, as_version=4) for path in (ROOT / "notebooks").glob("*.ipynb")]
    cells = [cell for each in notebooks for cell in each.cells if cell.cell_type == "markdown"]
    headings = {cell.id.replace("-", "_") for cell in cells}
    return set(re.findall(r'"(\w+)"', text)) | headings


def test_every_phrase_is_in_both_languages_with_the_same_gaps() -> None:
    """Nothing is untranslated, and no number is lost on the way."""
    for key, texts in phrases().items():
        assert set(texts) == set(LANGUAGES), key
        assert GAP.findall(texts["da"]) != [] or not GAP.findall(texts["en"]), key
        assert set(GAP.findall(texts["da"])) == set(GAP.findall(texts["en"])), key


def test_no_phrase_is_unused() -> None:
    """A phrase that nothing says is taken out."""
    used = used_in_code()
    assert not [key for key in phrases() if key not in used and not key.startswith(MADE)]


def test_no_phrase_is_missing() -> None:
    """Every unit, theme, kind and rounding that the data can hold has its words."""
    known = set(phrases())
    claims = [each for each in load_claims().values() if each.kind != "rule"]
    assert {f"unit_{each.unit}" for each in claims if each.unit and each.value is not None} <= known
    assert {f"rounded_{each.rounding}" for each in claims if each.rounding not in ("exact", "nearest", "")} <= known
    assert {f"theme_{each.theme}" for each in load_trials().values()} <= known
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    assert set(re.findall(r'\bsay\(\s*"(\w+)"', source)) <= known
    assert {f"reason_{key}" for key in re.findall(r'\bReason\(\s*"(\w+)"', source)} <= known


def test_numbers_are_set_as_the_language_sets_them() -> None:
    """Decimal comma and thousands dot in Danish, a true minus, a plus for changes, and no minus zero."""
    assert number(-1234.5, "da", decimals=1) == "−1.234,5"
    assert number(1234.5, "en", decimals=1, signed=True) == "+1,234.5"
    assert number(-0.004, "da", decimals=2, signed=True) == "0,00"
    assert number(float("inf"), "da") == "∞"
    assert percent(0.476, "da") == "48 %"
    assert [small(p, "da") for p in (0.0213, 0.0999, 0.1, 0.37)] == ["0,021", "0,10", "0,10", "0,37"]
    assert small(0.0001, "da") == "< 0,001"


def test_dates_spans_and_lists_are_set_as_the_language_sets_them() -> None:
    """A Danish date has its dot, a Danish quarter its K, and a list its "og"."""
    assert day(date(2018, 1, 1), "da") == "1. januar 2018"
    assert span(("2015Q1", "2017Q2"), "da") == "2015K1–2017K2"
    assert span(("2019", "2019"), "en") == "2019"
    assert listed(["Aalborg", "Rebild", "Thisted"], "da") == "Aalborg, Rebild og Thisted"
    assert [counted("outcomes", n, "en") for n in (1, 3)] == ["one outcome number", "3 outcome numbers"]
    assert (month("2019-10", "da"), month("2019-10", "en")) == ("oktober 2019", "October 2019")
    assert [uncapital(text) for text in ("Ledighed", "CVR-nummer")] == ["ledighed", "CVR-nummer"]


def test_a_formula_is_mathml() -> None:
    """No TeX and no script is left on a page: browsers and screen readers read the formula themselves."""
    html = str(formula(r"\sum_{g} w_g", "da").html)
    assert "<math" in html
    assert "<munder" in html or "<msub>" in html
    assert "\\" not in html


def test_phrases_are_filled_and_attributes_chosen() -> None:
    """A gap that is not filled is a bug, not an empty space."""
    assert say("unit_percent", "da", value="80") == "80 %"
    assert of(load_trials()["mikrolaan"], "title", "da") == "Mikrolån"
    with pytest.raises(KeyError):
        say("unit_percent", "da")


def test_an_unknown_language_is_refused() -> None:
    """Pages are in Danish or English."""
    with pytest.raises(UnknownName, match="language"):
        language("de")


@pytest.mark.parametrize("word", ["significant", "signifikant", "***"])
def test_no_star_and_no_significance(word: str) -> None:
    """No phrase hides behind a star or a word that says less than the interval."""
    assert not [key for key, texts in phrases().items() if any(word in text.lower() for text in texts.values())]
