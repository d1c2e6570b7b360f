"""How long people stay and what they leave for: survival curves and stacked ways out, of released curves only."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from frikommune.disclosure import ReleasedCurve
from frikommune.errors import BadData
from frikommune.figures.canvas import (
    DASHED,
    DOTTED,
    INK,
    MIXED,
    OTHERS,
    QUIET,
    SOLID,
    TRIAL,
    Figure,
    Subject,
    counted,
    finish,
    heading,
    legend,
    named,
    sheet,
    styled,
)
from frikommune.tables import Table
from frikommune.words import listed, number, percent, say

_LINES = ((TRIAL, SOLID), (OTHERS, DASHED), ("#00664d", MIXED), (INK, DOTTED))
_FILLS = (("#1f5f99", ""), ("#e3b23c", "//"), ("#8fb8de", "\\\\"), ("#b5577f", "xx"), ("#6b6b6b", "--"))
_TOLD = (13, 26, 52)  # weeks that the words name
_SHOWN = 0.8  # weeks by which the last step is drawn on, so that it can be seen


def survival(groups: Mapping[str, ReleasedCurve], about: Subject, lang: str, *, key: str = "survival") -> Figure:
    """Draw the share still in by weeks since entry, one line a group.

    Args:
        groups: A released curve by the name of its group; one to four.
        about: Who is counted.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadData: A curve has not passed `release_curve`, or there are none or more than four.
    """
    _check(groups, most=len(_LINES))
    with styled(key):
        canvas, (axes,) = sheet([2.6], lang, synthetic=about.synthetic, foot=0.24 * -(-len(groups) // 2) + 0.06)
        for (name, curve), (color, line) in zip(groups.items(), _LINES, strict=False):
            weeks, (shares,) = _drawn(curve.weeks, curve.surviving[None])
            axes.plot(weeks, shares, drawstyle="steps-post", color=color, linestyle=line, linewidth=1.8, label=name)
        _axes(axes, lang, about.label, say("survival_unit", lang))
        legend(canvas, axes)
        return finish(
            canvas,
            lang,
            key=key,
            title=say("survival_title", lang, group=about.label),
            words=" ".join(_survival_words(name, curve, lang) for name, curve in groups.items()),
            caption=say("survival_caption", lang, threshold=_threshold(groups, lang), source=about.source),
            numbers=[_survival_table(f"{key}-{at}", *each, lang) for at, each in enumerate(groups.items(), start=1)],
        )


def exits(curve: ReleasedCurve, ways: Sequence[str], about: Subject, lang: str, *, key: str = "exits") -> Figure:
    """Draw what has become of those who entered by weeks since: out by each way, one upon the other, and still in.

    Args:
        curve: The released curve.
        ways: Name of each way out, in the curve's order; one to five.
        about: Who is counted.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadData: The curve has not passed `release_curve`, or the names do not fit it.
    """
    _check({"": curve}, most=1)
    if len(ways) != len(curve.out) or len(ways) > len(_FILLS):
        raise BadData(f"The curve has {len(curve.out)} ways out and {len(ways)} names: one to {len(_FILLS)} of each.")
    with styled(key):
        canvas, (axes,) = sheet([2.6], lang, synthetic=about.synthetic, foot=0.24 * -(-len(ways) // 2) + 0.06)
        weeks, shares = _drawn(curve.weeks, curve.out)
        floor = np.zeros(len(weeks))
        for name, share, (color, hatch) in zip(ways, shares, _FILLS, strict=False):
            axes.fill_between(
                weeks, floor, floor + share, step="post", facecolor=color, hatch=hatch, edgecolor="white",
                linewidth=0.6, label=name,
            )  # fmt: skip
            floor = floor + share
        axes.step(weeks, floor, where="post", color=INK, linewidth=1.0)
        # On the left, where few have left yet, so that it stands on white.
        axes.text(0.02, 0.95, say("exits_in", lang), transform=axes.transAxes, ha="left", va="top", color=INK)
        _axes(axes, lang, about.label, say("exits_unit", lang))
        legend(canvas, axes)
        return finish(
            canvas,
            lang,
            key=key,
            title=say("exits_title", lang, group=about.label),
            words=_exit_words(curve, ways, lang),
            caption=say("exits_caption", lang, threshold=_threshold({"": curve}, lang), source=about.source),
            numbers=[_exit_table(key, curve, ways, lang)],
        )


def _check(groups: Mapping[str, ReleasedCurve], *, most: int) -> None:
    if not 1 <= len(groups) <= most:
        raise BadData(f"{len(groups)} curves were given to draw: one to {most} were expected.")
    for each in groups.values():
        if not isinstance(each, ReleasedCurve):
            raise BadData(
                f"A figure of people was given a {type(each).__name__}: pass its risk table through release_curve."
            )


def _threshold(groups: Mapping[str, ReleasedCurve], lang: str) -> str:
    return number(max(each.rule.threshold for each in groups.values()), lang)


def _axes(axes: Axes, lang: str, text: str, unit: str) -> None:
    heading(axes, text, unit)
    axes.set_ylim(0, 1)
    axes.set_xlim(left=0)
    axes.set_yticks(np.linspace(0, 1, 5), [percent(share, lang) for share in np.linspace(0, 1, 5)])
    axes.grid(axis="y", color=QUIET, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    counted(axes, lang)
    named(axes, say("survival_axis", lang))


def _drawn(weeks: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.append(weeks, weeks[-1] + _SHOWN), np.hstack([shares, shares[:, -1:]])


def _at(curve: ReleasedCurve, values: np.ndarray, week: int) -> float:
    return float(values[np.searchsorted(curve.weeks, week, side="right") - 1])


def _told(curve: ReleasedCurve) -> list[int]:
    """Return the weeks that the words name: those the curve reaches, or its last one."""
    return [week for week in _TOLD if week <= curve.weeks[-1]] or [int(curve.weeks[-1])]


def _survival_words(name: str, curve: ReleasedCurve, lang: str) -> str:
    at = [
        say("share_by_week", lang, share=percent(_at(curve, curve.surviving, week), lang), week=number(week, lang))
        for week in _told(curve)
    ]
    last = number(int(curve.weeks[-1]), lang)
    return say("survival_alt", lang, name=name, n=number(curve.start, lang), at=listed(at, lang), last=last)


def _exit_words(curve: ReleasedCurve, ways: Sequence[str], lang: str) -> str:
    week = _told(curve)[-1]
    shares = [
        say("share_of_way", lang, way=way, share=percent(_at(curve, out, week), lang))
        for way, out in zip(ways, curve.out, strict=True)
    ]
    left = percent(_at(curve, curve.surviving, week), lang)
    return say(
        "exits_alt", lang, week=number(week, lang), n=number(curve.start, lang), ways=listed(shares, lang), left=left
    )


def _survival_table(key: str, name: str, curve: ReleasedCurve, lang: str) -> Table:
    return Table(
        key=f"{key}-numbers",
        caption=say("survival_numbers", lang, name=name),
        headings=(say("survival_week", lang), say("survival_in", lang)),
        rows=tuple(
            (number(int(week), lang), percent(share, lang, decimals=1))
            for week, share in zip(curve.weeks, curve.surviving, strict=True)
        ),
        numeric=(1,),
    )


def _exit_table(key: str, curve: ReleasedCurve, ways: Sequence[str], lang: str) -> Table:
    columns = [*curve.out, curve.surviving]
    return Table(
        key=f"{key}-numbers",
        caption=say("exits_numbers", lang),
        headings=(say("survival_week", lang), *ways, say("exits_in", lang)),
        rows=tuple(
            (number(int(week), lang), *(percent(share, lang, decimals=1) for share in row))
            for week, *row in zip(curve.weeks, *columns, strict=True)
        ),
        numeric=tuple(range(1, len(columns) + 1)),
    )
