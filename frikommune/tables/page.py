"""Tables for a page: caption, scoped headings, units and notes, readable by ear as well as by eye."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd
from jinja2 import Environment

from frikommune.disclosure import TOTAL, Released, require_released, shown
from frikommune.errors import BadData
from frikommune.words import Numeral, Numerals, number, say

PACKED = "application/vnd.frikommune.tables+json"

_TEMPLATE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """\
<div class="table" role="region" aria-labelledby="{{ table.key }}-caption" tabindex="0">
<table id="{{ table.key }}"{% if table.released %} data-released="{{ table.released }}"{% endif %}>
<caption id="{{ table.key }}-caption">{{ table.caption }}</caption>
<thead><tr>
{% for heading in table.headings %}
<th scope="col"{% if loop.index0 in table.numeric %} class="number"{% endif %}>{{ heading }}</th>
{% endfor %}
</tr></thead>
<tbody>
{% for row in table.rows %}
<tr><th scope="row">{{ row[0] }}</th>
{% for cell in row[1:] %}
<td{% if loop.index in table.numeric %} class="number"{% endif %}>{{ cell }}</td>
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
{% if table.about %}
<p class="note">
{% for label, text in table.about %}
{{ label }}: {{ text }}{{ "" if loop.last else " ·" }}
{% endfor %}
</p>
{% endif %}
{% if table.note %}
<p class="note">{{ table.note }}</p>
{% endif %}
"""
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is ready for a page; the first cell of a row is its heading.

    Attributes:
        key: Short name, unique on its page.
        caption: What it shows.
        headings: Heading of each column, none of them empty.
        rows: The cells, as text; numbers set by `words` remember what they are, and go to a worksheet as numbers.
        note: What a reader must know to read it.
        numeric: Columns set to the right, counted from 1 after the row heading.
        released: For a table of people, what was released, for the audit of the page.
        about: What it is measured in, of how many and from where: see `described`.
    """

    key: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numeric: tuple[int, ...] = ()
    released: str = ""
    about: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Check that every row is as long as the headings, and that no heading is empty."""
        if not all(self.headings) or any(len(row) != len(self.headings) for row in self.rows):
            raise ValueError(f"The table {self.key} has an empty heading, or a row that does not fit its headings.")

    def _repr_html_(self) -> str:
        return _TEMPLATE.render(table=self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self), PACKED: packed([self])}


def packed(tables: Sequence[Table]) -> dict[str, object]:
    """Return tables as JSON can hold them: as a notebook keeps them beside what it shows, for the workbook of its page.

    Args:
        tables: The tables.
    """
    names = [each.name for each in fields(Table)]
    return {"tables": [[_packed(getattr(table, name)) for name in names] for table in tables]}


def unpacked(bundle: Mapping[str, Any]) -> tuple[Table, ...]:
    """Return the tables that `packed` put into JSON.

    Args:
        bundle: What a notebook kept under `PACKED`.
    """
    names = [each.name for each in fields(Table)]
    return tuple(Table(**dict(zip(names, map(_unpacked, each), strict=True))) for each in bundle["tables"])


def described(lang: str, *, unit: str = "", n: str = "", source: str = "") -> tuple[tuple[str, str], ...]:
    """Say under a table what its numbers are measured in, how many stand behind them and where they come from.

    Args:
        lang: Language.
        unit: Unit of the numbers.
        n: How many of what.
        source: Where they come from.
    """
    given = {"table_unit": unit, "table_n": n, "table_source": source}
    return tuple((say(key, lang), text) for key, text in given.items() if text)


def counts(released: Released, *, caption: str, lang: str, source: str = "") -> Table:
    """Tabulate counts of people: the first dimension down, the second across; what is hidden is a dash with a note.

    Args:
        released: The counts, by one or two dimensions.
        caption: What they are.
        lang: Language.
        source: Where they come from.

    Raises:
        BadData: They have not passed `release`, or have more than two dimensions.
    """
    n = require_released(released).n
    if n.index.nlevels > 2:  # noqa: PLR2004
        raise BadData(f"The table {released.name} has {n.index.nlevels} dimensions: a page shows one or two.")
    wide = n.to_frame(released.of) if n.index.nlevels == 1 else n.unstack(sort=False)
    return Table(
        key=released.name,
        caption=caption,
        headings=(str(n.index.names[0]), *(_category(each, lang) for each in wide.columns)),
        rows=tuple((_category(name, lang), *(_count(each, lang) for each in row)) for name, row in _rows(wide)),
        note=say("hidden_note", lang, threshold=number(released.rule.threshold, lang)) if n.isna().any() else "",
        numeric=tuple(range(1, len(wide.columns) + 1)),
        released=shown(released).text,
        about=described(lang, unit=released.of, n=_whole(released, lang), source=source),
    )


def _packed(value: Any) -> Any:  # noqa: ANN401 - a field of a table: texts, numbers and tuples of them
    if isinstance(value, Numeral):
        finite = math.isfinite(value.value)
        return ["numeral", str(value), value.value if finite else None, value.style]
    if isinstance(value, Numerals):
        return ["numerals", str(value), [[name, _packed(each)] for name, each in value.parts]]
    if isinstance(value, tuple):
        return ["tuple", *map(_packed, value)]
    return str(value) if isinstance(value, str) else value


def _unpacked(value: Any) -> Any:  # noqa: ANN401 - as `_packed`
    if not isinstance(value, list):
        return value
    kind, *inside = value
    if kind == "numeral":
        text, number_, style = inside
        return text if number_ is None else Numeral(text, number_, style)
    if kind == "numerals":
        return Numerals(inside[0], {name: _unpacked(each) for name, each in inside[1]})
    return tuple(map(_unpacked, inside))


def _whole(released: Released, lang: str) -> str:
    """Return how many are counted in all, where the table shows it."""
    total = TOTAL if released.n.index.nlevels == 1 else (TOTAL,) * released.n.index.nlevels
    return _count(released.n[total], lang) if total in released.n.index else ""


def _rows(wide: pd.DataFrame) -> list[tuple[object, list[object]]]:
    return [(name, list(row)) for name, row in zip(wide.index, wide.itertuples(index=False), strict=True)]


def _category(name: object, lang: str) -> str:
    return say("all_of_it", lang) if name == TOTAL else str(name)


def _count(value: object, lang: str) -> str:
    return "–" if value is pd.NA else number(float(str(value)), lang)
