"""The effect among its placebos, one panel a series."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from frikommune.figures.canvas import PLACEBO, QUIET, TRIAL, Figure, counted, finish, heading, numbered, sheet, styled
from frikommune.figures.subjects import subject
from frikommune.official import Answer
from frikommune.words import listed, number, of, percent, reason, say

Whose = Literal["trial", "network"]


def placebos(answers: Sequence[Answer], lang: str, *, whose: Whose = "trial") -> Figure:
    """Draw the effect among its placebos, one panel a series.

    Where no effect could be seen, none is drawn: at most the largest change that the recorded uses could make.

    Args:
        answers: What the official series say; at least one.
        lang: Language.
        whose: Whether they are about one trial's municipalities or the eleven of the network.
    """
    key = "placebos" if whose == "trial" else "placebos-network"
    with styled(key):
        canvas, panels = sheet([1.2] * len(answers), lang, synthetic=answers[0].synthetic, above=0.55, below=0.32)
        for axes, answer in zip(panels, answers, strict=True):
            _draw(axes, answer, lang, whose)
        return finish(
            canvas,
            lang,
            key=key,
            title=say("figure_title", lang),
            words=" ".join([say("figure_alt", lang), *(_words(each, lang) for each in answers)]),
            caption=say("figure_caption", lang, source=sources(answers, lang), schemes=_schemes(answers, lang)),
        )


def sources(answers: Sequence[Answer], lang: str) -> str:
    """Name the sources of some answers, each once."""
    return " · ".join(dict.fromkeys(subject(each, lang).source for each in answers))


def _schemes(answers: Sequence[Answer], lang: str) -> str:
    """Say how the placebo sets that are drawn lie."""
    names = dict.fromkeys(say(f"lying_{each.inference.scheme}", lang) for each in answers)
    return listed(names, lang)


def _draw(axes: Axes, answer: Answer, lang: str, whose: Whose) -> None:
    about = subject(answer, lang)
    counts, edges = np.histogram(answer.inference.draws, bins=_bins(answer))
    axes.stairs(counts, edges, fill=True, color=PLACEBO)
    axes.stairs(counts, edges, color=QUIET, linewidth=0.6)
    axes.axvline(0, color=QUIET, linewidth=0.8)
    mark = _mark(axes, answer, lang, whose)
    heading(axes, f"{about.label} ({about.unit})", mark)
    axes.set_ylabel(say("figure_count", lang))
    numbered(axes, lang, along="x", ticks=6)
    counted(axes, lang, along="y", ticks=3)


def _mark(axes: Axes, answer: Answer, lang: str, whose: Whose) -> str:
    """Draw the effect, or what the uses could have done at most, and return what to call it."""
    decimals = answer.indicator.decimals
    if not answer.hidden:
        axes.axvline(answer.estimate.value, color=TRIAL, linewidth=2.2)
        effect = number(answer.estimate.value, lang, decimals=decimals, signed=True)
        return say("figure_effect" if whose == "trial" else "figure_effect_network", lang, effect=effect)
    if not answer.ceiling or answer.verdict.reasons[0].key != "too_few_uses":
        return say("figure_unseen", lang)
    for side in (-1, 1):
        axes.axvline(side * answer.ceiling, color=TRIAL, linewidth=1.6, linestyle="--")
    return say("figure_ceiling", lang, ceiling=number(answer.ceiling, lang, decimals=decimals + 2))


def _bins(answer: Answer) -> list[float]:
    """Return the edges of 40 bins that hold every placebo and the effect, with zero on an edge."""
    shown = [0.0] if answer.hidden else [answer.estimate.value]
    widest = float(np.abs([*answer.inference.draws, *shown]).max())
    return [float(edge) for edge in np.linspace(-widest, widest, 41)]


def _words(answer: Answer, lang: str) -> str:
    about, draws = answer.indicator, answer.inference.draws
    low, high = (
        number(float(end), lang, decimals=about.decimals, signed=True) for end in np.quantile(draws, [0.025, 0.975])
    )
    filled = {"series": of(about, "label", lang), "unit": of(about, "unit", lang), "low": low, "high": high}
    if answer.hidden:
        return say("figure_alt_unseen", lang, reason=reason(answer.verdict.reasons[0], about, lang), **filled)
    effect = number(answer.estimate.value, lang, decimals=about.decimals, signed=True)
    share = percent(float((np.abs(draws) >= abs(answer.estimate.value)).mean()), lang)
    return say("figure_alt_series", lang, effect=effect, share=share, **filled)
