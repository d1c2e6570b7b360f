"""What the official municipal series can and cannot show for a trial: the whole way from room to verdict.

Official series count everybody in the municipality, so they can only see a trial that moves the whole of it. That
is what the trials' own conclusion is about: the job centres' results improved, or at least did not get worse.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from frikommune.calendar import Event, Window, contaminated, days_of, frequency, window
from frikommune.checks import AlreadyTreated, PlaceboInTime, placebo_in_time
from frikommune.claims import most_uses
from frikommune.compare import did, within_region
from frikommune.dataroom import DataRoom
from frikommune.errors import BadData, BadDesign
from frikommune.estimate import Estimate, Span
from frikommune.inference import Inference, infer
from frikommune.municipalities import municipalities, network
from frikommune.panel import Panel
from frikommune.power import municipalities_needed
from frikommune.schema import Indicator, indicator, indicators
from frikommune.trials import Trial
from frikommune.verdict import Verdict, judge

Spans = tuple[Span, Span, Span, Span]

# The network as a whole: two and a half years before any trial, the half year in which the first ones started left
# out, the two years until the law changed for everybody; then the same question in the years before.
_NETWORK: dict[str, Spans] = {
    "Q": (("2015Q1", "2017Q2"), ("2018Q1", "2019Q4"), ("2012Q1", "2014Q4"), ("2015Q1", "2016Q4")),
    "M": (("2015M01", "2017M06"), ("2018M01", "2019M12"), ("2012M01", "2014M12"), ("2015M01", "2016M12")),
    "Y": (("2014", "2016"), ("2018", "2019"), ("2012", "2014"), ("2015", "2016")),
}
_UNSEEN = {"never_used", "group_not_counted", "too_few_uses"}
_LABOUR_FORCE = 0.45  # of all inhabitants, at least
_NETWORK_START = "2017Q3"
_FEWEST = 19  # placebo draws of a check whose inference is made anew

# The placebo in time pretends that the trial began two years before it did, and compares with the three before.
_EARLIER = {"Y": (3, 2), "Q": (12, 8), "M": (36, 24)}


class Chance(NamedTuple):
    """How many placebo assignments to draw, at most, and their seed."""

    draws: int
    seed: int


@dataclass(frozen=True, slots=True, repr=False)
class Local:
    """What a comparison within the region says, which the region's own ups and downs do not touch.

    Attributes:
        estimate: The effect against municipalities of the same region.
        inference: How sure it is.
    """

    estimate: Estimate
    inference: Inference


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What one official series says.

    Attributes:
        indicator: The series.
        estimate: The effect.
        inference: How sure it is, by `infer`: every method it asked is in `parts`.
        before: The placebo in time, judged in the same way.
        verdict: What may be claimed.
        pre: First and last period before.
        post: First and last period after.
        excluded: Comparison municipalities left out because they held waivers of their own, with the event.
        compared_anyway: Comparison municipalities that held waivers of their own and are in all the same.
        spoilt: Participating municipalities that held waivers before, with the event.
        ended_by: The event that ends the window, where one does.
        ceiling: The largest change that the recorded uses could make [unit of the outcome]; none when not counted.
        needed: Municipalities that it would take to see a change as large as the margin; none when 40 do not.
        synthetic: Whether the figures are made up.
        local: The same within the region; none where it has too few other municipalities.
    """

    indicator: Indicator
    estimate: Estimate
    inference: Inference
    before: PlaceboInTime
    verdict: Verdict
    pre: Span
    post: Span
    excluded: dict[int, Event]
    compared_anyway: dict[int, Event]
    spoilt: dict[int, Event]
    ended_by: Event | None
    ceiling: float | None
    needed: int | None
    synthetic: bool
    local: Local | None = None

    @property
    def hidden(self) -> bool:
        """Whether no effect could be seen in the series, so that an estimate would only mislead."""
        return self.verdict.reasons[0].key in _UNSEEN

    def __repr__(self) -> str:
        return f"Answer from {self.indicator.key}: {self.verdict}"


def trial_answers(room: DataRoom, about: Trial, *, draws: int = 9999, seed: int = 1) -> tuple[Answer, ...]:
    """Ask every official series about one trial, in its own municipalities and window.

    Comparisons are the municipalities outside the network, less those that held waivers of their own in the
    window. Municipalities count by their population, and `infer` chooses how sure the answer is.

    Args:
        room: The data room.
        about: The trial.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.

    Returns:
        One answer a series; none when the participating municipalities are not known.
    """
    if not about.municipalities:
        return ()
    return tuple(_trial_answer(room, about, key, Chance(draws, seed)) for key in indicators() if room.holds(key))


def network_answers(room: DataRoom, *, draws: int = 9999, seed: int = 1) -> tuple[Answer, ...]:
    """Ask every official series about the eleven municipalities together, against the other 87.

    Municipalities count equally, and `infer` chooses how sure the answer is. No municipality is left out here,
    although some comparisons held waivers of their own in part of the window.

    Args:
        room: The data room.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
    """
    return tuple(_network_answer(room, key, Chance(draws, seed)) for key in indicators() if room.holds(key))


def official_panel(room: DataRoom, key: str, treated: tuple[int, ...], start: str) -> Panel:
    """Make the panel of an official series over all 98 municipalities.

    Args:
        room: The data room.
        key: Key of the series.
        treated: Codes of the treated municipalities.
        start: First treated period.

    Returns:
        The series, transformed as `data/indicators.toml` says; `n` is the population of 2019.

    Raises:
        BadData: The room does not hold the series, or a figure cannot be transformed.
    """
    about = indicator(key)
    rows = room.municipal[room.municipal["indicator"] == key]
    if rows.empty:
        raise BadData(f"The data room holds no figures of {key}.")
    people = rows["kommune_kode"].map({code: float(each.population) for code, each in municipalities().items()})
    return Panel.from_frame(
        rows.assign(
            outcome=_transformed(rows["value"].to_numpy(float), people.to_numpy(float), about),
            people=people,
            start=rows["kommune_kode"].map(dict.fromkeys(treated, start)),
        ),
        unit="kommune_kode",
        period="period",
        outcome="outcome",
        start="start",
        n="people",
        label=key,
        measured_in=about.unit_en,
        better=about.better,
    )


def _network_answer(room: DataRoom, key: str, chance: Chance) -> Answer:
    panel = official_panel(room, key, network(), _NETWORK_START)
    pre, post, earlier_pre, earlier_post = _NETWORK[frequency(panel.periods[0])]
    effect = did(panel, pre, post, weights="units")
    how = infer(effect, chance.draws, chance.seed)
    before = _before(effect, earlier_pre, earlier_post, chance)
    about = indicator(key)
    met = contaminated("network", days_of(earlier_pre[0])[0], days_of(post[1])[1])
    return Answer(
        indicator=about,
        estimate=effect,
        inference=how,
        before=before,
        verdict=judge(effect, how, about.margin, checks=[before]),
        pre=pre,
        post=post,
        excluded={},
        compared_anyway={code: event for code, event in met.items() if code not in network()},
        spoilt={code: event for code, event in met.items() if code in network()},
        ended_by=None,
        ceiling=None,
        needed=municipalities_needed(effect, about.margin),
        synthetic=room.synthetic,
    )


def _trial_answer(room: DataRoom, about: Trial, key: str, chance: Chance) -> Answer:
    labels = sorted(room.municipal.loc[room.municipal["indicator"] == key, "period"].unique())
    when = window(
        labels,
        trial=about.key,
        start=about.first_possible_start,
        settled=about.last_possible_start,
        clean_end=about.clean_end,
    )
    earlier_pre, earlier_post = _earlier(labels, when)
    met = contaminated(about.key, days_of(earlier_pre[0])[0], days_of(when.post[1])[1])
    spoilt = {code: event for code, event in met.items() if code in about.municipalities}
    everybody = official_panel(room, key, about.municipalities, when.start)
    panel = everybody.take(np.array([_stays(code, about, met) for code in everybody.units]))
    effect = did(panel, when.pre, when.post, weights="people")
    how = infer(effect, chance.draws, chance.seed)
    before = _before(effect, earlier_pre, earlier_post, chance)
    series = indicator(key)
    ceiling = _ceiling(room, about, series, when)
    already = AlreadyTreated(len(spoilt), len(about.municipalities))
    return Answer(
        indicator=series,
        estimate=effect,
        inference=how,
        before=before,
        verdict=judge(
            effect, how, series.margin, checks=[already, before], ceiling=ceiling, counted=series.sees(about.key)
        ),
        pre=when.pre,
        post=when.post,
        excluded={code: event for code, event in met.items() if code not in network()},
        compared_anyway={},
        spoilt=spoilt,
        ended_by=when.cut_by,
        ceiling=ceiling,
        needed=municipalities_needed(effect, series.margin),
        synthetic=room.synthetic,
        local=_local(everybody, about, when, chance),
    )


def _before(effect: Estimate, pre: Span, post: Span, chance: Chance) -> PlaceboInTime:
    """Return the placebo in time, judged as the effect itself is."""
    drift = placebo_in_time(effect, pre, post, draws=_FEWEST)
    return replace(drift, inference=infer(drift.estimate, chance.draws, chance.seed))


def _local(panel: Panel, about: Trial, when: Window, chance: Chance) -> Local | None:
    """Return the comparison within the region, where it can be made."""
    try:
        near = within_region(panel, trial=about.key, pre=when.pre, post=when.post).panel
        effect = did(near, when.pre, when.post, weights="people")
        return Local(effect, infer(effect, chance.draws, chance.seed))
    except BadDesign:  # too few municipalities of the region are left to compare with
        return None


def _stays(code: int, about: Trial, met: dict[int, Event]) -> bool:
    """Tell whether a municipality takes part, or is a clean comparison: outside the network, without waivers."""
    return code in about.municipalities or not (municipalities()[code].fk2 or code in met)


def _earlier(labels: list[str], when: Window) -> tuple[Span, Span]:
    long, short = _EARLIER[frequency(when.start)]
    before = [label for label in labels if label <= when.pre[1]][-(long + short) :]
    if len(before) < long + short:
        raise BadData(
            f"The series holds {len(before)} periods before {when.start}; the check before it needs {long + short}."
        )
    return (before[0], before[long - 1]), (before[long], before[-1])


def _ceiling(room: DataRoom, about: Trial, series: Indicator, when: Window) -> float | None:
    """Return the change in the treated municipalities together if every recorded use moved one person.

    Their effects are weighted by population, so that it matters little where the uses fell. Uses that were rounded
    are taken at the upper end; what a caseworker did with the time saved is not counted.
    """
    used = most_uses(about.key)
    if used is None:
        return None
    people = float(sum(municipalities()[code].population for code in about.municipalities))
    if series.transform == "per_1000":
        return 1000 * used / people
    if series.transform == "none":
        return 100 * used / (_LABOUR_FORCE * people)
    rows = room.municipal[(room.municipal["indicator"] == series.key) & (room.municipal["period"] == when.pre[1])]
    level = float(rows.loc[rows["kommune_kode"].isin(about.municipalities), "value"].sum())
    return float(np.log1p(used / level))


def _transformed(values: np.ndarray, people: np.ndarray, about: Indicator) -> np.ndarray:
    if about.transform == "log":
        zeros = int((values <= 0).sum())
        if zeros:
            raise BadData(f"{about.key} holds {zeros} figures that are not above zero: their logarithm is not defined.")
        return np.log(values)
    return 1000 * values / people if about.transform == "per_1000" else values
