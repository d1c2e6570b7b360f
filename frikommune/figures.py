"""Figures for a page: drawn from numbers already computed, with the words that say what they show.

Drawn without pyplot, so that nothing is left open; the same numbers give the same bytes.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from frikommune.official import Answer
from frikommune.words import listed, number, of, percent, reason, say

# Colour-blind safe (Okabe & Ito), and never the only sign: lines differ in style and carry their own label.
_PLACEBO, _EFFECT = "#8fb8de", "#a63603"
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": "#444444",
    "axes.labelcolor": "#222222",
    "text.color": "#222222",
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, slots=True, repr=False)
class Figure:
    """A drawing with its words.

    Attributes:
        key: Short name, unique on its page and used as file name.
        svg: The drawing as an SVG element, with its title and description inside.
        png: The same as PNG.
        title: What it is.
        words: What it shows, from the numbers drawn.
        caption: What a reader needs to read it.
    """

    key: str
    svg: str
    png: bytes
    title: str
    words: str
    caption: str

    def __repr__(self) -> str:
        return f"Figure {self.key}: {self.words}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str | bytes]:
        drawing = Markup(self.svg)  # noqa: S704 - our own drawing, its words escaped when it was made
        frame = Markup('<figure id="figure-{}">\n{}\n<figcaption>{}</figcaption>\n</figure>')
        html = frame.format(self.key, drawing, self.caption)
        return {
            "text/html": str(html),
            "image/svg+xml": self.svg,
            "image/png": self.png,
            "text/plain": repr(self),
        }


def placebos(answers: Sequence[Answer], lang: str, *, whose: Literal["trial", "network"] = "trial") -> Figure:
    """Draw the effect among its placebos, one panel a series.

    Where no effect could be seen, none is drawn: at most the largest change that the recorded uses could make.

    Args:
        answers: What the official series say; at least one.
        lang: Language.
        whose: Whether they are about one trial's municipalities or the eleven of the network.
    """
    with mpl.rc_context({**_STYLE, "svg.hashsalt": whose}):
        canvas = Canvas(figsize=(7.2, 2.3 * len(answers)), layout="constrained")
        for axes, answer in zip(np.ravel(canvas.subplots(len(answers), 1)), answers, strict=True):
            _draw(axes, answer, lang, whose)
        if answers[0].synthetic:
            canvas.suptitle(say("synthetic", lang), color=_EFFECT, fontweight="bold")
        source = " · ".join(dict.fromkeys(_source(each, lang) for each in answers))
        return _finish(
            canvas,
            key="placebos" if whose == "trial" else "placebos-network",
            title=say("figure_title", lang),
            words=" ".join([say("figure_alt", lang), *(_words(each, lang) for each in answers)]),
            caption=say("figure_caption", lang, source=source, schemes=_schemes(answers, lang)),
        )


def _source(answer: Answer, lang: str) -> str:
    return say("synthetic", lang) if answer.synthetic else of(answer.indicator, "source", lang)


def _schemes(answers: Sequence[Answer], lang: str) -> str:
    """Say how the placebo sets that are drawn lie."""
    names = dict.fromkeys(say(f"lying_{each.inference.scheme}", lang) for each in answers)
    return listed(names, lang)


def _draw(axes: Axes, answer: Answer, lang: str, whose: str) -> None:
    about = answer.indicator
    sns.histplot(
        x=answer.inference.draws, bins=_bins(answer), color=_PLACEBO, edgecolor="white", linewidth=0.3, ax=axes
    )
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_title(_mark(axes, answer, lang, whose), loc="left", fontsize="medium", fontweight="bold", color=_EFFECT)
    axes.set_xlabel(say("figure_axis", lang, series=of(about, "label", lang), unit=of(about, "unit", lang)))
    axes.set_ylabel(say("figure_count", lang))
    axes.xaxis.set_major_formatter(lambda value, _: number(value, lang, decimals=about.decimals, signed=True))
    axes.yaxis.set_major_formatter(lambda value, _: number(value, lang))
    sns.despine(ax=axes)


def _mark(axes: Axes, answer: Answer, lang: str, whose: str) -> str:
    """Draw the effect, or what the uses could have done at most, and return what to call it."""
    decimals = answer.indicator.decimals
    if not answer.hidden:
        axes.axvline(answer.estimate.value, color=_EFFECT, linewidth=2.2)
        effect = number(answer.estimate.value, lang, decimals=decimals, signed=True)
        return say("figure_effect" if whose == "trial" else "figure_effect_network", lang, effect=effect)
    if not answer.ceiling or answer.verdict.reasons[0].key != "too_few_uses":
        return say("figure_unseen", lang)
    for side in (-1, 1):
        axes.axvline(side * answer.ceiling, color=_EFFECT, linewidth=1.6, linestyle="--")
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


def _finish(canvas: Canvas, *, key: str, title: str, words: str, caption: str) -> Figure:
    vector, raster = io.StringIO(), io.BytesIO()
    canvas.savefig(vector, format="svg", metadata=_NO_METADATA)
    canvas.savefig(raster, format="png", dpi=144, metadata={"Software": None})
    return Figure(key, _accessible(vector.getvalue(), key, title, words), raster.getvalue(), title, words, caption)


def _accessible(svg: str, key: str, title: str, words: str) -> str:
    """Return the SVG element alone, with a role, a title, a description, and ids that no other figure has."""
    element = svg[svg.index("<svg") :].strip()
    element = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', element)
    element = re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", element)
    element = re.sub(r'href="#([^"]+)"', rf'href="#{key}-\1"', element)
    opening, rest = element.split(">", 1)
    opening = re.sub(r'\s(width|height)="[^"]*pt"', "", opening)
    head = Markup('\n<title id="{0}-title">{1}</title>\n<desc id="{0}-desc">{2}</desc>').format(key, title, words)
    return f'{opening} role="img" aria-labelledby="{key}-title" aria-describedby="{key}-desc">{head}{rest}'
