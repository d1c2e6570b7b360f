"""What the page does not show, what it would take, and where everything comes from."""

from collections.abc import Iterator, Sequence

from frikommune.claims import ledger
from frikommune.dataroom import DataRoom
from frikommune.official import Answer
from frikommune.power import MOST
from frikommune.sections.background import most_others, one_or_n
from frikommune.shipped import read_toml
from frikommune.trials import Trial
from frikommune.version import __version__
from frikommune.words import Prose, bullets, listed, month, number, of, say, uncapital, warning


def limits(about: Trial, answers: Sequence[Answer], lang: str) -> Prose:
    """Say what the page cannot show, and why."""
    return bullets(_limits(about, answers, lang))


def recommendations(about: Trial, answers: Sequence[Answer], lang: str) -> Prose:
    """Say what it would have taken: how many municipalities, and what to record."""
    return bullets(
        [
            *(_advice(each, lang) for each in answers),
            *(say(f"advice_{name}", lang) for name in _advised(about)),
        ]
    )


def sources(about: Trial, room: DataRoom, answers: Sequence[Answer], lang: str) -> Prose:
    """List the documents, series and files behind the page.

    Args:
        about: The trial.
        room: The data room.
        answers: What was made of it.
        lang: Language.
    """
    return bullets(_sources(about, room, answers, lang))


def synthetic(room: DataRoom, lang: str) -> Prose | None:
    """Warn that the municipal figures are made up, where they are."""
    return warning(say("synthetic_page", lang)) if room.synthetic else None


def _limits(about: Trial, answers: Sequence[Answer], lang: str) -> Iterator[str]:
    if answers:
        yield say("limit_everybody", lang, target=of(about, "target", lang))
    if about.outcomes:
        outcomes = listed((uncapital(of(each, "label", lang)) for each in about.outcomes), lang)
        yield say("limit_outcomes", lang, outcomes=outcomes)
    most = most_others(about)
    if most:
        yield say(f"limit_others_{one_or_n(about)}", lang, most=number(most, lang))
    if len(about.municipalities) > 1:
        yield say("limit_region", lang)
    yield say("limit_start", lang)
    if any(entry.claim.kind != "rule" for entry in ledger(about.key)):
        yield say("limit_published", lang)


def _advice(answer: Answer, lang: str) -> str:
    about = answer.indicator
    filled = {
        "series": of(about, "label", lang),
        "margin": number(about.margin, lang, decimals=about.decimals),
        "unit": of(about, "unit", lang),
    }
    if answer.needed is None:
        return say("advice_power_never", lang, most=number(MOST, lang), **filled)
    return say("advice_power", lang, needed=number(answer.needed, lang), **filled)


def _advised(about: Trial) -> tuple[str, ...]:
    return (*(("register",) if about.outcomes else ()), "uses", "start", "margin")


def _sources(about: Trial, room: DataRoom, answers: Sequence[Answer], lang: str) -> Iterator[str]:
    documents = read_toml("documents.toml")
    for key in about.sources:
        each = documents[key]
        yield say(
            "sources_document",
            lang,
            title=each[f"title_{lang}"],
            date=month(each["date"], lang),
            note=each[f"note_{lang}"],
        )
    if room.synthetic:
        yield say("sources_synthetic", lang, version=__version__)
    else:
        for each in answers:
            yield say(
                "sources_series",
                lang,
                series=of(each.indicator, "label", lang),
                source=of(each.indicator, "source", lang),
            )
        yield from _files(room, lang)


def _files(room: DataRoom, lang: str) -> Iterator[str]:
    for each in room.files:
        yield say(
            "sources_file",
            lang,
            name=each.name,
            rows=number(each.rows, lang),
            kept=number(each.kept, lang),
            others=number(each.others, lang),
            missing=number(each.missing, lang),
            digest=f"{each.sha256[:16]}…",
        )
