"""What the official series say: how it was asked, the table, and how to read it."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from frikommune.calendar import Event
from frikommune.estimate import Estimate
from frikommune.inference import Inference, row_of
from frikommune.municipalities import name_of
from frikommune.official import Answer, Local
from frikommune.sections.background import bounded, verdict_word
from frikommune.tables import Table, described
from frikommune.words import (
    Numeral,
    Numerals,
    Prose,
    bullets,
    day,
    formula,
    listed,
    number,
    of,
    paragraphs,
    reason,
    say,
    small,
    span,
    together,
    uncapital,
)

_EFFECT = (
    r"\hat{\tau} = \sum_{g} w_g \left( \bar{Y}_{g1} - \bar{Y}_{g0} \right)"
    r" - \sum_{h} v_h \left( \bar{Y}_{h1} - \bar{Y}_{h0} \right)"
)


def method(answers: Sequence[Answer], lang: str) -> Prose:
    """Say how the comparison was made, whom it leaves out, and where its window ends."""
    if not answers:
        return paragraphs([say("method_none", lang)])
    controls = number(int((~answers[0].estimate.panel.treated).sum()), lang)
    compared = say("method_compare", lang, controls=controls, design=say("design_did", lang))
    return together([paragraphs([compared]), formula(_EFFECT, lang), paragraphs(_method(answers, lang))])


def trial_table(answers: Sequence[Answer], lang: str) -> Table | Prose:
    """Tabulate what each official series says of a trial's own municipalities."""
    if not answers:
        return paragraphs([say("read_none", lang)])
    n = int(answers[0].estimate.panel.treated.sum())
    caption = say("answers_caption_1", lang) if n == 1 else say("answers_caption", lang, n=n)
    return _table("series", caption, answers, lang)


def network_table(answers: Sequence[Answer], lang: str) -> Table:
    """Tabulate what each official series says of the eleven municipalities together."""
    return _table("network", say("network_caption", lang), answers, lang)


def trial_methods(answers: Sequence[Answer], lang: str) -> Table | Prose:
    """Tabulate how sure each method of inference is of a trial's answers, and say which one rules and why."""
    return (
        _methods("methods", say("how_caption", lang), answers, lang)
        if answers
        else paragraphs([say("read_none", lang)])
    )


def network_methods(answers: Sequence[Answer], lang: str) -> Table:
    """Tabulate the same for the eleven municipalities together."""
    return _methods("methods-network", say("how_caption_network", lang), answers, lang)


def reading(answers: Sequence[Answer], lang: str) -> Prose:
    """Say in words what each series can and cannot show, and why."""
    return bullets(_why(each, lang) for each in answers)


def reading_network(answers: Sequence[Answer], lang: str) -> Prose:
    """Say whether the network's overall conclusion can be upheld, and which number looks like an effect and is none."""
    return paragraphs(_reading_network(answers, lang))


def _method(answers: Sequence[Answer], lang: str) -> Iterator[str]:
    first = answers[0]
    yield say("method_formula", lang)
    yield say("method_sure", lang, placebos=number(len(first.inference.draws), lang))
    yield say("method_check", lang)
    excluded = {code: event for each in answers for code, event in each.excluded.items()}
    for names, why in _by_event(excluded, lang):
        yield say("method_excluded", lang, names=names, why=why)
    for names, why in _by_event(first.spoilt, lang):
        yield say("method_spoilt", lang, names=names, why=why)
    if first.ended_by is not None:
        yield say("method_end", lang, event=of(first.ended_by, "title", lang), date=day(first.ended_by.start, lang))
    yield say("method_margin", lang, margins=listed((_margin(each, lang) for each in answers), lang))


def _by_event(met: dict[int, Event], lang: str) -> Iterator[tuple[str, str]]:
    ordered = sorted(met.items(), key=lambda pair: (pair[1].key, pair[0]))
    for _, group in groupby(ordered, key=lambda pair: pair[1].key):
        pairs = list(group)
        yield listed((name_of(code) for code, _ in pairs), lang), of(pairs[0][1], "title", lang)


def _margin(answer: Answer, lang: str) -> str:
    about = answer.indicator
    return say(
        "margin_of",
        lang,
        margin=number(about.margin, lang, decimals=about.decimals),
        unit=of(about, "unit", lang),
        series=uncapital(of(about, "label", lang)),
    )


def _table(key: str, caption: str, answers: Sequence[Answer], lang: str) -> Table:
    names = ("series", "periods", "effect", "p_value", "detectable", "drift", "verdict")
    units = (f"{of(each.indicator, 'label', lang)}: {of(each.indicator, 'unit', lang)}" for each in answers)
    return Table(
        key=key,
        caption=caption,
        headings=tuple(say(name, lang) for name in names),
        rows=tuple(_row(each, lang) for each in answers),
        note=say(
            "answers_note",
            lang,
            units="; ".join(units),
            placebos=number(len(answers[0].inference.draws), lang),
            before="; ".join(dict.fromkeys(_before(each, lang) for each in answers)),
        ),
        numeric=(2, 3, 4, 5),
        about=described(lang, n=_municipalities(answers[0], lang), source=_sources(answers, lang)),
    )


def _municipalities(answer: Answer, lang: str) -> str:
    treated = int(answer.estimate.panel.treated.sum())
    others = len(answer.estimate.panel.units) - treated
    return say("table_municipalities", lang, treated=number(treated, lang), others=number(others, lang))


def _sources(answers: Sequence[Answer], lang: str) -> str:
    if answers[0].synthetic:
        return say("synthetic", lang)
    return " · ".join(dict.fromkeys(of(each.indicator, "source", lang) for each in answers))


def _methods(key: str, caption: str, answers: Sequence[Answer], lang: str) -> Table:
    names = ("how", "effect", "p", "detectable", "how_rules")
    return Table(
        key=key,
        caption=caption,
        headings=tuple(say(name, lang) for name in names),
        rows=tuple(row for each in answers for row in _asked(each, lang)),
        note=" ".join([say("how_note", lang), *_measured(answers[0].estimate, lang)]),
        numeric=(1, 2, 3),
    )


def _asked(answer: Answer, lang: str) -> Iterator[tuple[str, ...]]:
    """Return a row for every method, the one that rules marked, and one for the comparison within the region."""
    for each in answer.inference.parts:
        rules = "how_yes" if each.method == answer.inference.method else "how_no"
        df = "" if np.isnan(each.df) else number(each.df, lang, decimals=1)
        how = say(f"way_{each.method}", lang, df=df)
        yield _how(answer, how, Local(answer.estimate, each), lang, rules=say(rules, lang))
    if answer.local is not None:
        controls = int((~answer.local.estimate.panel.treated).sum())
        how = say("how_local", lang, controls=number(controls, lang))
        yield _how(answer, how, answer.local, lang, rules=say("how_beside", lang))


def _how(answer: Answer, how: str, said: Local, lang: str, *, rules: str) -> tuple[str, ...]:
    estimate, inference = said.estimate, said.inference
    seen = inference.smallest_detectable
    effect = say("effect_hidden", lang) if answer.hidden else _interval(answer, estimate, inference, lang)
    return (
        say("how_series", lang, series=of(answer.indicator, "label", lang), how=how),
        effect,
        "–" if answer.hidden else small(inference.p, lang),
        number(seen, lang, decimals=answer.indicator.decimals) if np.isfinite(seen) else "–",
        rules,
    )


def _measured(estimate: Estimate, lang: str) -> Iterator[str]:
    """Say what was measured of the methods that are asked of so many treated municipalities."""
    row = row_of(estimate)
    if row is None:
        return
    yield say("how_measured", lang, **_rate(row.simulated, row.simulated_error, lang))
    if not np.isnan(row.real):
        yield say("how_real", lang, **_rate(row.real, row.real_error, lang))


def _rate(share: float, error: float, lang: str) -> dict[str, str]:
    return {"share": number(100 * share, lang, decimals=1), "error": number(100 * error, lang, decimals=1)}


def _before(answer: Answer, lang: str) -> str:
    return say("periods_span", lang, pre=span(answer.before.pre, lang), post=span(answer.before.post, lang))


def _row(answer: Answer, lang: str) -> tuple[str, ...]:
    decimals = answer.indicator.decimals
    periods = say("periods_span", lang, pre=span(answer.pre, lang), post=span(answer.post, lang))
    drift = number(answer.before.estimate.value, lang, decimals=decimals, signed=True)
    return (
        of(answer.indicator, "label", lang),
        periods,
        say("effect_hidden", lang) if answer.hidden else _interval(answer, answer.estimate, answer.inference, lang),
        "–" if answer.hidden else small(answer.inference.p, lang),
        number(answer.inference.smallest_detectable, lang, decimals=decimals),
        _together("drift_p", {"drift": drift, "p": small(answer.before.inference.p, lang)}, lang),
        verdict_word(answer, lang),
    )


def _interval(answer: Answer, estimate: Estimate, inference: Inference, lang: str) -> str:
    ends = {"effect": estimate.value, "low": inference.low, "high": inference.high}
    said = {name: number(end, lang, decimals=answer.indicator.decimals, signed=True) for name, end in ends.items()}
    return _together("effect_interval" if bounded(inference) else "effect_unbounded", said, lang)


def _together(key: str, said: dict[str, Numeral], lang: str) -> Numerals:
    """Return a phrase of several numbers, which a workbook sets in a column each."""
    return Numerals(say(key, lang, **said), {say(f"part_{name}", lang): each for name, each in said.items()})


def _why(answer: Answer, lang: str) -> str:
    reasons = say("because_and", lang).join(reason(each, answer.indicator, lang) for each in answer.verdict.reasons)
    label = of(answer.indicator, "label", lang)
    return say("why_series", lang, series=label, verdict=verdict_word(answer, lang), reason=reasons)


def _reading_network(answers: Sequence[Answer], lang: str) -> Iterator[str]:
    which = (
        say("series_says", lang, series=uncapital(of(each.indicator, "label", lang)), verdict=verdict_word(each, lang))
        for each in answers
    )
    yield say("network_reading", lang, which=listed(which, lang))
    for each in answers:
        drift = each.before.estimate.value
        large = abs(each.estimate.value) > each.indicator.margin
        if each.verdict.kind == "not identified" and large and drift * each.estimate.value > 0:
            yield _not_evidence(each, lang)
    yield say("network_warning", lang, why="; ".join(_waivers_elsewhere(answers, lang)))


def _waivers_elsewhere(answers: Sequence[Answer], lang: str) -> Iterator[str]:
    met = {code: event for each in answers for code, event in each.compared_anyway.items()}
    for names, why in _by_event(met, lang):
        yield f"{names}: {why}"


def _not_evidence(answer: Answer, lang: str) -> str:
    decimals = answer.indicator.decimals
    return say(
        "not_evidence",
        lang,
        effect=number(answer.estimate.value, lang, decimals=decimals, signed=True),
        unit=of(answer.indicator, "unit", lang),
        series=uncapital(of(answer.indicator, "label", lang)),
        p=small(answer.inference.p, lang),
        drift=number(answer.before.estimate.value, lang, decimals=decimals, signed=True),
        drift_p=small(answer.before.inference.p, lang),
    )
