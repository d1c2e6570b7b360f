"""The short answer, and what was tried: where, since when, for whom."""

from collections.abc import Iterator, Sequence

from frikommune.calendar import last_clean_day
from frikommune.claims import ledger, uses
from frikommune.municipalities import name_of
from frikommune.official import Answer
from frikommune.tables import Table
from frikommune.trials import EARLIEST_ROUND, LATEST_ROUND, Outcome, Trial
from frikommune.words import Prose, capital, counted, day, listed, number, of, say, terms


def in_short(about: Trial, answers: Sequence[Answer], lang: str) -> Prose:
    """Say what was tried, what is claimed, what can be said, and how sure that is.

    Args:
        about: The trial.
        answers: What the official series say of it; none when its municipalities are not known.
        lang: Language.
    """
    return terms(
        [
            (say("tried", lang), f"{capital(of(about, 'waived', lang))}."),
            (say("claimed", lang), _claimed(about, lang)),
            (say("said", lang), _said(about, answers, lang)),
            (say("how_sure", lang), _how_sure(about, answers, lang)),
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


def _claimed(about: Trial, lang: str) -> str:
    kinds = [entry.claim.kind for entry in ledger(about.key)]
    outcomes = kinds.count("outcome")
    used = kinds.count("use") + kinds.count("saving")
    opinions = kinds.count("perception") + kinds.count("judgement") + kinds.count("claim")
    if not outcomes + used + opinions:
        return say("claimed_nothing", lang)
    text = say(
        "claimed_counts",
        lang,
        outcomes=counted("outcomes", outcomes, lang),
        uses=counted("uses", used, lang),
        opinions=counted("opinions", opinions, lang),
    )
    return capital(text)


def _said(about: Trial, answers: Sequence[Answer], lang: str) -> str:
    used = uses(about.key)
    if used == 0:
        return say("said_never", lang)
    if not answers:
        return say("said_unknown_where", lang)
    if all(each.hidden for each in answers):
        key = "said_unseen" if used is None else "said_too_few"
        return say(key, lang, uses=number(used or 0, lang), series=number(len(answers), lang))
    series = [
        say("said_series", lang, series=of(each.indicator, "label", lang), verdict=verdict_word(each, lang))
        for each in answers
    ]
    return " ".join([*series, say("said_not_measured", lang)])


def _how_sure(about: Trial, answers: Sequence[Answer], lang: str) -> str:
    published = max((entry.claim.grade for entry in ledger(about.key)), default=0)
    if not answers or uses(about.key) == 0:
        return say("sure_nothing", lang)
    grade = max(each.verdict.grade for each in answers)
    return say("sure_grade", lang, grade=grade, published=published)


def verdict_word(answer: Answer, lang: str) -> str:
    """Return the verdict in a word."""
    return say(f"verdict_{answer.verdict.kind.replace(' ', '_')}", lang)
