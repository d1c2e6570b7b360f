"""Tables for a page: caption, scoped headings, units and notes, readable by ear as well as by eye."""

from dataclasses import dataclass

from jinja2 import Environment

_TEMPLATE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """\
<div class="table" role="region" aria-labelledby="{{ table.key }}-caption" tabindex="0">
<table id="{{ table.key }}">
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
    """

    key: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numeric: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check that every row is as long as the headings, and that no heading is empty."""
        if not all(self.headings) or any(len(row) != len(self.headings) for row in self.rows):
            raise ValueError(f"The table {self.key} has an empty heading, or a row that does not fit its headings.")

    def _repr_html_(self) -> str:
        return _TEMPLATE.render(table=self)
