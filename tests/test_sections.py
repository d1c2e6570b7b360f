import pytest

from frikommune import figures, network_answers, open_room, sections, trial_answers
from frikommune.sections import Ledger
from frikommune.trials import load_trials
from frikommune.words import Prose


@pytest.fixture(scope="module")
def room():
    return open_room()


@pytest.mark.parametrize("key", load_trials())
def test_every_section_of_every_trial_can_be_said_in_both_languages(room, key: str) -> None:
    """No gap is unfilled, no phrase missing and no unit unknown, whatever the trial."""
    about = load_trials()[key]
    answers = trial_answers(room, about, draws=19)
    for lang in ("da", "en"):
        said = [
            sections.in_short(about, answers, lang),
            sections.facts(about, lang),
            sections.method(answers, lang),
            sections.published(about, lang),
            sections.contradicted(about, lang),
            sections.trial_table(answers, lang),
            sections.trial_methods(answers, lang),
            sections.reading(answers, lang),
            sections.limits(about, answers, lang),
            sections.recommendations(about, answers, lang),
            sections.sources(about, room, answers, lang),
        ]
        html = "\n".join(each._repr_html_() for each in said)
        assert "{" not in html
        assert ">None" not in html


@pytest.mark.parametrize("lang", ["da", "en"])
def test_the_network_is_read_and_its_claims_are_told(room, lang: str) -> None:
    """The headline claim and the 12.2 million stand on every page, with what they contradict."""
    together = network_answers(room, draws=199)
    told = sections.published(None, lang)
    assert isinstance(told, Ledger)
    html = "\n".join(table._repr_html_() for table in told)
    assert "5.052.000" in html or "5,052,000" in html
    assert "12.200.000" in html or "12,200,000" in html
    assert sections.contradicted(None, lang)._repr_html_().count("<li>") > 5
    assert isinstance(sections.reading_network(together, lang), Prose)
    methods = sections.network_methods(together, lang)
    assert len(methods.rows) == 9  # scattered, contiguous and regional of three series
    assert sum(row[-1] in ("ja", "yes") for row in methods.rows) == 3
    assert "5 %" in methods.note
    assert figures.placebos(together, lang, whose="network").key == "placebos-network"
