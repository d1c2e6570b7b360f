import io
import pickle
import zipfile

import nbformat
import openpyxl
import pandas as pd
import pytest

from frikommune import Counts, release
from frikommune.errors import BadData
from frikommune.tables import PACKED, Table, counts, described, packed, unpacked, workbook
from frikommune.words import Numerals, number, percent, small


def table(**changes: object) -> Table:
    made = {"key": "t", "caption": "A < B", "headings": ("What", "n"), "rows": (("<b>", "1"),), "numeric": (1,)}
    return Table(**{**made, **changes})  # type: ignore[arg-type]


def numbers() -> Table:
    effect = {"værdi": number(-0.256, "da", decimals=2, signed=True), "øvre": number(1234.5, "da", decimals=1)}
    return table(
        key="numbers",
        caption="Tal",
        headings=("Hvad", "Antal", "Andel", "Virkning"),
        rows=(
            ("=1+1", number(1234, "da"), percent(0.256, "da"), Numerals("−0,26 (til 1.234,5)", effect)),
            ("uendelig", number(float("inf"), "da"), "–", "ingen"),
        ),
        note="En note.",
        about=described("da", unit="uger", n="12", source="Syntetiske tal"),
    )


def sheet_of(content: bytes, name: str = "numbers") -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(content))[name]


def test_a_table_has_caption_scopes_and_a_region_that_takes_focus() -> None:
    """A screen reader is told what the table is and which heading a cell belongs to."""
    html = table()._repr_html_()
    assert '<caption id="t-caption">A &lt; B</caption>' in html
    assert html.count('scope="col"') == 2
    assert '<th scope="row">&lt;b&gt;</th>' in html
    assert 'role="region" aria-labelledby="t-caption" tabindex="0"' in html
    assert '<td class="number">1</td>' in html


def test_a_table_says_unit_n_and_source_under_itself() -> None:
    """What a number is measured in, of how many and from where stands with the table, in its language."""
    text = " ".join(numbers()._repr_html_().split())
    assert "Enhed: uger · n: 12 · Kilde: Syntetiske tal" in text
    assert described("en", unit="weeks", source="x") == (("Unit", "weeks"), ("Source", "x"))
    assert "Enhed" not in table()._repr_html_()


def test_a_number_remembers_what_it_is() -> None:
    """The text is the language's, the value no finer than the text, and both survive a copy through a file."""
    one = number(-1234.567, "da", decimals=1, signed=True)
    assert (one, one.value, one.style) == ("−1.234,6", -1234.6, "+#,##0.0;-#,##0.0;#,##0.0")
    assert (percent(0.3456, "da"), percent(0.3456, "da").value) == ("35 %", 0.35)
    assert percent(0.3456, "en", decimals=1) == "34.6 %"
    assert small(0.0123, "en").value == 0.012
    assert pickle.loads(pickle.dumps(one)).value == one.value  # noqa: S301 - our own


def test_a_workbook_holds_numbers_as_numbers() -> None:
    """A sheet a table; captions and notes are text, and nothing is a formula, whatever it begins with."""
    sheet = sheet_of(workbook([numbers(), table()]))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "Tal"
    assert rows[2] == ["Hvad", "Antal", "Andel", "Virkning: værdi", "Virkning: øvre"]
    assert rows[3] == ["=1+1", 1234, 0.26, -0.26, 1234.5]
    assert rows[4] == ["uendelig", "∞", "–", "ingen", "–"]
    assert sheet["A4"].data_type == "s"
    assert sheet["B4"].number_format == "#,##0"
    assert [row[0] for row in rows[6:]] == ["Enhed: uger", "n: 12", "Kilde: Syntetiske tal", "En note."]


def test_hidden_cells_are_dashes_in_the_workbook_too() -> None:
    """What disclosure control took away is in no file, and what it left is a number."""
    n = pd.Series([2, 3, 40, 50], index=pd.Index(["a", "b", "c", "d"], name="kommune"))
    made = counts(release(Counts("uses", n, of="sager")), caption="Sager", lang="da", source="Kilden")
    cells = {row[0].value: row[1].value for row in sheet_of(workbook([made]), "uses").iter_rows(min_row=4, max_row=8)}
    assert cells["a"] == cells["b"] == "–"
    assert cells["d"] in (50, "–")
    assert made.about == (("Enhed", "sager"), ("n", "95"), ("Kilde", "Kilden"))


def test_a_workbook_is_the_same_twice() -> None:
    """No hour of making is left in it."""
    first, second = workbook([numbers()]), workbook([numbers()])
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as inside:
        assert {each.date_time for each in inside.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in inside.read("docProps/core.xml")


def test_tables_travel_in_a_notebook() -> None:
    """What a notebook keeps beside a table gives the same workbook as the table."""
    made = (numbers(), table())
    bundle = nbformat.from_dict({**packed(made)})
    assert workbook(unpacked(bundle)) == workbook(made)
    assert numbers()._repr_mimebundle_()[PACKED] == packed([numbers()])


def test_text_is_escaped() -> None:
    """What looks like markup is shown as text."""
    assert "<b>" not in table()._repr_html_()


def test_a_heading_is_never_empty_and_a_row_never_short() -> None:
    """An empty heading tells a listener nothing."""
    with pytest.raises(ValueError, match="empty heading"):
        table(headings=("What", ""))
    with pytest.raises(ValueError, match="does not fit"):
        table(rows=(("a",),))


def test_a_workbook_needs_tables_with_names_of_their_own() -> None:
    """Nothing, or two sheets of one name, is refused."""
    with pytest.raises(BadData, match="of 0 tables"):
        workbook([])
    with pytest.raises(BadData, match="of 2 tables"):
        workbook([table(), table(key="T")])
