"""One answer for each outcome that a table of the room measures: the same question, design and verdict for all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from frikommune.calendar import Event, Window, contaminated, days_of, last_clean_day, spoils, window
from frikommune.cells import RiskTable
from frikommune.checks import AlreadyTreated, Inflow, inflow, placebo_in_time
from frikommune.compare import did
from frikommune.dataroom import DataRoom
from frikommune.duration import CellEstimates, duration_panel, restricted_weeks, share_out
from frikommune.errors import BadDesign, UserError
from frikommune.inference import infer
from frikommune.municipalities import municipalities
from frikommune.official import Answer, Local
from frikommune.panel import Panel, panel_of, starts_of
from frikommune.register.entrants import TOLERATED, enough, entrants, people
from frikommune.register.measures import Measure, Subject, as_series, measured
from frikommune.register.tables import last_day, risk_of, weeks_in_job
from frikommune.trials import Outcome, Trial
from frikommune.verdict import judge

_BEFORE = 4  # quarters before the start that the placebo in time takes as after
_HUNDRED = 100.0  # shares are shown in percentage points
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, repr=False)
class Followed:
    """What following persons shows of one outcome.

    Attributes:
        answer: Effect, inference, checks and verdict, as of an official series; entry quarters are its periods.
        measure: How the outcome is measured.
        kept: The same with spells that cross the event kept, and all quarters until it; none where there is nothing
            to keep.
        starts: First treated day of each participating municipality.
        end_of_data: Last day that the data cover.
        event_day: First day on which spells under way are no longer observed; none where no event ends them.
        cut: Entry quarters left out because they are too young, with the weeks that they could be followed.
        spells: Spells or cases counted in the window.
        inflow: Whether the trial changed how many enter [per cent of the quarters before].
    """

    answer: Answer
    measure: Measure
    kept: Local | None
    starts: Mapping[int, date]
    end_of_data: date
    event_day: date | None
    cut: Mapping[str, int]
    spells: int
    inflow: Inflow

    def __repr__(self) -> str:
        return f"Followed {self.measure.key}: {self.answer.verdict}"


@dataclass(frozen=True, slots=True)
class Refused:
    """An outcome that the room cannot tell of.

    Attributes:
        outcome: The outcome.
        measure: How it would be measured.
        why: Why not, in one sentence.
    """

    outcome: Outcome
    measure: Measure
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the registers about one trial.

    Attributes:
        room: The data room.
        trial: The trial.
        starts: First treated day of each participating municipality.
        end_of_data: Last day that the data cover.
        clean: Last day before an event treats everybody.
        event: That event, where one does.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        tables: Risk tables counted so far, by what is followed and whether it is cut at the event.
    """

    room: DataRoom
    trial: Trial
    starts: Mapping[int, date]
    end_of_data: date
    clean: date
    event: Event | None
    draws: int
    seed: int
    tables: dict[tuple[str, bool], RiskTable] = field(default_factory=dict, compare=False)

    @property
    def event_day(self) -> date | None:
        """First day on which spells under way are no longer observed."""
        day = self.clean + timedelta(days=1)
        return day if self.event is not None and day <= self.end_of_data else None

    def risk(self, how: Measure, *, cut: bool) -> RiskTable:
        """Return the risk table of an outcome, cut at the event or with the spells that cross it kept."""
        what = how.measure if how.measure in ("relapse", "meeting", "decision") else "spell"
        if (what, cut) not in self.tables:
            longest = max(each.horizon for _, each in measured(self.trial, how.table))
            event = self.event_day if cut else None
            self.tables[what, cut] = risk_of(
                self.room, self.trial, how, end_of_data=self.end_of_data, event=event, horizon=longest
            )
        return self.tables[what, cut]


def register_answers(
    room: DataRoom, about: Trial, table: Subject, *, draws: int = 999, seed: int = 1, end_of_data: date | None = None
) -> tuple[Followed | Refused, ...]:
    """Ask a table of persons about each outcome of a trial that it measures.

    Persons are followed from the start of a spell or case, by the quarter in which it began. Quarters count as before
    or after the municipality's start; after, only those whose last spell can be followed to the horizon before an event
    treats everybody, and observation of spells under way ends with that event. What comes of keeping those spells, and
    the quarters until the event, stands beside it. Comparisons are those of `trial_answers`.

    Args:
        room: The data room.
        about: The trial.
        table: "cases", "spells" or "months".
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        end_of_data: Last day that the data cover; the last day seen in the table by default.

    Returns:
        One answer an outcome, or why there is none; nothing when the participants are not known.

    Raises:
        BadData: The room has no such table.
    """
    if not about.municipalities:
        return ()
    last = end_of_data or last_day(room, table)
    starts = _starts(room, about)
    first = min(starts.values())
    clean = last_clean_day(about.key, first, about.clean_end)
    asked = Asked(room, about, starts, last, min(clean, last), spoils(about.key, first), draws, seed)
    return tuple(_one(asked, outcome, how) for outcome, how in measured(about, table))


def _starts(room: DataRoom, about: Trial) -> dict[int, date]:
    if "adoption" in room.tables:
        adoption = room.table("adoption").to_pyarrow().to_pandas()
        if (adoption["trial"] == about.key).any():
            return starts_of(about, adoption)
    return starts_of(about)


def _one(asked: Asked, outcome: Outcome, how: Measure) -> Followed | Refused:
    try:
        return _followed(asked, outcome, how)
    except UserError as fault:
        return Refused(outcome, how, str(fault))


def _followed(asked: Asked, outcome: Outcome, how: Measure) -> Followed:
    panel, cut = _panel(asked, outcome, how, cut=True)
    when = _window(asked, panel, how)
    met = contaminated(asked.trial.key, days_of(when.pre[0])[0], days_of(when.post[1])[1])
    spoilt = {code: event for code, event in met.items() if code in asked.trial.municipalities}
    stays = partial(_stays, asked.trial, met)
    effect = did(enough(_compared(panel, when, stays), when.pre, when.post), when.pre, when.post)
    how_sure = infer(effect, asked.draws, asked.seed)
    before = placebo_in_time(effect, *_earlier(panel, when), draws=19)
    before = replace(before, inference=infer(before.estimate, asked.draws, asked.seed))
    entering = inflow(effect, entrants(effect.panel, when.pre), tolerated=TOLERATED, draws=asked.draws, seed=asked.seed)
    series = as_series(outcome, how)
    already = AlreadyTreated(len(spoilt), len(asked.trial.municipalities))
    answer = Answer(
        indicator=series,
        estimate=effect,
        inference=how_sure,
        before=before,
        verdict=judge(effect, how_sure, series.margin, checks=[already, before, entering]),
        pre=when.pre,
        post=when.post,
        excluded={code: event for code, event in met.items() if not municipalities()[code].fk2},
        compared_anyway={},
        spoilt=spoilt,
        ended_by=when.cut_by,
        ceiling=None,
        needed=None,
        synthetic=asked.room.synthetic,
    )
    kept = _kept(asked, outcome, how, stays)
    spells = people(effect.panel, (when.pre[0], when.post[1])).sum()
    return Followed(answer, how, kept, asked.starts, asked.end_of_data, asked.event_day, cut, int(spells), entering)


def _kept(asked: Asked, outcome: Outcome, how: Measure, stays: "partial[bool]") -> Local | None:
    """Return the effect with the spells that cross the event kept, and the quarters until it."""
    if asked.event is None or how.table == "months":
        return None
    try:
        panel, _ = _panel(asked, outcome, how, cut=False)
        when = _window(asked, panel, how, whole=False)
        effect = did(_compared(panel, when, stays), when.pre, when.post)
        return Local(effect, infer(effect, asked.draws, asked.seed))
    except BadDesign:  # nobody is followed so far with them either
        return None


def _panel(asked: Asked, outcome: Outcome, how: Measure, *, cut: bool) -> tuple[Panel, Mapping[str, int]]:
    if how.table == "months":
        counted = weeks_in_job(asked.room, asked.trial, how, until=f"{asked.end_of_data:%Y}M{asked.end_of_data:%m}")
        panel = panel_of(counted, "employed", starts=asked.starts, better=outcome.better)
        return _shown(panel, outcome, how), {}
    found = _estimates(asked.risk(how, cut=cut), how)
    panel = duration_panel(found, starts=asked.starts, better=outcome.better)
    return _shown(panel, outcome, how), found.cut


def _estimates(table: RiskTable, how: Measure) -> CellEstimates:
    if how.measure in ("weeks", "meeting", "decision"):
        return restricted_weeks(table, weeks=how.horizon)
    found = share_out(table, weeks=how.horizon, exit_to="relapse" if how.measure == "relapse" else how.to)
    return replace(found, value=1 - found.value) if how.measure == "still" else found


def _shown(panel: Panel, outcome: Outcome, how: Measure) -> Panel:
    """Return the panel in the unit in which it is shown."""
    scale = _HUNDRED if how.is_share else 1.0
    unit = as_series(outcome, how).unit_en
    return replace(panel, Y=panel.Y * scale, var=panel.var * scale**2, outcome=outcome.key, measured_in=unit)


def _window(asked: Asked, panel: Panel, how: Measure, *, whole: bool = True) -> Window:
    """Choose the quarters before and after; with `whole`, after only those that can be followed before the event."""
    ahead = how.weeks * _WEEK if whole else timedelta(0)
    first = min(asked.starts.values())
    labels = [each for each in panel.periods if days_of(each)[1] < first or days_of(each)[1] + ahead <= asked.clean]
    if not any(days_of(each)[0] >= first for each in labels):
        raise BadDesign(
            f"No quarter that began after {first} can be followed for {how.weeks} weeks before {asked.clean}: the "
            "horizon is too long for this trial."
        )
    return window(
        labels,
        trial=asked.trial.key,
        start=first,
        settled=max(asked.starts.values()),
        clean_end=asked.clean,
    )


def _stays(about: Trial, met: Mapping[int, Event], code: int) -> bool:
    """Tell whether a municipality takes part, or is a clean comparison: outside the network, without waivers."""
    return code in about.municipalities or not (municipalities()[code].fk2 or code in met)


def _compared(panel: Panel, when: Window, stays: "partial[bool]") -> Panel:
    """Return the panel of the participants and clean comparisons; these must have somebody in every part of it."""
    somebody = np.ones(len(panel.units), dtype=bool)
    for first, last in (*_earlier(panel, when), when.post):
        inside = np.array([first <= each <= last for each in panel.periods])
        somebody &= np.nansum(panel.n[:, inside], axis=1) > 0
    return panel.take(np.array([stays(code) for code in panel.units]) & (somebody | panel.treated))


def _earlier(panel: Panel, when: Window) -> tuple[tuple[str, str], tuple[str, str]]:
    labels = [each for each in panel.periods if when.pre[0] <= each <= when.pre[1]]
    if len(labels) <= _BEFORE:
        raise BadDesign(f"{len(labels)} quarters before the start are there: at least {_BEFORE + 1} are needed.")
    return (labels[0], labels[-_BEFORE - 1]), (labels[-_BEFORE], labels[-1])
