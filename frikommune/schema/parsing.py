"""From a column as it stands to a column in its contract's type: `None` where it cannot be read as such.

Text is read as Danish exports write it; a column that is typed already is taken as it is. Everything here is an
expression: nothing is run, whatever the size.
"""

from collections.abc import Mapping
from typing import Literal

import ibis
import ibis.expr.datatypes as dt
import numpy as np
from ibis.expr.types import BooleanValue, Table, Value

from frikommune.municipalities import municipalities
from frikommune.schema.nouns import Column

Mark = Literal["comma", "point"] | None

IBIS_TYPES: Mapping[str, dt.DataType] = {
    "text": dt.string,
    "integer": dt.int64,
    "number": dt.float64,
    "date": dt.date,
    "period": dt.string,
    "boolean": dt.boolean,
    "municipality_code": dt.int64,
    "person_key": dt.string,
    "trial": dt.string,
}

# What programs write for "no value" in a column of numbers, dates or codes; in a text column only blank is missing.
_MISSING = ("NA", "N/A", "NULL", "NAN", ".", "..")
_YES, _NO = ("1", "JA", "TRUE", "J", "YES", "SAND"), ("0", "NEJ", "FALSE", "N", "NO", "FALSK")
_DAYS = ("%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d")
_TIMES = (" %H:%M", " %H:%M:%S", "T%H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S.%f")
_FORMATS = [*_DAYS, *(day + time for day in _DAYS[:3] for time in _TIMES)]
_SHORTEST_DATE = len("1.3.2019")  # shorter ones, such as 1.3.19, have no century
_LONGEST_NUMBER = 40  # with two digits of exponent at the most, no number of this length is infinite
_GREATEST = float(np.finfo(float).max)
_EXACT = 2.0**53  # above it a float is no longer an exact whole number

# A decimal comma with dots for thousands; a decimal point with commas for thousands; either with spaces; and what
# may be both: "1.234".
_COMMA = r"^[-+]?(\d*|[1-9]\d{0,2}(\.\d{3})+),\d+([eE][-+]?\d{1,2})?$|^[-+]?[1-9]\d{0,2}(\.\d{3}){2,}$"
_POINT = r"^[-+]?[1-9]\d{0,2}((,\d{3})+\.\d+|(,\d{3}){2,})$"
_PLAIN = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?$"
_SPACED = r"^[-+]?[1-9]\d{0,2}([ \x{00A0}\x{202F}]\d{3})+([.,]\d+)?$"
_EITHER = r"^[-+]?[1-9]\d{0,2}\.\d{3}$"
_MONTH = r"^(M[1-9]|M?(0[1-9]|1[0-2])|-(0[1-9]|1[0-2]))$"
_FIRST_OF_MONTH = r"^-(0[1-9]|1[0-2])-01$"


# Excel's no-break spaces, and the byte-order mark of files that were joined, besides the usual blanks.
_BLANKS = " \t\r\n\v\f\u00a0\u202f\ufeff"


def _strip(text: str, blanks: str) -> None:
    """Return a text without the blanks at both ends: DuckDB's own function."""


_trim = ibis.udf.scalar.builtin(_strip, name="trim", signature=((dt.string, dt.string), dt.string))


def _strptime(text: str, formats: list[str]) -> None:
    """Return a moment in the first format that fits, or nothing: DuckDB's own function."""


_try_strptime = ibis.udf.scalar.builtin(
    _strptime, name="try_strptime", signature=((dt.string, dt.Array(dt.string)), dt.timestamp)
)


def text_of(value: Value) -> Value:
    """Return a column as trimmed text; blank is missing, and 12.0 is "12"."""
    kind = value.type()
    if kind.is_floating() or kind.is_decimal():
        number = value.cast("float64")
        # not floor(), which Ibis casts to a whole number: too large ones would end the query
        whole = (number % 1 == 0) & (number.abs() < _EXACT)
        plain = ibis.ifelse(whole, number.try_cast("int64").cast("string"), number.cast("string"))
        return ibis.ifelse(_between(number, np.inf), plain, None)
    text = value if kind.is_string() else value.cast("string")
    return _trim(text, _BLANKS).nullif("")


def filled(text: Value, column: Column) -> BooleanValue:
    """Tell whether a value is there at all, from its trimmed text."""
    if column.type in ("text", "person_key"):
        return text.notnull()
    return text.notnull() & text.upper().notin(_MISSING)


def parse(value: Value, text: Value, column: Column, mark: Mark = None) -> Value:
    """Return a column read as its contract says, `None` where it is missing or cannot be; `finish` it afterwards.

    Args:
        value: The column as it stands.
        text: The same as `text_of` makes it.
        column: What it should be.
        mark: Decimal mark that the column shows elsewhere, for numbers such as "1.234".
    """
    if column.type in ("integer", "number"):
        return _number(value, text, mark)
    if column.type == "date":
        return _date(value, text)
    if column.type == "period":
        return _period(value, text, column)
    if column.type == "boolean":
        return ibis.cases((text.upper().isin(_YES), True), (text.upper().isin(_NO), False))
    if column.type == "municipality_code":
        return ibis.ifelse(text.re_search(r"^0?\d{3}(\.0)?$"), text, None).try_cast("float64").cast("int64")
    return text


def finish(parsed: Value, column: Column) -> Value:
    """Return a parsed column in its contract's type: whole numbers that are whole, codes that are municipalities."""
    if column.type == "integer":
        exact = (parsed % 1 == 0) & (parsed.abs() <= _EXACT)
        return ibis.ifelse(exact, parsed, None).try_cast("int64")
    if column.type == "municipality_code":
        return ibis.ifelse(parsed.isin(list(municipalities())), parsed, None)
    return parsed


def marks(table: Table, sources: Mapping[str, Column]) -> dict[str, Mark]:
    """Find the decimal mark of columns of numbers: one pass, and none when there is no such column.

    Args:
        table: The table, its columns as `text_of` makes them.
        sources: Names of the columns that were text, and the column of the contract that each should be.

    Returns:
        By name in the table: "comma", "point", or `None` where it cannot be told. A column that shows no mark
        itself follows the others, when they agree; failing that, the point in a whole number is for thousands.
    """
    texts = [name for name, column in sources.items() if column.type in ("integer", "number")]
    if not texts:
        return {}
    seen = {}
    for name in texts:
        text = table[name]
        point = text.re_search(_POINT) | (text.contains(".") & text.re_search(_PLAIN) & ~text.re_search(_EITHER))
        seen[f"comma:{name}"] = text.re_search(_COMMA).any()
        seen[f"point:{name}"] = point.any()
    found = table.aggregate(**seen).to_pyarrow().to_pylist()[0]
    shown = {name: _mark(comma=found[f"comma:{name}"], point=found[f"point:{name}"]) for name in texts}
    of_file = {mark for mark in shown.values() if mark is not None}
    default = of_file.pop() if len(of_file) == 1 else None
    return {name: shown[name] or _default(default, sources[name], mixed=bool(found[f"comma:{name}"])) for name in texts}


def is_ambiguous(value: Value, text: Value, mark: Mark) -> BooleanValue:
    """Tell whether a number may be in thousands or have decimals, and its column does not show which."""
    if mark is not None or not value.type().is_string():
        return ibis.literal(value=False)
    return text.re_search(_EITHER)


def _mark(*, comma: bool | None, point: bool | None) -> Mark:
    if bool(comma) == bool(point):
        return None
    return "comma" if comma else "point"


def _default(of_file: Mark, column: Column, *, mixed: bool) -> Mark:
    if mixed:
        return None
    return of_file or ("comma" if column.type == "integer" else None)


def _between(number: Value, end: float) -> Value:
    """Tell where a number lies within an end on either side, and is not NaN.

    The engine folds isnan() and plain bounds by the statistics of a Parquet file, which pass NaN by.
    """
    return ibis.greatest(ibis.least(number, end), -end) == number


def _number(value: Value, text: Value, mark: Mark) -> Value:
    kind = value.type()
    if not kind.is_string():
        number = value.cast("int64") if kind.is_boolean() else value if kind.is_numeric() else text
        number = number.try_cast("float64")
        return ibis.ifelse(_between(number, _GREATEST), number, None)
    text = ibis.ifelse(text.length() <= _LONGEST_NUMBER, text.replace("\u2212", "-"), None)
    grouped = {"comma": text.replace(".", ""), "point": text, None: ibis.null("string")}[mark]
    return ibis.cases(
        (text.re_search(_EITHER), grouped),
        (text.re_search(_PLAIN), text),
        (text.re_search(_COMMA), text.replace(".", "").replace(",", ".")),
        (text.re_search(_POINT), text.replace(",", "")),
        (text.re_search(_SPACED), text.re_replace(r"[ \x{00A0}\x{202F}]", "").replace(",", ".")),
    ).try_cast("float64")


def _date(value: Value, text: Value) -> Value:
    kind = value.type()
    if kind.is_date() or kind.is_timestamp():
        return value.cast("date")
    return _try_strptime(ibis.ifelse(text.length() >= _SHORTEST_DATE, text, None), _FORMATS).cast("date")


def _period(value: Value, text: Value, column: Column) -> Value:
    kind = value.type()
    if kind.is_date() or kind.is_timestamp():
        return value.strftime("%YM%m") if column.frequency == "M" else ibis.null("string")
    text = text.upper()
    year, rest = text.left(4), text.substr(4)
    month = rest.re_search(_MONTH)
    if column.frequency == "M":
        month |= rest.re_search(_FIRST_OF_MONTH)
    label = ibis.cases(
        (rest == "", year),
        (rest.re_search(r"^[QK][1-4]$"), year + "Q" + rest.right(1)),
        (month, year + "M" + rest.re_replace(r"^[M-]|-01$", "").lpad(2, "0")),
    )
    return ibis.ifelse(year.re_search(r"^\d{4}$"), label, None)
