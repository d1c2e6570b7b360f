"""The effect over time with its placebos behind it, and the treated against their comparison."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from frikommune.checks.nouns import carried
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats
from frikommune.figures.canvas import (
    DASHED,
    OTHERS,
    PALE,
    PLACEBO,
    QUIET,
    SOLID,
    TRIAL,
    Figure,
    Subject,
    broken,
    counted,
    finish,
    heading,
    legend,
    numbered,
    sheet,
    styled,
)
from frikommune.joint import Band
from frikommune.tables import Table
from frikommune.words import capital, listed, number, say, span

_BEHIND = 40  # placebo paths drawn: enough to see their spread, few enough to see the effect
_YEAR = 4  # characters of a year


def path(drawn: Sequence[tuple[Subject, Band]], lang: str, *, key: str = "path") -> Figure:
    """Draw effects by periods since the start, each with placebo paths behind it and its simultaneous band.

    Args:
        drawn: What each path is of, and the path with its placebos; at least one.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadDesign: There is nothing to draw.
    """
    _check(drawn)
    with styled(key):
        canvas, panels = sheet([1.7] * len(drawn), lang, synthetic=drawn[0][0].synthetic, foot=0.5)
        for axes, (about, band) in zip(panels, drawn, strict=True):
            _draw_path(axes, about, band, lang)
        legend(canvas, panels[0])
        return finish(
            canvas,
            lang,
            key=key,
            title=say("path_title", lang),
            words=" ".join(_path_words(about, band, lang) for about, band in drawn),
            caption=say("path_caption", lang, source=named_sources([about for about, _ in drawn])),
            numbers=[_path_table(f"{key}-{at}", *each, lang) for at, each in enumerate(drawn, start=1)],
        )


def against(drawn: Sequence[tuple[Subject, Estimate]], lang: str, *, key: str = "against") -> Figure:
    """Draw the treated units against their comparison, each as its distance to its own mean before the start.

    The gap between the lines after the start, less that before, is the effect. Only units that hold every period of
    the panel are drawn.

    Args:
        drawn: What each effect is of, and the effect; at least one.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadDesign: There is nothing to draw, or no treated or comparison unit holds every period.
    """
    _check(drawn)
    with styled(key):
        canvas, panels = sheet([1.5] * len(drawn), lang, synthetic=drawn[0][0].synthetic, below=0.4, foot=0.35)
        words = [_draw_levels(axes, *each, lang) for axes, each in zip(panels, drawn, strict=True)]
        legend(canvas, panels[0])
        return finish(
            canvas,
            lang,
            key=key,
            title=say("against_title", lang),
            words=" ".join(words),
            caption=say("against_caption", lang, source=named_sources([about for about, _ in drawn])),
        )


def named_sources(subjects: Sequence[Subject]) -> str:
    """Name the sources of some numbers, each once."""
    return " · ".join(dict.fromkeys(each.source for each in subjects))


def _check(drawn: Sequence[object]) -> None:
    if not drawn:
        raise BadDesign("Nothing was given to draw: at least one effect was expected.")


def _draw_path(axes: Axes, about: Subject, band: Band, lang: str) -> None:
    since, values = band.path.since, band.path.values
    whole = np.arange(since[0], since[-1] + 1)
    behind = _spaced(whole, since, band.draws[:_BEHIND])
    axes.plot(*broken(whole, behind), color=PLACEBO, linewidth=0.6, alpha=0.7, label=say("path_placebo", lang))
    axes.axhline(0, color=QUIET, linewidth=0.8)
    axes.axvline(-0.5, color=QUIET, linewidth=1.0, linestyle=DASHED)
    if np.isfinite(band.critical):
        edges = _spaced(whole, since, np.array([band.low, band.high]))
        axes.fill_between(whole, *edges, color=TRIAL, alpha=0.14, linewidth=0)
        axes.plot(*broken(whole, edges), color=TRIAL, linewidth=1.0, linestyle=DASHED, label=_band_name(band, lang))
    effect = _spaced(whole, since, values[None])[0]
    axes.plot(whole, effect, color=TRIAL, linewidth=1.8, marker="o", markersize=3.5, label=say("path_effect", lang))
    heading(axes, about.label, capital(about.unit))
    numbered(axes, lang)
    counted(axes, lang)
    axes.set_xlabel(say(f"path_axis_{_kind(band.path.panel.periods[0])}", lang))
    axes.margins(x=0.02)


def _spaced(whole: Floats, since: Floats, curves: Floats) -> Floats:
    """Return curves with a gap where a period is left out."""
    laid = np.full((len(curves), len(whole)), np.nan)
    laid[:, since - whole[0]] = curves
    return laid


def _band_name(band: Band, lang: str) -> str:
    return say("path_band", lang, level=number(100 * band.level, lang))


def _kind(period: object) -> str:
    """Return "Y", "Q" or "M" for the label of a period, or "any"."""
    text = str(period)
    if text.isdigit() and len(text) == _YEAR:
        return "Y"
    return text[_YEAR] if text[:_YEAR].isdigit() and text[_YEAR : _YEAR + 1] in ("Q", "M") else "any"


def _path_words(about: Subject, band: Band, lang: str) -> str:
    since, values = band.path.since, band.path.values
    after, before = values[since >= 0], values[since < 0]
    outside = int(((band.low > 0) | (band.high < 0))[since >= 0].sum())
    said = [
        say(
            "path_alt_after",
            lang,
            series=about.label,
            unit=about.unit,
            **_ends(about, after, lang),
            mean=about.set(after.mean(), lang, signed=True),
            after=number(after.size, lang),
        )
    ]
    if before.size:
        said.append(say("path_alt_before", lang, before=number(before.size, lang), **_ends(about, before, lang)))
    if not np.isfinite(band.critical):
        said.append(say("path_alt_no_band", lang))
    else:
        key = "path_alt_inside" if outside == 0 else "path_alt_outside"
        level = number(100 * band.level, lang)
        said.append(say(key, lang, level=level, outside=number(outside, lang), after=number(after.size, lang)))
    return " ".join(said)


def _ends(about: Subject, values: Floats, lang: str) -> dict[str, str]:
    return {
        "low": about.set(values.min(), lang, signed=True),
        "high": about.set(values.max(), lang, signed=True),
    }


def _path_table(key: str, about: Subject, band: Band, lang: str) -> Table:
    columns = (band.path.values, band.low, band.high)
    return Table(
        key=f"{key}-numbers",
        caption=say("numbers_of", lang, label=about.label, unit=about.unit),
        headings=tuple(say(f"path_{name}", lang) for name in ("since", "effect", "low", "high")),
        rows=tuple(
            (number(float(since), lang, signed=True), *(about.set(each, lang, signed=True) for each in row))
            for since, *row in zip(band.path.since, *columns, strict=True)
        ),
        numeric=(1, 2, 3),
    )


def _draw_levels(axes: Axes, about: Subject, effect: Estimate, lang: str) -> str:
    """Draw both groups and the windows that are compared, and return what they show."""
    panel, used = effect.panel, effect.weights[effect.panel.treated].sum(axis=0)
    before, after = used < 0, used > 0
    treated, others = (curve - curve[before].mean() for curve in _means(effect))
    at = np.arange(len(panel.periods))
    for window in (before, after):
        axes.axvspan(*(at[window][[0, -1]] + [-0.5, 0.5]), color=PALE, linewidth=0)
    axes.axhline(0, color=QUIET, linewidth=0.8)
    axes.axvline(panel.start[panel.treated].min() - 0.5, color=QUIET, linewidth=1.0, linestyle=DASHED)
    axes.plot(at, others, color=OTHERS, linewidth=1.5, linestyle=DASHED, label=say("against_others", lang))
    axes.plot(at, treated, color=TRIAL, linewidth=1.8, linestyle=SOLID, label=say("against_trial", lang))
    heading(axes, about.label, say("against_unit", lang, unit=about.unit))
    numbered(axes, lang)
    _years(axes, panel.periods, lang)
    return _level_words(about, effect, (treated, others, after), lang)


def _level_words(about: Subject, effect: Estimate, drawn: tuple[Floats, Floats, Floats], lang: str) -> str:
    treated, others, after = drawn
    used = np.flatnonzero(after)
    when = span((str(effect.panel.periods[used[0]]), str(effect.panel.periods[used[-1]])), lang)
    return say(
        "against_alt",
        lang,
        series=about.label,
        when=when,
        treated=about.set(treated[after].mean(), lang, signed=True),
        others=about.set(others[after].mean(), lang, signed=True),
        gap=about.set((treated - others)[after].mean(), lang, signed=True),
        unit=about.unit,
        n=listed([number(int(each.sum()), lang) for each in (effect.panel.treated, carried(effect) > 0)], lang),
    )


def _means(effect: Estimate) -> tuple[Floats, Floats]:
    """Return the mean of the treated and of their comparison in each period, weighted as the design does."""
    panel = effect.panel
    whole = np.logical_not(np.isnan(panel.Y).any(axis=1))
    sizes = np.abs(effect.weights).sum(axis=1) * panel.treated
    found = []
    for weights in (sizes * whole, carried(effect) * whole):
        if not weights.sum():
            raise BadDesign("No treated or no comparison unit holds every period of the panel: choose fewer periods.")
        found.append(weights @ np.nan_to_num(panel.Y) / weights.sum())
    return found[0], found[1]


def _years(axes: Axes, periods: tuple[object, ...], lang: str) -> None:
    """Mark the first period of every year, or every other year where there are many."""
    texts = [span((str(each), str(each)), lang) for each in periods]
    first = [at for at, text in enumerate(texts) if at == 0 or text[:_YEAR] != texts[at - 1][:_YEAR]]
    every = max(1, -(-len(first) // 6))
    marked = first[::every]
    names = [texts[at][:_YEAR] if _kind(periods[at]) != "any" else texts[at] for at in marked]
    axes.set_xticks(marked, names)
    axes.margins(x=0.02)
