"""Tables for a page: caption, scoped headings, units and notes, readable by ear as well as by eye."""

from dataclasses import dataclass

import pandas as pd
from jinja2 import Environment

from frikommune.disclosure import TOTAL, Released, require_released, shown
from frikommune.errors import BadData
from frikommune.words import number, say

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
        rows: The cells, as text.
        note: What a reader must know to read it.
        numeric: Columns set to the right, counted from 1 after the row heading.
        released: For a table of people, what was released, for the audit of the page.
    """

    key: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numeric: tuple[int, ...] = ()
    released: str = ""

    def __post_init__(self) -> None:
        """Check that every row is as long as the headings, and that no heading is empty."""
        if not all(self.headings) or any(len(row) != len(self.headings) for row in self.rows):
            raise ValueError(f"The table {self.key} has an empty heading, or a row that does not fit its headings.")

    def _repr_html_(self) -> str:
        return _TEMPLATE.render(table=self)


def counts(released: Released, *, caption: str, lang: str) -> Table:
    """Tabulate counts of people: the first dimension down, the second across; what is hidden is a dash with a note.

    Args:
        released: The counts, by one or two dimensions.
        caption: What they are.
        lang: Language.

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
    )


def _rows(wide: pd.DataFrame) -> list[tuple[object, list[object]]]:
    return [(name, list(row)) for name, row in zip(wide.index, wide.itertuples(index=False), strict=True)]


def _category(name: object, lang: str) -> str:
    return say("all_of_it", lang) if name == TOTAL else str(name)


def _count(value: object, lang: str) -> str:
    return "–" if value is pd.NA else number(float(str(value)), lang)
