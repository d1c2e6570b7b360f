import re
import xml.etree.ElementTree as ET

import pytest

from frikommune import figures, open_room, trial, trial_answers
from frikommune.words import number


@pytest.fixture(scope="module")
def drawn() -> figures.Figure:
    return figures.placebos(trial_answers(open_room(), trial("formkrav_samtaler"), draws=499), "da")


def test_the_same_numbers_give_the_same_bytes() -> None:
    """A figure made twice is the same file twice."""
    answers = trial_answers(open_room(), trial("uddannelse"), draws=199)
    first, second = figures.placebos(answers, "da"), figures.placebos(answers, "da")
    assert first.svg == second.svg
    assert first.png == second.png


def test_the_drawing_carries_its_words(drawn: figures.Figure) -> None:
    """The SVG has a role, a title and a description that holds the numbers drawn."""
    root = ET.fromstring(drawn.svg)  # noqa: S314 - our own drawing
    assert root.attrib["role"] == "img"
    texts = {each.attrib.get("id"): each.text for each in root if each.text}
    assert texts[root.attrib["aria-labelledby"]] == drawn.title
    assert texts[root.attrib["aria-describedby"]] == drawn.words
    for answer in trial_answers(open_room(), trial("formkrav_samtaler"), draws=499):
        assert number(answer.estimate.value, "da", decimals=answer.indicator.decimals, signed=True) in drawn.words


def test_text_is_text_and_ids_are_its_own(drawn: figures.Figure) -> None:
    """Words in the figure can be read and searched, and no id meets another figure's."""
    assert "<text" in drawn.svg
    assert all(each.startswith("placebos-") for each in re.findall(r'\bid="([^"]+)"', drawn.svg))
    for target in re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", drawn.svg):
        assert f'id="{target[0] or target[1]}"' in drawn.svg


def test_synthetic_figures_say_so(drawn: figures.Figure) -> None:
    """A figure of made-up numbers cannot be cut out and passed off as real."""
    assert "Syntetiske tal" in drawn.svg
    assert "Syntetiske tal" in drawn.caption


def test_a_trial_used_too_little_shows_what_its_uses_could_have_done() -> None:
    """No estimate is drawn or told, only the largest possible effect."""
    figure = figures.placebos(trial_answers(open_room(), trial("uddannelse"), draws=199), "en")
    assert "could only become" in figure.words
    assert "the trial," not in figure.svg
