"""The short answer, and what was tried: where, since when, for whom."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from frikommune.calendar import last_clean_day
from frikommune.claims import Claim, ledger, uses
from frikommune.inference import Inference
from frikommune.municipalities import name_of
from frikommune.official import Answer
from frikommune.sections.published import printed
from frikommune.tables import Table
from frikommune.trials import EARLIEST_ROUND, LATEST_ROUND, Outcome, Trial, others_of
from frikommune.words import Prose, capital, counted, day, listed, number, of, say, terms, uncapital

_MOST_CLAIMS = 2  # in the short answer; the ledger has all
_KINDS = {"outcomes": ("outcome",), "uses": ("use", "saving"), "opinions": ("perception", "judgement", "claim")}


def in_short(about: Trial, answers: Sequence[Answer], lang: str) -> Prose:
    """Say what was tried, what is claimed, what can be said, how sure that is, and what it does not show.

    Args:
        about: The trial.
        answers: What the official series say of it; none when its municipalities are not known.
        lang: Language.
    """
    return terms(
        [
            (say("tried", lang), tried(about, lang)),
            (say("claimed", lang), claimed(about, lang)),
            (say("said", lang), _said(about, answers, lang)),
            (say("how_sure", lang), how_sure(about, answers, lang)),
            (say("not_shown", lang), " ".join(_not_shown(about, answers, lang))),
        ]
    )


def facts(about: Trial, lang: str) -> Table:
    """Tabulate what the trial was; what is unknown is said to be."""
    return Table(
        key="facts",
        caption=say("facts_caption", lang),
        headings=(say("facts_what", lang), say("facts_value", lang)),
        rows=tuple(_facts(about, lang)),
    )


def _facts(about: Trial, lang: str) -> Iterator[tuple[str, str]]:
    unknown = say("unknown", lang)
    used = uses(about.key)
    yield say("waived", lang), capital(of(about, "waived", lang))
    yield say("target", lang), capital(of(about, "target", lang))
    yield say("where", lang), listed(sorted(map(name_of, about.municipalities)), lang) or unknown
    yield say("since", lang), _since(about, lang)
    yield say("used", lang), unknown if used is None else say("used_times", lang, uses=number(used, lang))
    yield say("meant", lang), capital("; ".join(_meant(each, lang) for each in about.outcomes)) or unknown
    yield say("law", lang), of(about.national_law, "text", lang)
    yield say("clean", lang), day(last_clean_day(about.key, about.first_possible_start, about.clean_end), lang)
    yield say("theme", lang), _theme(about, lang)


def _since(about: Trial, lang: str) -> str:
    if about.earliest_start is None:
        return say("since_unknown", lang, first=day(EARLIEST_ROUND, lang), last=day(LATEST_ROUND, lang))
    return say("since_round", lang, date=day(about.earliest_start, lang), round=about.round)


def _meant(outcome: Outcome, lang: str) -> str:
    return say(f"meant_{outcome.better}", lang, label=of(outcome, "label", lang))


def _theme(about: Trial, lang: str) -> str:
    theme = say(f"theme_{about.theme}", lang)
    return theme if about.theme_basis == "named" else say("theme_inferred", lang, theme=theme)


def tried(about: Trial, lang: str) -> str:
    """Say what was tried, where and since when."""
    return f"{capital(of(about, 'waived', lang))}. {_tried_where(about, lang)}"


def _tried_where(about: Trial, lang: str) -> str:
    if not about.municipalities:
        return say("tried_unknown_where", lang)
    where = counted("municipalities", len(about.municipalities), lang)
    if about.earliest_start is None:
        return say("tried_where", lang, where=where)
    return say("tried_since", lang, where=where, date=day(about.earliest_start, lang))


def claimed(about: Trial, lang: str) -> str:
    """Say what was published that comes nearest to a result, and how much there is of each kind."""
    claims = [entry.claim for entry in ledger(about.key)]
    counts = {name: sum(claim.kind in kinds for claim in claims) for name, kinds in _KINDS.items()}
    if not any(counts.values()):
        return say("claimed_nothing", lang)
    kinds = listed((counted(name, n, lang) for name, n in counts.items() if n), lang)
    first = (f"{of(claim, 'text', lang)}: {printed(claim, lang).rstrip('.')}." for claim in _foremost(claims))
    return " ".join([*first, say("claimed_counts", lang, kinds=kinds)])


def _foremost(claims: Sequence[Claim]) -> list[Claim]:
    """Return the two claims with a number that come nearest to a result: outcomes, else opinions, else uses."""
    for kinds in (("outcome",), ("perception",), ("judgement",), ("use", "saving")):
        if found := [each for each in claims if each.kind in kinds and each.value]:
            return found[:_MOST_CLAIMS]
    return []


def _said(about: Trial, answers: Sequence[Answer], lang: str) -> str:
    used = uses(about.key)
    if used == 0:
        return say("said_never", lang)
    if not answers:
        return say("said_unknown_where", lang)
    shown = [each for each in answers if not each.hidden]
    if not shown:
        key = "said_unseen" if used is None else "said_too_few"
        return say(key, lang, uses=number(used or 0, lang), series=number(len(answers), lang))
    said = [_change(each, lang) for each in shown]
    if not {each.verdict.kind for each in shown} & {"better", "not worse", "worse"}:
        said.insert(0, say("said_open", lang))
    if len(shown) < len(answers):
        said.append(counted("said_rest", len(answers) - len(shown), lang))
    return " ".join(said)


def _change(answer: Answer, lang: str) -> str:
    ends = (answer.estimate.value, answer.inference.low, answer.inference.high)
    effect, low, high = (number(end, lang, decimals=answer.indicator.decimals, signed=True) for end in ends)
    return say(
        "said_series" if bounded(answer.inference) else "said_series_unbounded",
        lang,
        series=of(answer.indicator, "label", lang),
        verdict=verdict_word(answer, lang),
        effect=effect,
        unit=of(answer.indicator, "unit", lang),
        low=low,
        high=high,
    )


def how_sure(about: Trial, answers: Sequence[Answer], lang: str, *, key: str = "sure_grade") -> str:
    """Say the evidence grade, beside that of what was published."""
    published = max((entry.claim.grade for entry in ledger(about.key)), default=0)
    if not answers or uses(about.key) == 0:
        return say("sure_nothing", lang)
    grade = max(each.verdict.grade for each in answers)
    return say(key, lang, grade=grade, published=published)


def _not_shown(about: Trial, answers: Sequence[Answer], lang: str) -> Iterator[str]:
    if about.outcomes:
        outcomes = listed((uncapital(of(each, "label", lang)) for each in about.outcomes), lang)
        yield say("not_shown_outcomes", lang, outcomes=outcomes)
    if answers:
        yield say("not_shown_everybody", lang)
    most = most_others(about)
    if not most:
        yield say("not_shown_why", lang)
    else:
        yield say(f"not_shown_others_{one_or_n(about)}", lang, most=number(most, lang))


def one_or_n(about: Trial) -> Literal["1", "n"]:
    """Return the form of a phrase about the municipality or municipalities of a trial."""
    return "1" if len(about.municipalities) == 1 else "n"


def most_others(about: Trial) -> int:
    """Return in how many other trials of the network one of a trial's municipalities was, at most."""
    return max((len(others_of(code, about)) for code in about.municipalities), default=0)


def bounded(inference: Inference) -> bool:
    """Tell whether there are placebo sets enough for an interval."""
    return bool(np.isfinite([inference.low, inference.high]).any())


def verdict_word(answer: Answer, lang: str) -> str:
    """Return the verdict in a word."""
    return say(f"verdict_{answer.verdict.kind.replace(' ', '_')}", lang)
