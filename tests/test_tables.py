import pytest

from frikommune.tables import Table


def table(**changes: object) -> Table:
    made = {"key": "t", "caption": "A < B", "headings": ("What", "n"), "rows": (("<b>", "1"),), "numeric": (1,)}
    return Table(**{**made, **changes})  # type: ignore[arg-type]


def test_a_table_has_caption_scopes_and_a_region_that_takes_focus() -> None:
    """A screen reader is told what the table is and which heading a cell belongs to."""
    html = table()._repr_html_()
    assert '<caption id="t-caption">A &lt; B</caption>' in html
    assert html.count('scope="col"') == 2
    assert '<th scope="row">&lt;b&gt;</th>' in html
    assert 'role="region" aria-labelledby="t-caption" tabindex="0"' in html
    assert '<td class="number">1</td>' in html


def test_text_is_escaped() -> None:
    """What looks like markup is shown as text."""
    assert "<b>" not in table()._repr_html_()


def test_a_heading_is_never_empty_and_a_row_never_short() -> None:
    """An empty heading tells a listener nothing."""
    with pytest.raises(ValueError, match="empty heading"):
        table(headings=("What", ""))
    with pytest.raises(ValueError, match="does not fit"):
        table(rows=(("a",),))
