"""The one style of all figures, and what makes a drawing readable by ear: title, description and the numbers drawn.

Drawn without pyplot, so that nothing is left open; the same numbers give the same bytes. Margins are set in inches and
not by a layout engine, which would draw every figure twice.
"""

import io
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from frikommune.errors import BadData
from frikommune.estimate import Floats, Ints
from frikommune.tables import PACKED, Table, packed
from frikommune.words import number, say

# Colour-blind safe (after Okabe & Ito), readable on white, and never the only sign: lines differ in style, marks in
# shape, and both are named in words.
TRIAL, OTHERS, PLACEBO = "#a63603", "#1f5f99", "#8fb8de"
INK, QUIET, PALE = "#222222", "#555555", "#e6e6e1"
WIDTH = 4.9  # inches: narrow enough to be read at 320 pixels, where a wide drawing's text would shrink to nothing
SOLID, DASHED, DOTTED, MIXED = "-", (0, (4, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5))

_STYLE: Any = {
    **sns.axes_style("ticks"),
    "svg.fonttype": "none",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "hatch.linewidth": 0.6,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_LINE = 13 / 72  # height of a line of text [inches]
# A tenth of a point is finer than the eye, and a hundredth than any printer.
_LONG = re.compile(r"(\d\d\.\d|\d\.\d\d)\d+")
_COMMAND = re.compile(r"\s*\n?([MLCQz])\s*")
_TAG = re.compile(r"<[a-zA-Z][^>]*>")
_WIDEST = "max-width: 34rem"


@dataclass(frozen=True, slots=True)
class Subject:
    """What the numbers of a figure are, in the language of its page.

    Attributes:
        label: Name of the outcome.
        unit: Its unit.
        decimals: Decimals to print.
        source: Where the numbers come from.
        synthetic: Whether they are made up.
    """

    label: str
    unit: str
    decimals: int
    source: str
    synthetic: bool

    def set(self, value: float, lang: str, *, signed: bool = False) -> str:
        """Set a number of the outcome as the language sets it."""
        return number(float(value), lang, decimals=self.decimals, signed=signed)


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
        numbers: The numbers drawn, as tables: the long description, where the words alone do not say it all.
        summary: What these tables are called.
    """

    key: str
    svg: str
    png: bytes
    title: str
    words: str
    caption: str
    numbers: tuple[Table, ...] = ()
    summary: str = ""

    def __repr__(self) -> str:
        return f"Figure {self.key}: {self.words}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        drawing = Markup(self.svg)  # noqa: S704 - our own drawing, its words escaped when it was made
        # It is wider than a narrow screen, or its text could not be read there: it scrolls, also by keyboard.
        frame = Markup(
            '<figure id="figure-{0}">\n<div class="drawing" role="group" aria-labelledby="{0}-title" tabindex="0">\n'
            "{1}\n</div>\n<figcaption>{2}</figcaption>\n{3}</figure>"
        )
        html = frame.format(self.key, drawing, self.caption, self._details())
        shown: dict[str, object] = {
            "text/html": str(html),
            "image/svg+xml": self.svg,
            "image/png": self.png,
            "text/plain": repr(self),
        }
        return {**shown, PACKED: packed(self.numbers)} if self.numbers else shown

    def _details(self) -> Markup:
        if not self.numbers:
            return Markup()
        tables = Markup("\n").join(Markup(each._repr_html_()) for each in self.numbers)  # noqa: S704 - made escaped
        return Markup('<details class="numbers">\n<summary>{}</summary>\n{}</details>\n').format(self.summary, tables)


@contextmanager
def styled(key: str) -> Iterator[None]:
    """Draw in our style, with ids that depend on the figure's name alone."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": key}):
        yield


def sheet(
    heights: Sequence[float],
    lang: str,
    *,
    synthetic: bool,
    left: float = 0.72,
    above: float | Sequence[float] = 0.5,
    below: float = 0.5,
    foot: float = 0.0,
) -> tuple[Canvas, list[Axes]]:
    """Lay out panels one under the other, all measures in inches.

    Args:
        heights: Height of each panel.
        lang: Language of the mark on made-up data.
        synthetic: Whether the data are made up.
        left: Room for the vertical axis.
        above: Room for the heading of each panel.
        below: Room for the horizontal axis of each panel.
        foot: Room for a legend.
    """
    top, right = 0.22 if synthetic else 0.0, 0.24
    rooms = np.broadcast_to(above, len(heights))
    height = top + sum(heights) + float(rooms.sum()) + below * len(heights) + foot
    canvas = Canvas(figsize=(WIDTH, height))
    at, panels = height - top, []
    for room, each in zip(rooms, heights, strict=True):
        at -= room + each
        panels.append(canvas.add_axes((left / WIDTH, at / height, (WIDTH - left - right) / WIDTH, each / height)))
        # Or matplotlib would measure every number along an axis, to find a place for a name that it may not have.
        panels[-1].xaxis.set_label_coords(0.5, 0)
        panels[-1].yaxis.set_label_coords(0, 0.5)
        at -= below
    if synthetic:
        text = say("synthetic", lang)
        canvas.text(1 - 0.08 / WIDTH, 1 - 0.06 / height, text, ha="right", va="top", color=TRIAL, fontweight="bold")
    return canvas, panels


def heading(axes: Axes, text: str, below: str = "") -> None:
    """Set what a panel shows above it: from the edge of the figure, since the words are longer than the panel."""
    lines = textwrap.wrap(below, 62)
    for words, points, weight, ink in (
        ("\n".join(lines), 9, "normal", QUIET),
        (text, 9 + 12 * len(lines), "bold", INK),
    ):
        axes.annotate(
            words,
            (0.08 / WIDTH, 1),
            xycoords=("figure fraction", "axes fraction"),
            xytext=(0, points),
            textcoords="offset points",
            fontweight=weight,
            color=ink,
            annotation_clip=False,
        )


def numbered(axes: Axes, lang: str, *, along: str = "y", signed: bool = True, ticks: int = 4) -> None:
    """Set the numbers along an axis as the language sets them, with no more decimals than they need."""
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    places = _decimals(axis.get_majorticklocs())
    axis.set_major_formatter(_marks(lang, places, signed=signed))


def counted(axes: Axes, lang: str, *, along: str = "x", ticks: int = 6) -> None:
    """Set whole numbers along an axis."""
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(ticks, integer=True))
    axis.set_major_formatter(_marks(lang, 0, signed=False))


def named(axes: Axes, text: str, *, along: str = "x") -> None:
    """Name an axis, so far from it that its numbers fit between."""
    width, height = axes.bbox.width / axes.figure.dpi, axes.bbox.height / axes.figure.dpi
    if along == "x":
        axes.set_xlabel(text)
        axes.xaxis.set_label_coords(0.5, -0.27 / height)
    else:
        axes.set_ylabel(text)
        axes.yaxis.set_label_coords(-0.42 / width, 0.5)


def legend(canvas: Canvas, axes: Axes, *, columns: int = 2) -> None:
    """Name the lines and marks of a panel, once for the whole figure, at its foot."""
    handles, labels = axes.get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    canvas.legend(
        list(named.values()),
        list(named),
        loc="lower left",
        bbox_to_anchor=(0.0, 0.0),
        ncols=columns,
        frameon=False,
        fontsize=9,
        handlelength=2.4,
        columnspacing=1.2,
        borderpad=0.3,
    )


def broken(x: Floats | Ints, curves: Floats) -> tuple[Floats, Floats]:
    """Return many curves as one line with gaps: one element in the drawing rather than hundreds.

    Args:
        x: Where they are [points].
        curves: Their values [curves x points].
    """
    gap = np.full((len(curves), 1), np.nan)
    return np.tile([*x, np.nan], len(curves)), np.hstack([curves, gap]).ravel()


def finish(
    canvas: Canvas, lang: str, *, key: str, title: str, words: str, caption: str, numbers: Sequence[Table] = ()
) -> Figure:
    """Make a drawing a figure: as SVG with its words inside, and as PNG.

    Raises:
        BadData: The name has other characters than small letters, digits and hyphens.
    """
    if not re.fullmatch(r"[a-z0-9-]+", key):
        raise BadData(f"A figure was called {key!r}: small letters, digits and hyphens were expected.")
    vector, raster = io.StringIO(), io.BytesIO()
    canvas.savefig(vector, format="svg", metadata=_NO_METADATA)
    canvas.savefig(raster, format="png", dpi=144, metadata={"Software": None}, pil_kwargs={"compress_level": 1})
    svg = _accessible(vector.getvalue(), key, title, words)
    return Figure(key, svg, raster.getvalue(), title, words, caption, tuple(numbers), say("numbers_behind", lang))


def _marks(lang: str, places: int, *, signed: bool) -> Callable[[float, float], str]:
    return lambda value, _: number(value, lang, decimals=places, signed=signed)


def _decimals(ticks: Floats) -> int:
    """Return how many decimals tell the ticks apart."""
    step = float(np.diff(ticks).min()) if len(ticks) > 1 else 1.0
    return next((places for places in range(6) if abs(round(step, places) - step) < 1e-9 * step + 1e-12), 6)


def _short(tag: str) -> str:
    """Return a tag with no more decimals and blanks than a drawing needs."""
    tag = _LONG.sub(r"\1", tag)
    return re.sub(r' d="[^"]*"', lambda drawn: _COMMAND.sub(r"\1", drawn[0]), tag)


def _accessible(svg: str, key: str, title: str, words: str) -> str:
    """Return the SVG element alone, with a role, a title, a description, and ids that no other figure has."""
    element = svg[svg.index("<svg") :].strip()
    element = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', element)
    element = re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", element)
    element = re.sub(r'href="#([^"]+)"', rf'href="#{key}-\1"', element)
    element = _TAG.sub(lambda tag: _short(tag[0]), element)
    opening, rest = element.split(">", 1)
    opening = re.sub(r'\s(width|height)="[^"]*pt"', "", opening)
    head = Markup('\n<title id="{0}-title">{1}</title>\n<desc id="{0}-desc">{2}</desc>').format(key, title, words)
    labelled = f'role="img" aria-labelledby="{key}-title" aria-describedby="{key}-desc" style="{_WIDEST}"'
    return f"{opening} {labelled}>{head}{rest}"
