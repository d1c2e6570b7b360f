"""Verdicts side by side over trials, and how many municipalities it would take to see an effect."""

from collections.abc import Mapping, Sequence
from textwrap import shorten

import numpy as np
from matplotlib.axes import Axes

from frikommune.errors import BadDesign
from frikommune.figures.canvas import (
    DASHED,
    INK,
    OTHERS,
    PALE,
    QUIET,
    SOLID,
    TRIAL,
    WIDTH,
    Figure,
    Subject,
    finish,
    heading,
    legend,
    numbered,
    sheet,
    styled,
)
from frikommune.figures.subjects import subject
from frikommune.official import Answer
from frikommune.power import Reach
from frikommune.tables import Table
from frikommune.words import capital, listed, number, say
from frikommune.words import counted as counted_phrase

_ROW = 0.4  # inches
_ON_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
_NAME = 62  # characters of a trial's name that fit above its line
_LINES = {"scattered": (OTHERS, SOLID, "o"), "contiguous": (TRIAL, DASHED, "s")}


def forest(answers: Mapping[str, Answer], lang: str, *, key: str = "forest") -> Figure:
    """Draw the effect and interval of many trials on one series, with the margin and what each could have seen.

    A trial in which no effect could be seen has no dot and no interval: only the smallest effect it could have shown.

    Args:
        answers: The answer of each trial, by its name; all from one series.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadDesign: There is no answer, or they are from several series.
    """
    series = {each.indicator.key for each in answers.values()}
    if len(series) != 1:
        raise BadDesign(f"The answers are from {len(series)} series: one was expected, since they share an axis.")
    first = next(iter(answers.values()))
    about = subject(first, lang)
    with styled(key):
        canvas, (axes,) = sheet(
            [_ROW * len(answers) + 0.1], lang, synthetic=about.synthetic, left=0.12, above=0.5, foot=0.62
        )
        _draw_forest(axes, answers, about, lang)
        legend(canvas, axes, columns=1)
        margin = about.set(first.indicator.margin, lang)
        return finish(
            canvas,
            lang,
            key=key,
            title=say("forest_title", lang, series=about.label),
            words=_forest_words(answers, about, lang),
            caption=say("forest_caption", lang, margin=margin, unit=about.unit, source=about.source),
            numbers=[_forest_table(key, answers, about, lang)],
        )


def needed(reaches: Sequence[Reach], margin: float, about: Subject, lang: str, *, key: str = "needed") -> Figure:
    """Draw the smallest effect that could be seen by number of municipalities, against the margin.

    Args:
        reaches: What the design would see, of one length of window.
        margin: The change worth seeing [unit of the outcome].
        about: What the effect is of.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadDesign: There is nothing to draw, no effect could be seen with any number, or the windows differ in length.
    """
    seen = [each for each in reaches if np.isfinite(each.detectable)]
    if not seen or len({each.periods for each in reaches}) > 1:
        raise BadDesign(
            "A curve is drawn of one length of window, with a number of municipalities that sees something."
        )
    with styled(key):
        canvas, (axes,) = sheet([2.3], lang, synthetic=about.synthetic, below=0.5, foot=0.64)
        for scheme in dict.fromkeys(each.scheme for each in seen):
            _draw_reach(axes, [each for each in seen if each.scheme == scheme], lang)
        axes.axhline(margin, color=INK, linewidth=1.0, linestyle=":", label=say("needed_margin", lang))
        heading(axes, about.label, say("needed_unit", lang, unit=about.unit))
        axes.set_ylim(bottom=0)
        numbered(axes, lang, signed=False)
        sizes = sorted({each.municipalities for each in seen})
        axes.set_xscale("log")
        axes.set_xticks(sizes, [number(each, lang) for each in sizes])
        axes.set_xticks([], minor=True)
        axes.set_xlabel(say("needed_axis", lang))
        legend(canvas, axes, columns=1)
        return finish(
            canvas,
            lang,
            key=key,
            title=say("needed_title", lang),
            words=_needed_words(seen, margin, about, lang),
            caption=say("needed_caption", lang, periods=number(seen[0].periods, lang), source=about.source),
            numbers=[_needed_table(key, reaches, about, lang)],
        )


def _draw_forest(axes: Axes, answers: Mapping[str, Answer], about: Subject, lang: str) -> None:
    shown = {row: each for row, each in enumerate(answers.values()) if not each.hidden}
    first = next(iter(answers.values()))
    side = -1 if first.indicator.better == "higher" else 1
    axes.axvspan(
        *sorted((0.0, side * first.indicator.margin)), color=PALE, linewidth=0, label=say("forest_margin", lang)
    )
    axes.axvline(0, color=QUIET, linewidth=0.8)
    reach = {row: each.inference.smallest_detectable for row, each in enumerate(answers.values())}
    seen = [(row, end) for row, size in reach.items() if np.isfinite(size) for end in (-size, size)]
    if seen:
        rows, ends = np.array(seen).T
        axes.plot(ends, rows, linestyle="", marker="|", markersize=9, color=QUIET, label=say("forest_reach", lang))
    low, high = _limits([end for _, end in seen], list(shown.values()))
    for row, each in shown.items():
        ends = np.clip([each.inference.low, each.inference.high], low, high)
        axes.plot(ends, [row, row], color=TRIAL, linewidth=2.0)
    values = [each.estimate.value for each in shown.values()]
    axes.plot(values, list(shown), linestyle="", marker="o", color=TRIAL, label=say("forest_effect", lang))
    for row, (name, each) in enumerate(answers.items()):
        text = f"{shorten(name, _NAME, placeholder=' …')}: {_verdict(each, lang)}"
        axes.annotate(
            text,
            (0.08 / WIDTH, row - 0.36),
            xycoords=("figure fraction", "data"),
            va="center",
            fontsize=8.5,
            bbox=_ON_PAPER,
        )
    axes.set_xlim(low, high)
    axes.set_ylim(len(answers) - 0.4, -0.7)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    heading(axes, about.label, capital(about.unit))
    numbered(axes, lang, along="x", ticks=6)


def _limits(ends: Sequence[float], shown: Sequence[Answer]) -> tuple[float, float]:
    """Return the ends of the axis: what is infinite reaches over the edge."""
    every = [
        *ends,
        *(value for each in shown for value in (each.inference.low, each.inference.high, each.estimate.value)),
    ]
    widest = max((abs(each) for each in every if np.isfinite(each)), default=1.0)
    return -1.06 * widest, 1.06 * widest


def _verdict(answer: Answer, lang: str) -> str:
    return say(f"verdict_{answer.verdict.kind.replace(' ', '_')}", lang)


def _forest_words(answers: Mapping[str, Answer], about: Subject, lang: str) -> str:
    kinds = [each.verdict.kind for each in answers.values()]
    told = [
        say(
            "forest_kind",
            lang,
            n=number(kinds.count(kind), lang),
            verdict=say(f"verdict_{kind.replace(' ', '_')}", lang),
        )
        for kind in dict.fromkeys(kinds)
    ]
    hidden = sum(each.hidden for each in answers.values())
    first = next(iter(answers.values()))
    said = say(
        "forest_alt",
        lang,
        n=counted_phrase("trials", len(answers), lang),
        series=about.label,
        kinds=listed(told, lang),
        margin=about.set(first.indicator.margin, lang),
        unit=about.unit,
    )
    return f"{said} {say('forest_alt_hidden', lang, n=number(hidden, lang))}" if hidden else said


def _forest_table(key: str, answers: Mapping[str, Answer], about: Subject, lang: str) -> Table:
    def row(name: str, each: Answer) -> tuple[str, ...]:
        numbers = (each.estimate.value, each.inference.low, each.inference.high)
        said = ("–",) * 3 if each.hidden else tuple(about.set(value, lang, signed=True) for value in numbers)
        return name, *said, about.set(each.inference.smallest_detectable, lang), _verdict(each, lang)

    names = ("trial", "effect", "low", "high", "reach", "verdict")
    return Table(
        key=f"{key}-numbers",
        caption=say("numbers_of", lang, label=about.label, unit=about.unit),
        headings=tuple(say(f"forest_{name}_heading", lang) for name in names),
        rows=tuple(row(*each) for each in answers.items()),
        numeric=(1, 2, 3, 4),
    )


def _draw_reach(axes: Axes, reaches: Sequence[Reach], lang: str) -> None:
    color, line, marker = _LINES[reaches[0].scheme]
    ordered = sorted(reaches, key=lambda each: each.municipalities)
    axes.plot(
        [each.municipalities for each in ordered],
        [each.detectable for each in ordered],
        color=color,
        linestyle=line,
        marker=marker,
        markersize=4.5,
        label=say(f"needed_{reaches[0].scheme}", lang),
    )


def _needed_words(seen: Sequence[Reach], margin: float, about: Subject, lang: str) -> str:
    said = []
    for scheme in dict.fromkeys(each.scheme for each in seen):
        ordered = sorted((each for each in seen if each.scheme == scheme), key=lambda each: each.municipalities)
        enough = next((each.municipalities for each in ordered if each.detectable <= margin), None)
        said.append(
            say(
                "needed_alt" if enough is not None else "needed_alt_never",
                lang,
                scheme=say(f"needed_{scheme}", lang),
                enough=number(enough or 0, lang),
                most=number(ordered[-1].municipalities, lang),
                first=about.set(ordered[0].detectable, lang),
                last=about.set(ordered[-1].detectable, lang),
                fewest=number(ordered[0].municipalities, lang),
                margin=about.set(margin, lang),
                unit=about.unit,
            )
        )
    return f"{about.label}. {' '.join(said)}"


def _needed_table(key: str, reaches: Sequence[Reach], about: Subject, lang: str) -> Table:
    schemes = list(dict.fromkeys(each.scheme for each in reaches))
    found = {(each.municipalities, each.scheme): each.detectable for each in reaches}
    return Table(
        key=f"{key}-numbers",
        caption=say("numbers_of", lang, label=about.label, unit=about.unit),
        headings=(say("needed_axis", lang), *(say(f"needed_{each}", lang) for each in schemes)),
        rows=tuple(
            (number(size, lang), *(about.set(found.get((size, each), np.inf), lang) for each in schemes))
            for size in sorted({each.municipalities for each in reaches})
        ),
        numeric=tuple(range(1, len(schemes) + 1)),
    )
