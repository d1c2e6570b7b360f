"""What following persons shows: definitions, curves, effects, hazard ratios, the naive mean in its box, and limits."""

from collections.abc import Iterator, Sequence

import numpy as np

from frikommune.dataroom import DataRoom
from frikommune.figures import Figure, Subject, exits, placebos, survival
from frikommune.inference import Inference
from frikommune.municipalities import name_of
from frikommune.official import Answer, Local
from frikommune.register import Followed, Pictures, Refused, benefits_of, gap_rule
from frikommune.sections.background import bounded, claimed, how_sure, tried, verdict_word
from frikommune.tables import Table
from frikommune.trials import Trial
from frikommune.words import Prose, bullets, day, listed, number, of, paragraphs, reason, say, small, span, terms

Found = Sequence[Followed | Refused]
_GROUPS = ("treated_after", "treated_before", "others_after", "others_before")


def answers_of(found: Found) -> tuple[Answer, ...]:
    """Return the answers among what was found, for the sections and figures that official series have too."""
    return tuple(each.answer for each in found if isinstance(each, Followed))


def followed_short(about: Trial, found: Found, lang: str) -> Prose:
    """Say what was tried, what is claimed, what can be said of each outcome, how sure, and what is not shown."""
    return terms(
        [
            (say("tried", lang), tried(about, lang)),
            (say("claimed", lang), claimed(about, lang)),
            (say("said", lang), " ".join(_short(each, lang) for each in found) or say("followed_none", lang)),
            (say("how_sure", lang), how_sure(about, answers_of(found), lang, key="followed_sure_grade")),
            (say("not_shown", lang), " ".join(_unseen(about, found, lang))),
        ]
    )


def followed_definitions(room: DataRoom, about: Trial, found: Found, lang: str) -> Prose:
    """Say who is followed from when to when, by which gap rule, what is cut and where observation ends."""
    return bullets(_definitions(room, about, found, lang))


def followed_design(found: Found, lang: str) -> Prose:
    """Say how the comparison was made, whom it leaves out, and how the time before was checked."""
    return paragraphs([*_design(answers_of(found), lang), *_inflows(found, lang)])


def followed_effects(found: Found, lang: str) -> Table | Prose:
    """Tabulate the effect on each outcome, with what keeping the spells that cross the event gives beside it."""
    shown = [each for each in found if isinstance(each, Followed)]
    if not shown:
        return paragraphs([say("followed_none", lang)])
    names = ("outcome", "quarters", "effect_heading", "p", "detectable", "drift", "kept", "verdict")
    units = (f"{of(each.answer.indicator, 'label', lang)}: {of(each.answer.indicator, 'unit', lang)}" for each in shown)
    return Table(
        key="followed",
        caption=say("followed_caption", lang),
        headings=tuple(say(f"followed_{name}", lang) for name in names),
        rows=tuple(_row(each, lang) for each in shown),
        note=say("followed_note", lang, units="; ".join(dict.fromkeys(units))),
        numeric=(2, 3, 4, 5, 6),
    )


def followed_placebos(found: Found, lang: str) -> Figure | Prose:
    """Draw each effect among its placebos."""
    answers = answers_of(found)
    return placebos(answers, lang) if answers else paragraphs([say("followed_none", lang)])


def followed_curves(drawn: Pictures | None, about: Trial, found: Found, lang: str) -> Figure | Prose:
    """Draw the share still in by weeks, for participants and comparisons before and after the start."""
    if drawn is None or not drawn.curves:
        return paragraphs([say("followed_no_curve", lang)])
    groups = {say(f"group_{name}", lang): drawn.curves[name] for name in _GROUPS if name in drawn.curves}
    return survival(groups, _subject(about, found, lang), lang)


def followed_exits(
    drawn: Pictures | None, about: Trial, found: Found, lang: str, *, whose: str = "treated"
) -> Figure | Prose:
    """Draw the ways out as stacked shares, of participants ("treated") or comparisons ("others") after the start."""
    if drawn is None or f"{whose}_after" not in drawn.curves:
        return paragraphs([say("followed_no_curve", lang)])
    ways = [say(f"exit_{way}", lang) for way in drawn.ways]
    subject = _subject(about, found, lang, group=say(f"group_{whose}_after", lang))
    return exits(drawn.curves[f"{whose}_after"], ways, subject, lang, key=f"exits-{whose}")


def followed_hazards(drawn: Pictures | None, lang: str) -> Table | Prose:
    """Tabulate hazard ratios over all weeks and in pieces, with the test that they are one number."""
    if drawn is None or drawn.ratio is None or drawn.sure is None:
        return paragraphs([say("hazard_none", lang)])
    rows = [(say("hazard_all", lang), _ratio(drawn.ratio.value, drawn.sure, lang), small(drawn.sure.p, lang))]
    note = say("hazard_note", lang)
    if drawn.pieces is not None:
        ratios = drawn.pieces.ratios
        rows += [
            (say("hazard_weeks", lang, weeks=name.replace("-", "–")), _interval(value, low, high, lang), small(p, lang))
            for name, p, value, low, high in zip(
                ratios.names, ratios.adjusted, ratios.values, ratios.low, ratios.high, strict=True
            )
        ]
        key = "hazard_differs" if drawn.pieces.fault(1.0) else "hazard_alike"
        note = f"{note} {say(key, lang, p=small(drawn.pieces.p, lang))}"
    return Table(
        key="hazards",
        caption=say("hazard_caption", lang),
        headings=tuple(say(f"hazard_{name}", lang) for name in ("piece", "value", "p")),
        rows=tuple(rows),
        note=note,
        numeric=(1, 2),
    )


def finished_box(drawn: Pictures | None, lang: str) -> Table | Prose:
    """Show the mean over finished spells in a box of its own, with what is right and what theory says of the gap."""
    if drawn is None or drawn.naive is None:
        return paragraphs([say("naive_none", lang)])
    naive = drawn.naive
    weeks = number(naive.horizon, lang)
    numbers = (naive.mean, naive.theory, naive.restricted)
    keys = ("naive_mean", "naive_theory", "naive_right")
    return Table(
        key="naive",
        caption=say("naive_caption", lang),
        headings=(say("naive_what", lang), say("naive_weeks", lang)),
        rows=tuple(
            (say(key, lang, weeks=weeks), number(value, lang, decimals=1))
            for key, value in zip(keys, numbers, strict=True)
        ),
        note=say(
            "naive_note", lang, open=number(100 * (1 - naive.ended), lang), gap=_gap(naive.mean, naive.restricted, lang)
        ),
        numeric=(1,),
    )


def followed_limits(about: Trial, found: Found, lang: str) -> Prose:
    """Say what following persons does not show."""
    return bullets(_limits(about, found, lang))


def _gap(naive: float, right: float, lang: str) -> str:
    return number(naive - right, lang, decimals=1, signed=True)


def _short(each: Followed | Refused, lang: str) -> str:
    if isinstance(each, Refused):
        return say(
            "followed_refused", lang, outcome=of(each.outcome, "label", lang), weeks=number(each.measure.weeks, lang)
        )
    answer = each.answer
    why = say("because_and", lang).join(reason(one, answer.indicator, lang) for one in answer.verdict.reasons)
    ends = (answer.estimate.value, answer.inference.low, answer.inference.high)
    numbers = (number(end, lang, decimals=answer.indicator.decimals, signed=True) for end in ends)
    return say(
        "why_series" if answer.hidden or not bounded(answer.inference) else "followed_said",
        lang,
        series=of(answer.indicator, "label", lang),
        verdict=verdict_word(answer, lang),
        unit=of(answer.indicator, "unit", lang),
        grade=answer.verdict.grade,
        reason=why,
        **dict(zip(("effect", "low", "high"), numbers, strict=True)),
    )


def _definitions(room: DataRoom, about: Trial, found: Found, lang: str) -> Iterator[str]:
    shown = [each for each in found if isinstance(each, Followed)]
    table = found[0].measure.table if found else "spells"
    rule = gap_rule(room)
    yield say(f"defined_{table}", lang, benefits=listed(benefits_of(about), lang) or say("unknown", lang))
    if table != "cases":
        yield say("defined_gap_unknown", lang) if rule is None else getattr(rule, f"text_{lang}")
    for each in shown[:1]:
        yield say("defined_data", lang, date=day(each.end_of_data, lang))
        yield say(
            "defined_start", lang, first=day(min(each.starts.values()), lang), last=day(max(each.starts.values()), lang)
        )
        if each.event_day is not None and each.answer.ended_by is not None:
            event = of(each.answer.ended_by, "title", lang)
            yield say("defined_event", lang, date=day(each.event_day, lang), event=event)
    for each in shown:
        yield _defined(each, lang)
        if each.cut:
            yield _young(each, lang)


def _design(answers: Sequence[Answer], lang: str) -> Iterator[str]:
    if not answers:
        yield say("followed_none", lang)
        return
    panel = answers[0].estimate.panel
    treated = int(panel.treated.sum())
    yield say("followed_compare", lang, treated=treated, controls=len(panel.units) - treated)
    excluded = {code: event for each in answers for code, event in each.excluded.items()}
    if excluded:
        yield say("followed_excluded", lang, names=listed(sorted(map(name_of, excluded)), lang))
    before = answers[0].before
    yield say("followed_before", lang, pre=span(before.pre, lang), post=span(before.post, lang))


def _inflows(found: Found, lang: str) -> Iterator[str]:
    """Say how the number who enter changed; outcomes of the same quarters and persons share it."""
    for each in [each for each in found if isinstance(each, Followed)][:1]:
        yield say(
            "followed_inflow",
            lang,
            change=number(each.inflow.estimate.value, lang, decimals=1, signed=True),
            p=small(each.inflow.inference.p, lang),
            tolerated=number(each.inflow.tolerated, lang),
        )


def _defined(each: Followed, lang: str) -> str:
    about = each.answer.indicator
    return say(
        f"measure_{each.measure.measure}",
        lang,
        outcome=of(about, "label", lang),
        horizon=number(each.measure.horizon, lang),
        to=say(f"exit_{each.measure.to}", lang).lower() if each.measure.to else say("exit_any", lang),
        spells=number(each.spells, lang),
        margin=number(about.margin, lang, decimals=1),
        unit=of(about, "unit", lang),
    )


def _young(each: Followed, lang: str) -> str:
    quarters = listed((span((label, label), lang) for label in each.cut), lang)
    return say("defined_young", lang, quarters=quarters, weeks=number(each.measure.horizon, lang))


def _row(each: Followed, lang: str) -> tuple[str, ...]:
    answer, decimals = each.answer, each.answer.indicator.decimals
    drift = number(answer.before.estimate.value, lang, decimals=decimals, signed=True)
    return (
        of(answer.indicator, "label", lang),
        say("periods_span", lang, pre=span(answer.pre, lang), post=span(answer.post, lang)),
        _effect(Local(answer.estimate, answer.inference), decimals, lang),
        small(answer.inference.p, lang),
        number(answer.inference.smallest_detectable, lang, decimals=decimals),
        say("drift_p", lang, drift=drift, p=small(answer.before.inference.p, lang)),
        "–" if each.kept is None else _effect(each.kept, decimals, lang),
        verdict_word(answer, lang),
    )


def _effect(said: Local, decimals: int, lang: str) -> str:
    ends = (said.estimate.value, said.inference.low, said.inference.high)
    effect, low, high = (number(end, lang, decimals=decimals, signed=True) for end in ends)
    return say("effect_interval", lang, effect=effect, low=low, high=high)


def _ratio(value: float, sure: Inference, lang: str) -> str:
    return _interval(value, sure.low, sure.high, lang)


def _interval(value: float, low: float, high: float, lang: str) -> str:
    ends = (number(float(np.exp(each)), lang, decimals=2) for each in (value, low, high))
    return say("effect_interval", lang, **dict(zip(("effect", "low", "high"), ends, strict=True)))


def _subject(about: Trial, found: Found, lang: str, *, group: str = "") -> Subject:
    first = next(each for each in found if isinstance(each, Followed))
    series = first.answer.indicator
    synthetic = first.answer.synthetic
    source = say("synthetic", lang) if synthetic else of(series, "source", lang)
    return Subject(group or of(about, "title", lang), of(series, "unit", lang), series.decimals, source, synthetic)


def _unseen(about: Trial, found: Found, lang: str) -> Iterator[str]:
    """Say whom the effect is on, and which of the trial's outcomes the page does not measure."""
    yield say("limit_diluted", lang)
    measured = {each.measure.key for each in found}
    others = [of(each, "label", lang) for each in about.outcomes if each.key not in measured]
    if others:
        yield say("limit_others", lang, others=listed((f"»{each}«" for each in others), lang))


def _limits(about: Trial, found: Found, lang: str) -> Iterator[str]:
    whom, *others = _unseen(about, found, lang)
    yield whom
    yield say("limit_before", lang)
    if (found[0].measure.table if found else "spells") != "months":
        yield say("limit_censoring", lang)
    yield from others
