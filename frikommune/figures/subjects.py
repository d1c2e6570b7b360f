"""What an answer's numbers are, for the figures that are drawn of it."""

from frikommune.figures.canvas import Subject
from frikommune.official import Answer
from frikommune.words import of, say


def subject(answer: Answer, lang: str) -> Subject:
    """Say in a language what the numbers of an answer are.

    Args:
        answer: What an official series says.
        lang: Language.
    """
    about = answer.indicator
    source = say("synthetic", lang) if answer.synthetic else of(about, "source", lang)
    return Subject(of(about, "label", lang), of(about, "unit", lang), about.decimals, source, answer.synthetic)
