import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import frikommune as fk
from frikommune import figures
from frikommune.errors import BadData, BadDesign
from frikommune.gate import findings
from frikommune.municipalities import municipalities
from frikommune.power import Reach
from frikommune.words import number

ABOUT = figures.Subject("Uger på ydelse", "uger", 1, "Syntetiske tal", synthetic=True)
PERIODS = tuple(f"{year}Q{quarter}" for year in range(2015, 2020) for quarter in range(1, 5))
TREATED = (851, 813, 860)


@pytest.fixture(scope="module")
def answers() -> tuple[fk.Answer, ...]:
    return fk.trial_answers(fk.open_room(), fk.trial("formkrav_samtaler"), draws=199)


@pytest.fixture(scope="module")
def hidden() -> tuple[fk.Answer, ...]:
    return fk.trial_answers(fk.open_room(), fk.trial("uddannelse"), draws=199)


@pytest.fixture(scope="module")
def effect() -> fk.Estimate:
    """Three municipalities that rise by two weeks from 2018Q1 on, against the rest."""
    codes, noise = tuple(municipalities()), np.random.default_rng(1)
    start = np.where(np.isin(codes, TREATED), 12, len(PERIODS))
    outcome = 20 + noise.normal(0, 0.5, (len(codes), len(PERIODS)))
    outcome[start == 12, 12:] += 2
    people = np.array([[float(each.population)] * len(PERIODS) for each in municipalities().values()])
    return fk.did(fk.Panel(outcome, people, np.full(outcome.shape, np.nan), codes, PERIODS, start))


@pytest.fixture(scope="module")
def curve() -> fk.ReleasedCurve:
    left = np.array([[40] * 20, [20] * 20])
    at_risk = 2000 - np.concatenate([[0], np.cumsum(left.sum(axis=0))[:-1]])
    return fk.release_curve(at_risk, left)


@pytest.fixture(scope="module")
def every(
    answers: tuple[fk.Answer, ...], hidden: tuple[fk.Answer, ...], effect: fk.Estimate, curve: fk.ReleasedCurve
) -> dict[str, Callable[[str], figures.Figure]]:
    """Every kind of figure, in a language."""
    path = fk.event_study(effect.panel, base="all")
    band = fk.simultaneous_band(path, 199)
    chosen = fk.specification_curve(
        {"alle": effect.panel}, pre=[("2015Q1", "2017Q4"), ("2016Q1", "2017Q4")], post=[("2018Q1", "2019Q4")], draws=99
    )
    reaches = [Reach(size, scheme, 8, 3 / size**0.5) for scheme in ("scattered", "contiguous") for size in (1, 5, 20)]
    people = pd.Series(np.arange(98) % 20, index=pd.Index(list(municipalities()), name="kommune"))
    released = fk.release(fk.Counts("cases", people, of="cases"))
    return {
        "placebos": lambda lang: figures.placebos(answers, lang),
        "path": lambda lang: figures.path([(ABOUT, band)], lang),
        "against": lambda lang: figures.against([(ABOUT, effect)], lang),
        "country": lambda lang: figures.country(effect, ABOUT, lang),
        "people": lambda lang: figures.people(released, ABOUT, lang),
        "survival": lambda lang: figures.survival({"forsøg": curve, "andre": curve}, ABOUT, lang),
        "exits": lambda lang: figures.exits(curve, ["job", "andet"], ABOUT, lang),
        "specifications": lambda lang: figures.specifications(chosen, ABOUT, lang),
        "forest": lambda lang: figures.forest({"et forsøg": answers[1], "et andet": hidden[1]}, lang),
        "needed": lambda lang: figures.needed(reaches, 1.0, ABOUT, lang),
    }


KINDS = (
    "placebos", "path", "against", "country", "people", "survival", "exits", "specifications", "forest", "needed",
)  # fmt: skip


@pytest.fixture(scope="module")
def drawn(every: dict[str, Callable[[str], figures.Figure]]) -> dict[str, figures.Figure]:
    return {kind: draw("da") for kind, draw in every.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_drawing_carries_its_words(drawn: dict[str, figures.Figure], kind: str) -> None:
    """The SVG has a role, a title and a description; text is text; made-up data are marked on the drawing itself."""
    figure = drawn[kind]
    root = ET.fromstring(figure.svg)  # noqa: S314 - our own drawing
    assert root.attrib["role"] == "img"
    texts = {each.attrib.get("id"): each.text for each in root if each.text}
    assert texts[root.attrib["aria-labelledby"]] == figure.title
    assert texts[root.attrib["aria-describedby"]] == figure.words
    assert len(figure.words) > 40
    assert "<text" in figure.svg
    assert "Syntetiske tal" in figure.svg
    assert "Syntetiske tal" in figure.caption
    assert figure.png.startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_numbers_give_the_same_bytes(
    every: dict[str, Callable[[str], figures.Figure]], drawn: dict[str, figures.Figure], kind: str
) -> None:
    """A figure made twice is the same file twice."""
    again = every[kind]("da")
    assert again.svg == drawn[kind].svg
    assert again.png == drawn[kind].png


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_its_own_and_the_gate_lets_it_pass(drawn: dict[str, figures.Figure], kind: str) -> None:
    """No id meets another figure's, what is referred to is there, and nothing looks like a mark for each person."""
    figure = drawn[kind]
    assert all(each.startswith(f"{figure.key}-") for each in re.findall(r'\bid="([^"]+)"', figure.svg))
    for target in re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", figure.svg):
        assert f'id="{target[0] or target[1]}"' in figure.svg
    html = str(figure._repr_mimebundle_()["text/html"])
    assert not findings(html)
    assert len(html) < 90_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_english_in_english(every: dict[str, Callable[[str], figures.Figure]], kind: str) -> None:
    """Words, numbers and headings follow the language of the page."""
    figure = every[kind]("en")
    said = f"{figure.words} {figure.caption} {figure.title}"
    assert "{" not in said
    assert not re.search(r"\b(og|virkning\w*|kommune\w*|uge)\b", said.replace(ABOUT.label, ""))
    assert not re.search(r"\d,\d\d?\b(?!\d)", figure.words.replace(", ", "; "))


def test_a_path_is_told_by_its_numbers(effect: fk.Estimate, drawn: dict[str, figures.Figure]) -> None:
    """The words hold the mean effect, and the table behind holds every point with the edges of its band."""
    path = fk.event_study(effect.panel, base="all")
    mean = number(float(path.values[path.since >= 0].mean()), "da", decimals=1, signed=True)
    assert f"i gennemsnit {mean}" in drawn["path"].words
    assert "udelukker nul i 8 af de 8 perioder" in drawn["path"].words
    (table,) = drawn["path"].numbers
    assert len(table.rows) == len(path.since)
    assert table.rows[-1][:2] == ("+7", number(float(path.values[-1]), "da", decimals=1, signed=True))
    assert "<details" in str(drawn["path"]._repr_mimebundle_()["text/html"])


def test_the_gap_between_the_lines_is_the_effect(effect: fk.Estimate, drawn: dict[str, figures.Figure]) -> None:
    """Treated less comparison, after less before, is what the design says."""
    assert f"forskellen er {number(effect.value, 'da', decimals=1, signed=True)}" in drawn["against"].words
    assert "3 og 95" in drawn["against"].words


def test_the_map_names_who_takes_part_and_who_weighs_most(drawn: dict[str, figures.Figure]) -> None:
    """Participants by name, and Copenhagen, which counts most by people."""
    assert "Deltagere: Aalborg, Frederikshavn og Hjørring" in drawn["country"].words
    assert "mest vægt har København" in drawn["country"].words
    assert "95 kommuner" in drawn["country"].words


def test_hidden_municipalities_are_crosses_and_told(drawn: dict[str, figures.Figure]) -> None:
    """A number that may not be shown has no dot, and stands as a dash among the numbers."""
    (table,) = drawn["people"].numbers
    dashes = sum(row[1] == "–" for row in table.rows)
    assert dashes >= sum(0 < each % 20 < 5 for each in range(98))
    assert f"heraf {dashes} skjulte" in drawn["people"].words


def test_curves_are_told_at_the_weeks_they_reach(drawn: dict[str, figures.Figure], curve: fk.ReleasedCurve) -> None:
    """After 13 weeks of 60 exits among 2,000 a week, 61 percent are still in."""
    assert curve.surviving[13] == pytest.approx(1 - 13 * 60 / 2000)
    assert "61 % er der endnu efter 13 uger" in drawn["survival"].words
    assert "job 26 % og andet 13 %; 61 %" in drawn["exits"].words


def test_the_curve_of_choices_says_what_varies(drawn: dict[str, figures.Figure]) -> None:
    """The number of specifications and the choices behind them are named."""
    assert "Det, der varierer: perioder før, vægte og målt fra." in drawn["specifications"].words
    assert "100 % af dem" in drawn["specifications"].words


def test_what_it_takes_is_where_the_line_meets_the_margin(drawn: dict[str, figures.Figure]) -> None:
    """3 divided by the root of the number falls below 1 at 20 of the numbers tried."""
    assert drawn["needed"].words.count("fra 20 kommuner") == 2


def test_a_trial_used_too_little_shows_what_its_uses_could_have_done(hidden: tuple[fk.Answer, ...]) -> None:
    """No estimate is drawn or told: only the largest possible effect, and no path, level or dot."""
    figure = figures.placebos(hidden, "en")
    assert "could at most become" in figure.words
    assert "the trial," not in figure.svg
    assert figures.levels(hidden, "en") is None
    assert figures.over_time(fk.histories(hidden), "en") is None
    (table,) = figures.forest({"a": hidden[1]}, "en").numbers
    assert table.rows[0][1:4] == ("–", "–", "–")


def test_the_points_after_the_start_average_to_the_answer(answers: tuple[fk.Answer, ...]) -> None:
    """The path and the table of a page tell one story where no period is left out between them."""
    for history in fk.histories(answers[:2], draws=99):
        path = history.band.path
        mean = path.values[path.since >= 0].mean()
        assert mean == pytest.approx(history.answer.estimate.value, abs=1e-3 * abs(path.values).max() + 1e-4)
    figure = figures.over_time(fk.histories(answers, draws=99), "da", whose="network")
    assert figure is not None
    assert figure.key == "path-network"


def test_people_are_drawn_only_when_released(curve: fk.ReleasedCurve) -> None:
    """Bare counts and curves are refused at run time too, without a word of what is in them."""
    bare: Any = pd.Series([7, 8])
    with pytest.raises(BadData, match="was given a Series: pass it through release first"):
        figures.people(bare, ABOUT, "da")
    with pytest.raises(BadData, match="was given a ndarray: pass its risk table through release_curve"):
        figures.survival({"a": np.ones(3)}, ABOUT, "da")  # type: ignore[dict-item]
    with pytest.raises(BadData, match="2 ways out and 1 names"):
        figures.exits(curve, ["job"], ABOUT, "da")
    with pytest.raises(BadData, match="5 curves were given"):
        figures.survival(dict.fromkeys("abcde", curve), ABOUT, "da")


def test_what_cannot_be_drawn_is_refused(answers: tuple[fk.Answer, ...], effect: fk.Estimate) -> None:
    """Nothing, two series on one axis, windows of two lengths, names with blanks and units that are no municipality."""
    with pytest.raises(BadDesign, match="Nothing was given"):
        figures.path([], "da")
    with pytest.raises(BadDesign, match="from 2 series"):
        figures.forest({"a": answers[0], "b": answers[1]}, "da")
    with pytest.raises(BadDesign, match="one length of window"):
        figures.needed([Reach(1, "scattered", 8, 1.0), Reach(2, "scattered", 4, 1.0)], 1.0, ABOUT, "da")
    with pytest.raises(BadData, match="small letters"):
        figures.against([(ABOUT, effect)], "da", key="a b")
    states = fk.Panel(**{**panel_fields(effect.panel), "units": tuple(f"S{at}" for at in range(98))})
    with pytest.raises(BadData, match="98 of 98 units are no municipality codes"):
        figures.country(fk.did(states), ABOUT, "da")


def panel_fields(panel: fk.Panel) -> dict[str, Any]:
    return {name: getattr(panel, name) for name in ("Y", "n", "var", "units", "periods", "start")}
