from dataclasses import replace
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from frikommune import open_room, pictures, register_answers, sections, trial
from frikommune.batch import pages
from frikommune.compare import did
from frikommune.dataroom import DataRoom
from frikommune.demo import demo
from frikommune.duration import finished, finished_by_theory, finished_mean, still_seen
from frikommune.errors import BadData, BadDesign, UnknownName
from frikommune.records import FOUR_WEEKS
from frikommune.register import (
    Followed,
    Refused,
    benefits_of,
    gap_rule,
    last_day,
    measured,
    measures,
    notebooks_of,
    risk_of,
)
from frikommune.register.entrants import enough, entrants
from frikommune.trials import load_trials


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> DataRoom:
    """Return a small synthetic room."""
    folder = tmp_path_factory.mktemp("demo")
    demo(folder, size=0.1)
    return open_room(folder)


def holding(**tables: pd.DataFrame) -> DataRoom:
    """Return a room of hand-made tables."""
    made = open_room()
    days = ("start", "end", "opened", "meeting", "decided", "closed")
    opened = {}
    for name, frame in tables.items():
        kinds = {each: "date" if each in days else "string" for each in frame.columns}
        opened[name] = ibis.memtable(frame, schema=kinds | {"kommune_kode": "int64"})
    return replace(made, checked={name: Path(f"{name}.parquet") for name in tables}, _opened=opened)


CASES = pd.DataFrame(
    [
        # opened, meeting, decided, closed
        (date(2019, 1, 1), date(2019, 1, 10), date(2019, 2, 1), date(2019, 3, 1)),
        (date(2019, 1, 1), None, date(2019, 1, 20), date(2019, 3, 1)),
        (date(2019, 1, 1), None, None, date(2019, 1, 5)),
        (date(2019, 1, 1), None, None, None),
    ],
    columns=["opened", "meeting", "decided", "closed"],
).assign(person_key=list("abcd"), kommune_kode=851, target_group="team", trial=["rehab_laegeattest", None, None, None])


def test_a_case_waits_for_its_meeting_and_for_its_decision() -> None:
    """Two outcomes of the same cases: a case decided or closed first leaves in that way, an open one is censored."""
    held, about = holding(cases=CASES), trial("rehab_laegeattest")
    meeting, decision = (how for _, how in measured(about, "cases"))
    found = risk_of(held, about, meeting, end_of_data=date(2020, 1, 1))
    exits = dict(zip(found.types, found.exits.sum(axis=(0, 2)), strict=True))
    assert exits == {"closed": 1, "decided": 1, "meeting": 1}
    assert found.exits[0, found.types.index("meeting"), 1] == 1  # its tenth day is in the second week
    later = risk_of(held, about, decision, end_of_data=date(2020, 1, 1))
    assert dict(zip(later.types, later.exits.sum(axis=(0, 2)), strict=True)) == {"closed": 1, "decided": 2}
    assert later.censored.sum() == 1


def test_a_relapse_is_the_next_spell_on_the_same_benefit() -> None:
    """Time runs from the day after a spell that ended in self-support; another benefit in between is no relapse."""
    spells = pd.DataFrame(
        [
            ("a", "sygedagpenge", date(2019, 1, 1), date(2019, 1, 31), "self_support"),
            ("a", "sygedagpenge", date(2019, 2, 15), date(2019, 3, 1), "other"),
            ("b", "sygedagpenge", date(2019, 1, 1), date(2019, 1, 31), "self_support"),
            ("b", "kontanthjaelp", date(2019, 2, 15), None, None),
        ],
        columns=["person_key", "benefit", "start", "end", "exit_to"],
    ).assign(kommune_kode=851)
    about = trial("psykolog")
    how = measures()["relapse_12m"]
    found = risk_of(holding(spells=spells), about, how, end_of_data=date(2020, 12, 31))
    assert found.n.sum() == 2
    assert found.types == ("relapse",)
    assert found.exits[0, 0].nonzero()[0].tolist() == [1]


def test_the_mean_over_finished_spells_is_what_theory_says() -> None:
    """Weekly chance 0.05, entry even over 40 weeks before the data end: the truncated law gives the mean seen."""
    rng = np.random.default_rng(3)
    lasts, seen = rng.geometric(0.05, 400_000), rng.integers(1, 41, 400_000)
    ended = lasts <= seen
    surviving = 0.95 ** np.arange(41)
    share = 1 - (np.arange(1, 41) - 1) / 40
    theory = finished_by_theory(surviving, share)
    assert lasts[ended].mean() == pytest.approx(theory, abs=0.06)
    assert theory < 0.6 * lasts.mean()


def test_finished_spells_and_how_long_they_were_seen() -> None:
    """Of four cases two are decided, after 3 and 5 weeks; the share seen falls only after a censoring."""
    found = risk_of(
        holding(cases=CASES),
        trial("rehab_laegeattest"),
        measures()["time_to_decision_days"],
        end_of_data=date(2019, 2, 25),
    )
    assert finished_mean(found).value[0] == pytest.approx((1 + 3 + 5) / 3)
    assert still_seen(found)[0, :9].tolist() == [1.0] * 8 + [0.0]


def test_cases_that_are_all_decided_early_are_followed_to_the_horizon() -> None:
    """The box about closed cases was missing where nobody was at risk in the last weeks: they are out, not unknown."""
    found = risk_of(
        holding(cases=CASES[:3]),
        trial("rehab_laegeattest"),
        measures()["time_to_decision_days"],
        end_of_data=date(2020, 1, 1),
    )
    box = finished(found, weeks=26)
    assert box.mean == pytest.approx(box.restricted) == pytest.approx(3.0)
    assert box.ended == 1.0


def test_the_gap_rule_of_the_synthetic_register_is_printed(room: DataRoom) -> None:
    """It joins up to four weeks: no two spells there lie so near each other with nothing in between."""
    assert gap_rule(room) == FOUR_WEEKS
    rows = room.table("spells").select("person_key", "start", "end").to_pandas().sort_values(["person_key", "start"])
    days = (pd.to_datetime(rows["start"]) - pd.to_datetime(rows.groupby("person_key")["end"].shift())).dt.days - 1
    assert not days.between(1, 28).any()


def test_who_enters_is_an_outcome_too(room: DataRoom) -> None:
    """In per cent of the quarters before: twice as many treated entrants are +100, and fewer than five are refused."""
    (found,) = register_answers(room, trial("rehab_jaf"), "spells", draws=19)
    assert isinstance(found, Followed)
    assert found.inflow.estimate.panel.measured_in == "per cent"
    panel, post = found.answer.estimate.panel, found.answer.post
    after = panel.treated[:, None] & np.array([post[0] <= each <= post[1] for each in panel.periods])
    flat = replace(panel, n=np.where(after, 20.0, 10.0))
    assert did(entrants(flat, found.answer.pre), found.answer.pre, post).value == pytest.approx(100.0)
    few = replace(panel, n=np.where(after, 0.01, 10.0))
    with pytest.raises(BadDesign, match="Fewer than 5"):
        enough(few, found.answer.pre, post)


@pytest.mark.parametrize(
    ("key", "table"), [("rehab_jaf", "spells"), ("rehab_jaf", "months"), ("rehab_laegeattest", "cases")]
)
def test_every_section_is_said_in_both_languages(room: DataRoom, key: str, table: str) -> None:
    """Curves, ways out, effects, hazards and the box of a small room: no gap unfilled, no phrase missing."""
    about = trial(key)
    found = register_answers(room, about, table, draws=19)  # type: ignore[arg-type]
    drawn = None if table == "months" else pictures(room, about, found, draws=19)
    assert len(found) == len(measured(about, table))  # type: ignore[arg-type]
    for lang in ("da", "en"):
        said = [
            sections.followed_short(about, found, lang),
            sections.followed_definitions(room, about, found, lang),
            sections.followed_design(found, lang),
            sections.followed_effects(found, lang),
            sections.followed_hazards(drawn, lang),
            sections.finished_box(drawn, lang),
            sections.followed_limits(about, found, lang),
        ]
        html = "\n".join(each._repr_html_() for each in said)
        assert "{" not in html
        assert ">None<" not in html
        if drawn is not None:
            assert sections.followed_curves(drawn, about, found, lang).key == "survival"  # type: ignore[union-attr]
            assert sections.followed_exits(drawn, about, found, lang).key == "exits-treated"  # type: ignore[union-attr]


def test_the_window_ends_where_spells_would_cross_the_event(room: DataRoom) -> None:
    """Quarters after the start are followed for a year before 2020-03-01; keeping crossing spells is beside it."""
    (found,) = register_answers(room, trial("rehab_jaf"), "spells", draws=19)
    assert isinstance(found, Followed)
    assert found.answer.post == ("2018Q2", "2018Q4")
    assert found.event_day == date(2020, 3, 1)
    assert found.kept is not None
    assert set(found.cut) == {"2021Q1", "2021Q2", "2021Q3", "2021Q4"}


def test_a_horizon_that_is_too_long_is_said_to_be(room: DataRoom) -> None:
    """A year cannot be followed before a comparison that ends with 2018: the outcome is refused, and why is said."""
    found = register_answers(room, replace(trial("rehab_jaf"), clean_end=date(2018, 12, 31)), "spells", draws=19)
    refused = {each.measure.key: each.why for each in found if isinstance(each, Refused)}
    assert "horizon is too long" in refused["jobclarification_weeks"]


def test_pages_follow_the_outcomes_and_the_tables() -> None:
    """A trial has a page about a table when it names an outcome of it and the room holds it."""
    assert notebooks_of(trial("rehab_jaf")) == ("spells", "months")
    two = [trial("rehab_jaf"), trial("revalidering_bevilling")]
    assert pages(two, ("cases", "months")) == [
        ("rehab_jaf", "1-trial"),
        ("rehab_jaf", "4-employment"),
        ("revalidering_bevilling", "1-trial"),
        ("revalidering_bevilling", "2-case-duration"),
    ]
    assert pages(two, ("months",), ["4-employment"]) == [("rehab_jaf", "4-employment")]
    with pytest.raises(UnknownName, match="notebook '5-none'"):
        pages(two, (), ["5-none"])


def test_every_trial_that_can_be_followed_has_its_benefits() -> None:
    """An outcome on spells or months is of the spells of some benefit."""
    followed = [each for each in load_trials().values() if measured(each, "spells") or measured(each, "months")]
    assert len(followed) >= 10
    assert all(benefits_of(each) for each in followed)


def test_what_is_not_there_is_refused(room: DataRoom) -> None:
    """A room without cases, and cases that no trial marks."""
    assert gap_rule(replace(room, synthetic=False)) is None
    assert last_day(room, "spells") >= date(2021, 12, 1)
    with pytest.raises(BadData, match="has no table cases"):
        register_answers(open_room(), trial("rehab_laegeattest"), "cases")
    how = measures()["time_to_decision_days"]
    with pytest.raises(BadData, match="No case is marked"):
        risk_of(holding(cases=CASES), trial("revalidering_bevilling"), how, end_of_data=date(2020, 1, 1))
