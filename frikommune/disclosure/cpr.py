"""CPR numbers in tables: counted, and replaced by a marker, by the engine where the table lies.

The columns decide about what is doubtful (see `patterns`): a column holds CPR numbers when more than half of its
doubtful values are date-valid (chance gives 4 % of ten digits and 12 % of nine), or a quarter of a hundred or more,
unless twenty or more different ones all fall on one day of the month. That is a serial number: production units, for
one, all begin with 10. In a column that is a person key every date-valid value counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import ibis
from ibis.expr.types import BooleanValue, Column, StringColumn, StringValue, Table

from frikommune.disclosure.patterns import (
    ANY_NINE,
    BARE,
    CANDIDATE,
    DIGEST,
    IN_TEXT,
    NINE,
    NUMERIC,
    VALID,
    WHOLE_END,
)

MARK = "[CPR]"  # stands where a value held a CPR number

# Of a hundred doubtful numbers or more, a quarter date-valid is no chance (4 % of ten digits, 12 % of nine).
_MANY, _BY_CHANCE = 100, 4
_SERIAL = 20  # different numbers on one day of the month; by chance 30 ** -19
_NO = ibis.literal(value=False)


@dataclass(frozen=True, slots=True)
class Found:
    """The CPR numbers of one column.

    Attributes:
        sure: Values that hold what can only be one.
        doubtful: Values that are or hold one by the judgement of the whole column.
    """

    sure: int
    doubtful: int

    @property
    def count(self) -> int:
        """Values that are or hold a CPR number."""
        return self.sure + self.doubtful


def searchable(column: Column) -> StringColumn | None:
    """Return a column as text in which to look for CPR numbers, or nothing when its type can hold none."""
    kind = column.type()
    if kind.is_string():
        return column
    if kind.is_temporal() or kind.is_boolean() or kind.is_interval():
        return None
    if kind.is_floating() or kind.is_decimal():
        return _whole(column, 0, 10**10 - 1)
    return column.cast("string")


def sure(text: StringValue) -> BooleanValue:
    """Tell in the engine where a text holds what can only be a CPR number; `patterns.is_sure` says the same."""
    return _where_close(text, _is_sure)


def doubtful(text: StringValue) -> BooleanValue:
    """Tell in the engine where a text may or may not be a CPR number."""
    return _where_close(text, _is_doubtful)


def digits(text: StringValue) -> StringValue:
    """Return in the engine the ten digits of what is doubtful; `patterns.doubtful_digits` says the same."""
    return _digits(_clean(text))


def cpr_found(table: Table, columns: Sequence[str] | None = None) -> dict[str, Found]:
    """Count the values that are or hold a CPR number, by column; the counting is done by the engine.

    Args:
        table: Any table; numbers, text and anything that can be cast to text are searched.
        columns: Those to search; without, all.

    Returns:
        The columns that hold any.
    """
    texts = {each: searchable(table[each]) for each in (table.columns if columns is None else columns)}
    found = {each: _count(table, text) for each, text in texts.items() if text is not None}
    return {each: count for each, count in found.items() if count.count}


def cpr_columns(table: Table, columns: Sequence[str] | None = None) -> dict[str, int]:
    """Count the values that are or hold a CPR number, by column, as `cpr_found` does."""
    return {each: found.count for each, found in cpr_found(table, columns).items()}


def cpr_keys(table: Table, columns: Sequence[str]) -> dict[str, int]:
    """Count the values of key columns that may be a CPR number, by column.

    Stricter than `cpr_columns`: a key that is date-valid by chance is counted too, since hashing it does no harm.

    Args:
        table: Any table.
        columns: The key columns.

    Returns:
        The columns that hold any, with the number of values that do.
    """
    texts = {each: searchable(table[each]) for each in columns}
    counts = {
        each: int(
            _candidates(table, text)
            .filter(lambda row: _is_sure(row.value) | (_is_doubtful(row.value) & _digits(row.value).re_search(VALID)))
            .count()
            .to_pyarrow()
            .as_py()
        )
        for each, text in texts.items()
        if text is not None
    }
    return {each: count for each, count in counts.items() if count}


def without_cpr(table: Table, found: Mapping[str, Found]) -> Table:
    """Put the marker in place of every value that is or holds a CPR number.

    A column of numbers becomes text, with a decimal comma, so that the marker fits.

    Args:
        table: Any table.
        found: The columns that hold any, as `cpr_found` tells.
    """
    return table.mutate(**{each: _marked(table[each], held) for each, held in found.items()})


def _marked(column: Column, found: Found) -> StringValue:
    text = searchable(column)
    if text is None:
        raise AssertionError
    held = sure(text)
    if found.doubtful:
        held |= doubtful(text) & digits(text).re_search(VALID).fill_null(_NO)
    return ibis.ifelse(held, MARK, _written(column))


def _written(column: Column) -> StringValue:
    """Write a column out; no point of a number can be taken for a thousands mark."""
    kind = column.type()
    if not (kind.is_floating() or kind.is_decimal()):
        return column.cast("string")
    text = ibis.coalesce(_whole(column, -(2**53), 2**53), column.cast("string").replace(".", ","))
    return ibis.ifelse(text.lower() == "nan", ibis.null("string"), text)


def _whole(column: Column, low: int, high: int) -> StringValue:
    """Write whole numbers between two ends without a point; nothing for any other.

    A bound alone would not keep NaN from a cast that fails: the engine takes it for met by the statistics of a Parquet
    file, which pass NaN by.
    """
    bounded = ibis.greatest(ibis.least(column, high), low)
    fits = (bounded == column) & (bounded.floor() == bounded)
    return ibis.ifelse(fits, bounded, ibis.null()).cast("int64").cast("string")


def _where_close(text: StringValue, judge: Callable[[StringValue], BooleanValue]) -> BooleanValue:
    """Judge only what a cheap pattern leaves, of what is left when digests are taken out."""
    clean = _clean(text)
    close = ibis.ifelse(clean.re_search(CANDIDATE), judge(clean), _NO)
    return ibis.ifelse(text.re_search(CANDIDATE), close, _NO).fill_null(_NO)


def _is_sure(clean: StringValue) -> BooleanValue:
    return clean.re_search(IN_TEXT) & ~clean.re_search(BARE) & ~clean.re_search(NUMERIC)


def _is_doubtful(clean: StringValue) -> BooleanValue:
    return clean.re_search(BARE) | (clean.re_search(ANY_NINE) & ~clean.re_search(NUMERIC) & ~clean.re_search(IN_TEXT))


def _digits(clean: StringValue) -> StringValue:
    found = ibis.ifelse(clean.re_search(BARE), clean.re_replace(WHOLE_END, ""), clean.re_extract(NINE, 1))
    return found.fill_null("").re_replace("[^0-9]", "").lpad(10, "0")


def _clean(text: StringValue) -> StringValue:
    return text.re_replace(DIGEST, " ")


def _candidates(table: Table, text: StringColumn) -> Table:
    """Return the values that a cheap pattern leaves, without digests, in the column `value`."""
    left = table.select(value=text).filter(lambda each: each.value.re_search(CANDIDATE))
    return left.select(value=_clean(left.value)).filter(lambda each: each.value.re_search(CANDIDATE))


def _count(table: Table, text: StringColumn) -> Found:
    """Count the CPR numbers of one column: one cheap pattern for all values, the others for those that it leaves."""
    left = _candidates(table, text)
    left = left.select(sure=_is_sure(left.value), doubtful=_is_doubtful(left.value), digits=_digits(left.value))
    valid = left.doubtful & left.digits.re_search(VALID)
    found = left.aggregate(
        sure=left.sure.sum(),
        doubtful=left.doubtful.sum(),
        valid=valid.sum(),
        different=left.digits.nunique(where=valid),
        days=left.digits.substr(0, 2).nunique(where=valid),
    )
    row = {key: int(value or 0) for key, value in found.to_pyarrow().to_pylist()[0].items()}
    return Found(row.pop("sure"), _judged(**row))


def _judged(*, doubtful: int, valid: int, different: int, days: int) -> int:
    """Return how many doubtful values are CPR numbers: all that are date-valid, or none; see the head of the module."""
    serial = different >= _SERIAL and days == 1
    often = 2 * valid > doubtful or (doubtful >= _MANY and _BY_CHANCE * valid > doubtful)
    return valid if often and not serial else 0
