"""How numbers are written in text: which mark is the decimal one, found by column, never guessed.

`1.234` is a thousand and more in Denmark, and one and a bit elsewhere. A column with any number that can be read in
one way only decides for itself; else the other columns of the file decide; else it is "ambiguous", and the caller must
say.
"""

from collections.abc import Sequence
from typing import Literal

import ibis
from ibis.expr.types import FloatingColumn, StringColumn, Table

from frikommune.disclosure import MARK
from frikommune.errors import BadData

NumberStyle = Literal["plain", "comma", "point", "ambiguous", "mixed"]

COMMA: NumberStyle = "comma"
POINT: NumberStyle = "point"

_SIGN, _END = "^[-+]?", "$"
_BLANKS = "[\\s\u00a0\u202f]"
_EXPONENT = "(?:[eE][-+]?[0-9]{1,3})?"
# Marks that official tables write where there is no figure, and ours where a CPR number was.
_MISSING = ("", "..", "...", "-", ".", ":", MARK)
_BATCH = 60

_PLAIN = f"{_SIGN}[0-9]+{_EXPONENT}{_END}"


def _style_patterns(decimal: str, thousands: str) -> tuple[str, str]:
    """Return what a number in a style looks like, and what can be a number in that style only."""
    grouped = f"[0-9]{{1,3}}(?:[{thousands}][0-9]{{3}})+"
    any_number = f"{_SIGN}(?:{grouped}|[0-9]+)?(?:[{decimal}][0-9]+)?{_EXPONENT}{_END}"
    sure = (
        f"{_SIGN}(?:[0-9]*[{decimal}](?:[0-9]{{1,2}}|[0-9]{{4,}})|(?:0[0-9]*|[0-9]{{4,}}|)[{decimal}][0-9]{{3}}"
        f"|[0-9]+[{decimal}][0-9]+[eE][-+]?[0-9]{{1,3}}|{grouped}[{decimal}][0-9]+|{grouped}[{thousands}][0-9]{{3}})"
        f"{_EXPONENT}{_END}"
    )
    return any_number, sure


_ANY_COMMA, _SURE_COMMA = _style_patterns(",", ".")
_ANY_POINT, _SURE_POINT = _style_patterns(".", ",")
_NUMBER = {"plain": _PLAIN, "comma": _ANY_COMMA, "point": _ANY_POINT}


def number(column: StringColumn, style: NumberStyle = "plain") -> FloatingColumn:
    """Turn numbers that are written as text into numbers, in the engine; what is no number becomes missing.

    Args:
        column: The text.
        style: "comma" for 1.234,5, "point" for 1,234.5, "plain" for digits only; as in `Source.styles`.

    Raises:
        BadData: The style is "ambiguous" or "mixed": the caller must say which mark is the decimal one.
    """
    if style not in _NUMBER:
        raise BadData(
            f"The numbers of the column {column.get_name()} can be read in two ways, with a decimal comma or a decimal "
            f"point: say which."
        )
    text = _tidy(column)
    bare = text.replace(".", "").replace(",", ".") if style == "comma" else text.replace(",", "")
    fits = text.re_search(_NUMBER[style]) & text.re_search("[0-9]")
    value = ibis.ifelse(fits, bare, ibis.null("string")).try_cast("float64")
    return ibis.ifelse(value.isinf(), ibis.null("float64"), value)


def number_styles(table: Table, columns: Sequence[str]) -> dict[str, NumberStyle]:
    """Find how numbers are written, by column of text; columns that are not all numbers are left out.

    Args:
        table: A table.
        columns: Columns of text to look at; without a comma or dot in any value, one need not be.
    """
    counts: dict[str, dict[str, int]] = {}
    for some in _batches(list(columns)):
        counts |= _counted(table, some)
    styles = {column: _style(each) for column, each in counts.items() if each["all"] and each["odd"] == 0}
    sure = {each for each in styles.values() if each in ("comma", "point")}
    if len(sure) == 1:
        other = next(iter(sure))
        styles = {column: other if each == "ambiguous" else each for column, each in styles.items()}
    return styles


def describe(styles: dict[str, NumberStyle]) -> tuple[str, ...]:
    """Return one note for each style found, with its columns."""
    words: dict[NumberStyle, str] = {
        "comma": "decimal comma, dot for thousands",
        "point": "decimal point, comma for thousands",
        "ambiguous": "decimal or thousands mark, which cannot be told",
        "mixed": "decimal comma and decimal point both",
    }
    columns = {style: [key for key, value in styles.items() if value == style] for style in words}
    return tuple(f"{words[style]}: {', '.join(found)}" for style, found in columns.items() if found)


def _tidy(column: StringColumn) -> StringColumn:
    return column.replace("\u2212", "-").re_replace(_BLANKS, "")


def _counted(table: Table, columns: list[str]) -> dict[str, dict[str, int]]:
    measures = []
    for n, column in enumerate(columns):
        text = _tidy(table[column])
        there = text.notnull() & text.notin(_MISSING)
        either = (text.re_search(_ANY_COMMA) | text.re_search(_ANY_POINT)) & text.re_search("[0-9]")
        measures += [
            there.sum().name(f"all{n}"),
            (there & ~either).sum().name(f"odd{n}"),
            text.re_search(_SURE_COMMA).sum().name(f"comma{n}"),
            text.re_search(_SURE_POINT).sum().name(f"point{n}"),
            (there & ~text.re_search(_PLAIN)).sum().name(f"marked{n}"),
        ]
    row = {key: value or 0 for key, value in table.aggregate(measures).to_pyarrow().to_pylist()[0].items()}
    keys = ("all", "odd", "comma", "point", "marked")
    return {column: {key: row[f"{key}{n}"] for key in keys} for n, column in enumerate(columns)}


def _style(count: dict[str, int]) -> NumberStyle:
    if count["comma"] and count["point"]:
        return "mixed"
    if count["comma"] or count["point"]:
        return "comma" if count["comma"] else "point"
    return "ambiguous" if count["marked"] else "plain"


def _batches(columns: list[str]) -> list[list[str]]:
    return [columns[start : start + _BATCH] for start in range(0, len(columns), _BATCH)]
