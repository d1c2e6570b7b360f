"""Maps without a map: every municipality a mark at its place, the crowded capital drawn larger beside the country."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from frikommune.checks.nouns import carried
from frikommune.disclosure import TOTAL, Released, require_released
from frikommune.errors import BadData
from frikommune.estimate import Estimate, Floats
from frikommune.figures.canvas import INK, OTHERS, QUIET, TRIAL, WIDTH, Figure, Subject, finish, heading, sheet, styled
from frikommune.municipalities import municipalities, name_of
from frikommune.tables import Table
from frikommune.words import listed, number, say

_NORTH = float(np.cos(np.radians(56)))  # a degree of longitude in degrees of latitude
_CAPITAL = (12.05, 12.75, 55.5, 55.98)  # west, east, south, north: where marks would lie upon each other
_ISLAND, _MOVED = 400, -1.7  # Bornholm is drawn nearer, as maps of Denmark do
_COUNTRY = (7.9, 13.45, 54.45, 57.85)
_INSET = (0.61, 0.61, 0.39, 0.3)  # left, bottom, width, height within the map
_LARGEST, _SMALLEST = 190.0, 9.0  # area of a mark [square points]
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Marks:
    """Municipalities that are drawn alike.

    Attributes:
        codes: Their codes.
        sizes: Area of each mark [square points].
        look: How they are drawn.
        label: What they are, for the legend.
    """

    codes: tuple[int, ...]
    sizes: Floats
    look: Mapping[str, Any]
    label: str


def country(effect: Estimate, about: Subject, lang: str, *, key: str = "country") -> Figure:
    """Draw who takes part and who they are compared with: the larger a mark, the more it counts in the comparison.

    Weights are the design's own and say nothing of any person.

    Args:
        effect: An effect on a panel whose units are municipality codes.
        about: What the effect is of.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadData: A unit of the panel is no municipality.
    """
    codes = _codes(effect.panel.units)
    share, treated = carried(effect), effect.panel.treated
    used = share > 0
    inside = tuple(codes[treated].tolist())
    outside = tuple(sorted(set(municipalities()) - {*inside, *codes[used].tolist()}))
    marks = (
        _absent(outside, say("map_out", lang)),
        _circles(tuple(codes[used].tolist()), share[used], say("map_others", lang)),
        _squares(inside, say("map_trial", lang)),
    )
    words = _country_words(
        effect, about, {int(code): float(each) for code, each in zip(codes, share, strict=True)}, lang
    )
    caption = say("map_caption", lang, series=about.label, source=about.source)
    return _map(marks, about, lang, key=key, title=say("map_title", lang), words=words, caption=caption)


def people(released: Released, about: Subject, lang: str, *, key: str = "people") -> Figure:
    """Draw how many persons of a group live or are counted in each municipality; hidden ones are a cross, not a dot.

    Args:
        released: Counts by municipality code, after disclosure control; one dimension.
        about: What is counted.
        lang: Language.
        key: Name of the figure, unique on its page.

    Raises:
        BadData: The counts have not passed `release`, have more than one dimension, or name no municipality.
    """
    counts = require_released(released).n
    if counts.index.nlevels != 1:
        raise BadData(f"The table {released.name} has {counts.index.nlevels} dimensions: a map shows one.")
    counts = counts[counts.index.map(str) != TOTAL]
    codes = _codes(tuple(counts.index))
    hidden = counts.isna().to_numpy()
    shown = counts[~hidden].to_numpy(float)
    marks = (
        _absent(tuple(codes[hidden].tolist()), say("people_hidden", lang)),
        _circles(tuple(codes[~hidden][shown > 0].tolist()), shown[shown > 0], about.label),
    )
    words = say(
        "people_alt",
        lang,
        series=about.label,
        n=number(len(counts), lang),
        hidden=number(int(hidden.sum()), lang),
        threshold=number(released.rule.threshold, lang),
        most=_most(dict(zip(codes[~hidden].tolist(), shown, strict=True)), about, lang),
    )
    caption = say("people_caption", lang, threshold=number(released.rule.threshold, lang), source=about.source)
    return _map(
        marks,
        about,
        lang,
        key=key,
        title=about.label,
        words=words,
        caption=caption,
        numbers=(_people(counts, about, lang, key),),
    )


def _codes(units: tuple[Any, ...]) -> np.ndarray:
    known = municipalities()
    texts = [str(unit).removeprefix("0") for unit in units]
    unknown = sum(not text.isdigit() or int(text) not in known for text in texts)
    if unknown:
        raise BadData(f"{unknown} of {len(units)} units are no municipality codes: a map is drawn of municipalities.")
    return np.array([int(text) for text in texts], dtype=np.int64)


def _squares(codes: tuple[int, ...], label: str) -> _Marks:
    look = {"marker": "s", "facecolor": TRIAL, "edgecolor": INK, "linewidth": 0.7}
    return _Marks(codes, np.full(len(codes), 34.0), look, label)


def _circles(codes: tuple[int, ...], values: Floats, label: str) -> _Marks:
    look = {"marker": "o", "facecolor": OTHERS, "edgecolor": "white", "linewidth": 0.5, "alpha": 0.8}
    largest = float(values.max()) if values.size else 1.0
    return _Marks(codes, np.maximum(_LARGEST * values / largest, _SMALLEST), look, label)


def _absent(codes: tuple[int, ...], label: str) -> _Marks:
    return _Marks(codes, np.full(len(codes), 14.0), {"marker": "x", "color": QUIET, "linewidth": 0.9}, label)


def _map(
    marks: tuple[_Marks, ...],
    about: Subject,
    lang: str,
    *,
    key: str,
    title: str,
    words: str,
    caption: str,
    numbers: tuple[Table, ...] = (),
) -> Figure:
    west, east, south, north = _COUNTRY
    with styled(key):
        width = WIDTH - 0.12 - 0.18
        tall = width / ((east - west) * _NORTH) * (north - south)
        canvas, (axes,) = sheet([tall], lang, synthetic=about.synthetic, left=0.12, above=0.3, below=0.05, foot=0.55)
        heading(axes, title)
        _frame(axes, _COUNTRY)
        inset = _inset(canvas, axes, lang)
        for each in marks:
            _scatter(axes, each, _COUNTRY)
            _scatter(inset, each, _CAPITAL)
        _key(canvas, marks)
        return finish(canvas, lang, key=key, title=title, words=words, caption=caption, numbers=numbers)


def _frame(axes: Axes, box: tuple[float, float, float, float]) -> None:
    axes.set_xlim(*box[:2])
    axes.set_ylim(*box[2:])
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)


def _inset(canvas: Canvas, axes: Axes, lang: str) -> Axes:
    """Return a panel for the capital, drawn where the sea is, and mark on the map which part it is."""
    left, bottom, wide, high = _INSET
    place = axes.get_position()
    inset = canvas.add_axes(
        (place.x0 + left * place.width, place.y0 + bottom * place.height, wide * place.width, high * place.height)
    )
    _frame(inset, _CAPITAL)
    for side in inset.spines.values():
        side.set(visible=True, color=QUIET, linewidth=0.7)
    west, east, south, north = _CAPITAL
    axes.plot([west, east, east, west, west], [south, south, north, north, south], color=QUIET, linewidth=0.7)
    inset.set_title(say("map_capital", lang), fontsize=9, loc="left", color=QUIET, pad=3)
    return inset


def _scatter(axes: Axes, marks: _Marks, box: tuple[float, float, float, float]) -> None:
    """Draw the marks of one part of the country: the capital's in its own panel alone."""
    places = [municipalities()[code] for code in marks.codes]
    at = np.array([(each.lon + (_MOVED if each.code == _ISLAND else 0), each.lat) for each in places]).reshape(-1, 2)
    west, east, south, north = _CAPITAL
    capital = (at[:, 0] > west) & (at[:, 0] < east) & (at[:, 1] > south) & (at[:, 1] < north)
    here = capital if box is _CAPITAL else ~capital
    axes.scatter(*at[here].T, s=marks.sizes[here], clip_on=False, **marks.look)


def _key(canvas: Canvas, marks: tuple[_Marks, ...]) -> None:
    """Name the marks at the foot, each drawn in one size."""
    shown = [each for each in reversed(marks) if each.codes]
    handles = [canvas.axes[0].scatter([], [], s=40, **each.look) for each in shown]
    canvas.legend(
        handles,
        [each.label for each in shown],
        loc="lower left",
        bbox_to_anchor=(0, 0),
        ncols=1,
        frameon=False,
        fontsize=9,
        borderpad=0.2,
        labelspacing=0.25,
    )


def _country_words(effect: Estimate, about: Subject, share: Mapping[int, float], lang: str) -> str:
    treated = _codes(effect.panel.units)[effect.panel.treated].tolist()
    used = {code: each for code, each in share.items() if each > 0}
    heaviest = sorted(used, key=lambda code: (-used[code], code))[:_NAMED]
    return say(
        "map_alt",
        lang,
        trial=listed(sorted(name_of(code) for code in treated), lang),
        series=about.label,
        others=number(len(used), lang),
        heaviest=listed(
            [f"{name_of(code)} ({number(100 * used[code], lang, decimals=1)} %)" for code in heaviest], lang
        ),
        out=number(len(municipalities()) - len(treated) - len(used), lang),
    )


def _most(values: Mapping[int, float], about: Subject, lang: str) -> str:
    largest = sorted(values, key=lambda code: (-values[code], code))[:_NAMED]
    return listed([f"{name_of(code)} ({about.set(values[code], lang)})" for code in largest], lang)


def _people(counts: "pd.Series[Any]", about: Subject, lang: str, key: str) -> Table:
    return Table(
        key=f"{key}-numbers",
        caption=about.label,
        headings=(say("map_where", lang), about.unit),
        rows=tuple(
            (name_of(int(str(code).removeprefix("0"))), "–" if value is pd.NA else number(float(value), lang))
            for code, value in counts.items()
        ),
        numeric=(1,),
    )
