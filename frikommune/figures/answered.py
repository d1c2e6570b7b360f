"""The figures of a trial's page, drawn of its answers."""

from collections.abc import Sequence
from dataclasses import replace

from frikommune.figures.canvas import Figure
from frikommune.figures.choices import specifications
from frikommune.figures.maps import country
from frikommune.figures.paths import against, path
from frikommune.figures.placebos import Whose
from frikommune.figures.subjects import subject
from frikommune.figures.verdicts import needed
from frikommune.official import Alternatives, Answer, History
from frikommune.words import say


def over_time(histories: Sequence[History], lang: str, *, whose: Whose = "trial") -> Figure | None:
    """Draw the effect of every answer by periods since the start; nothing where none can be shown.

    Args:
        histories: The answers that show an effect, each over time.
        lang: Language.
        whose: Whether they are about one trial's municipalities or the eleven of the network.
    """
    drawn = [(subject(each.answer, lang), each.band) for each in histories]
    return path(drawn, lang, key=_key("path", whose)) if drawn else None


def levels(answers: Sequence[Answer], lang: str, *, whose: Whose = "trial") -> Figure | None:
    """Draw the treated against their comparison in every answer that shows an effect; nothing where none does.

    Args:
        answers: What the official series say.
        lang: Language.
        whose: Whether they are about one trial's municipalities or the eleven of the network.
    """
    drawn = [(subject(each, lang), each.estimate) for each in answers if not each.hidden]
    return against(drawn, lang, key=_key("against", whose)) if drawn else None


def where(answers: Sequence[Answer], lang: str, *, whose: Whose = "trial") -> Figure | None:
    """Draw who takes part and who they are compared with, by the weights of the first answer.

    Args:
        answers: What the official series say.
        lang: Language.
        whose: Whether they are about one trial's municipalities or the eleven of the network.
    """
    return (
        country(answers[0].estimate, subject(answers[0], lang), lang, key=_key("country", whose)) if answers else None
    )


def other_choices(found: Alternatives | None, lang: str) -> Figure | None:
    """Draw the effect by every combination of choices; nothing where no series shows an effect.

    Args:
        found: An answer with its alternatives.
        lang: Language.
    """
    if found is None:
        return None
    named = tuple(replace(each, panel=say(f"curve_panel_{each.panel}", lang)) for each in found.curve.specifications)
    return specifications(replace(found.curve, specifications=named), subject(found.answer, lang), lang)


def what_it_takes(found: Alternatives | None, lang: str) -> Figure | None:
    """Draw what could be seen by number of municipalities; nothing where no series shows an effect.

    Args:
        found: An answer with its alternatives.
        lang: Language.
    """
    if found is None:
        return None
    return needed(found.reaches, found.answer.indicator.margin, subject(found.answer, lang), lang)


def _key(name: str, whose: Whose) -> str:
    return name if whose == "trial" else f"{name}-network"
