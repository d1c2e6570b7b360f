"""The specification curve: the effect by every choice, and which choices stand behind each."""

from dataclasses import fields

import numpy as np
from matplotlib.axes import Axes

from frikommune.checks import ALARM, Specification, SpecificationCurve
from frikommune.errors import BadDesign
from frikommune.estimate import Floats
from frikommune.figures.canvas import (
    OTHERS,
    QUIET,
    TRIAL,
    WIDTH,
    Figure,
    Subject,
    broken,
    finish,
    heading,
    legend,
    numbered,
    sheet,
    styled,
)
from frikommune.tables import Table
from frikommune.words import capital, listed, number, percent, say, small, span

_ROW, _LEFT = 0.19, 1.45  # inches
_MOST = 40  # rows of the table of numbers: a curve of hundreds is told by its ends


def specifications(curve: SpecificationCurve, about: Subject, lang: str, *, key: str = "specifications") -> Figure:
    """Draw the effect by every specification from the smallest to the largest, and below which choices made it.

    Args:
        curve: The specification curve.
        about: What the effect is of.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadDesign: The curve has no specification.
    """
    if not curve.specifications:
        raise BadDesign("The specification curve is empty: at least one specification was expected.")
    order = np.argsort(curve.values, kind="stable")
    chosen = _chosen(curve, order, lang)
    rows = sum(1 + len(options) for options in chosen.values())
    with styled(key):
        heights = [1.9, max(_ROW * rows, _ROW)]
        canvas, (above, below) = sheet(
            heights, lang, synthetic=about.synthetic, left=_LEFT, above=(0.5, 0.05), below=0.1, foot=0.3
        )
        _draw_values(above, curve.values[order], curve.p[order], about, lang)
        _draw_choices(below, chosen)
        legend(canvas, above, columns=3)
        return finish(
            canvas,
            lang,
            key=key,
            title=say("curve_title", lang),
            words=_words(curve, about, chosen, lang),
            caption=say("curve_caption", lang, source=about.source),
            numbers=[_table(key, curve, order, about, lang)],
        )


def _draw_values(axes: Axes, values: Floats, p: Floats, about: Subject, lang: str) -> None:
    edges = np.arange(values.size + 1) - 0.5
    axes.axhline(0, color=QUIET, linewidth=0.8)
    axes.axhline(float(np.median(values)), color=OTHERS, linewidth=1.0, linestyle=":", label=say("curve_median", lang))
    axes.stairs(values, edges, baseline=None, color=TRIAL, linewidth=1.6, label=say("curve_effect", lang))
    low, high = axes.get_ylim()
    sure = np.flatnonzero(p <= ALARM)
    if sure.size:
        ticks = np.column_stack([np.full(sure.size, low), np.full(sure.size, low + 0.06 * (high - low))])
        x = np.repeat(sure, 3).astype(float)
        axes.plot(x, broken(np.zeros(2), ticks)[1], color=TRIAL, linewidth=1.4, label=say("curve_sure", lang))
        axes.set_ylim(low, high)
    heading(axes, about.label, capital(about.unit))
    numbered(axes, lang)
    axes.set_xticks([])
    axes.set_xlim(edges[0], edges[-1])
    axes.spines["bottom"].set_visible(False)


def _draw_choices(axes: Axes, chosen: dict[str, dict[str, Floats]]) -> None:
    """Draw for each option a line over the specifications that use it: one broken line, whatever their number."""
    row, right = 0, 0.0
    for dimension, options in chosen.items():
        _label(axes, row, dimension, bold=True)
        row += 1
        for option, used in options.items():
            edges = np.column_stack([used - 0.42, used + 0.42])
            x = np.hstack([edges, np.full((used.size, 1), np.nan)]).ravel()
            axes.plot(x, np.where(np.isnan(x), np.nan, row), color=OTHERS, linewidth=4, solid_capstyle="butt")
            _label(axes, row, option)
            right, row = max(right, float(used.max())), row + 1
    axes.set_xlim(-0.5, right + 0.5)
    axes.set_ylim(row - 0.4, -0.6)
    axes.axis("off")


def _label(axes: Axes, row: int, text: str, *, bold: bool = False) -> None:
    axes.annotate(
        text,
        (0.08 / WIDTH, row),
        xycoords=("figure fraction", "data"),
        va="center",
        fontsize=8.5,
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


def _chosen(curve: SpecificationCurve, order: np.ndarray, lang: str) -> dict[str, dict[str, Floats]]:
    """Return for each choice that varies its options, and the places in the order where each is used."""
    found: dict[str, dict[str, Floats]] = {}
    ordered = [curve.specifications[at] for at in order]
    for each in fields(Specification):
        texts = np.array([_option(each.name, getattr(one, each.name), lang) for one in ordered])
        options = list(dict.fromkeys(texts[np.argsort(order, kind="stable")].tolist()))
        if len(options) > 1:
            found[say(f"curve_{each.name}", lang)] = {
                option: np.flatnonzero(texts == option).astype(float) for option in options
            }
    return found


def _option(name: str, value: object, lang: str) -> str:
    if isinstance(value, tuple):
        return span((str(value[0]), str(value[1])), lang)
    if isinstance(value, int):
        return number(value, lang)
    return str(value) if name == "panel" else say(f"curve_{name}_{value}", lang)


def _words(curve: SpecificationCurve, about: Subject, chosen: dict[str, dict[str, Floats]], lang: str) -> str:
    return say(
        "curve_alt",
        lang,
        series=about.label,
        unit=about.unit,
        n=number(curve.values.size, lang),
        low=about.set(curve.values.min(), lang, signed=True),
        high=about.set(curve.values.max(), lang, signed=True),
        median=about.set(curve.median, lang, signed=True),
        sure=percent(curve.significant, lang),
        choices=listed([each.lower() for each in chosen], lang) or say("curve_no_choice", lang),
    )


def _table(key: str, curve: SpecificationCurve, order: np.ndarray, about: Subject, lang: str) -> Table:
    shown = order if order.size <= _MOST else np.concatenate([order[: _MOST // 2], order[-_MOST // 2 :]])
    names = [each.name for each in fields(Specification)]
    return Table(
        key=f"{key}-numbers",
        caption=say("numbers_of", lang, label=about.label, unit=about.unit),
        headings=tuple(say(f"curve_{name}", lang) for name in [*names, "effect", "p"]),
        rows=tuple(
            (
                *(_option(name, getattr(curve.specifications[at], name), lang) for name in names),
                about.set(curve.values[at], lang, signed=True),
                small(float(curve.p[at]), lang),
            )
            for at in shown
        ),
        note=say("curve_ends", lang, shown=number(_MOST, lang), n=number(order.size, lang))
        if order.size > _MOST
        else "",
        numeric=(len(names), len(names) + 1),
    )
