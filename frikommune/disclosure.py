"""What may leave the house, and what may enter it: person keys at intake.

A CPR number is `DDMMYY-SSSS`. Here it is any ten digits whose first six are a date in the century that the
seventh digit gives, with or without a hyphen or space after the sixth, or nine digits where a leading zero was lost.
Modulus 11 is not demanded: numbers without it have been issued since 2007.

Two kinds of value are told apart, because one ten-digit number in 27 is date-valid by chance:

* **Free text, or anything with a hyphen or space**: every hit counts, if it stands alone (no part of a longer number,
  a word or a decimal).
* **Bare nine or ten digits that fill the whole value**, as case, production-unit and account numbers also do: the
  column holds CPR numbers when more than half of such values are date-valid (chance gives 4 % of ten digits and
  12 % of nine), or a quarter of a hundred or more, unless twenty or more different ones all fall on one day of
  the month. That is a serial number: production units, for one, all begin with 10. In a column that is a person
  key every date-valid value counts.

The recognition is made of regular expressions, so that it runs in the engine where the table lies.

References:
    CPR-kontoret, "Personnummeret i CPR" (the construction, and the table of centuries).
    RFC 7693 (BLAKE2b and its keyed hashing).
"""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis
from ibis.expr.types import BooleanColumn, Column, StringColumn, Table

from frikommune.errors import BadData

ENVIRONMENT = "FRIKOMMUNE_KEY"
SHORTEST = 9  # characters: nothing shorter is or holds a CPR number
_LEAST_SECRET, _MOST_SECRET = 16, 64
_DIGEST = 16

# A day that exists in every year, then 29 February: 1900 is the one year of the three centuries whose last two
# digits are divisible by four without its being a leap year, and the seventh digits 0-3 mean 1900.
_MONTHS = "(?:0[1-9]|1[0-2])"
_DAYS = f"(?:(?:0[1-9]|1[0-9]|2[0-8]){_MONTHS}|(?:29|30)(?:0[13-9]|1[0-2])|31(?:0[13578]|1[02]))[0-9][0-9]"
_LEAP = "2902(?:0[48]|[2468][048]|[13579][26])"
_GAP = "(?: ?[-\u2010-\u2013] ?|[ \u00a0])?"
_NUMBER = f"(?:(?:{_DAYS}|{_LEAP}){_GAP}[0-9]{{4}}|290200{_GAP}[4-9][0-9]{{3}})"
# No look-around in the engines: what stands before and after is matched along. A list "CPR,CPR" is no decimal.
_WORD = "0-9A-Za-z_\u00c0-\u024f"
_BEFORE = f"(?:^|[^{_WORD}.,]|(?:^|[^0-9])[.,]|[0-9]{{10}}[.,]|[cC][pP][rR])"
_AFTER = f"(?:$|[^{_WORD}.,]|[.,](?:$|[^0-9])|[.,][0-9]{{10}})"
_IN_TEXT = _BEFORE + _NUMBER + _AFTER
# Whatever matches nothing of this holds no CPR number.
_CANDIDATE = "[0-9]{6}[^0-9]{0,3}[0-9]{3}"
# What a whole value may be: a number (of which none but bare digits is ever a CPR), bare digits, a lost zero.
_NUMERIC = r"^\s*(?:[-+][0-9]+(?:[.,][0-9]+)?|[0-9]+(?:[.,]0+)?)\s*$"
_BARE = r"^\s*[0-9]{9,10}(?:[.,]0+)?\s*$"
_DIGITS = r"([0-9]{9,10})"
_VALID = f"^{_NUMBER}$"

# Of a hundred bare numbers or more, a quarter date-valid is no chance (chance gives 4 % of ten digits, 12 % of nine).
_MANY, _BY_CHANCE = 100, 4
_SERIAL = 20  # different numbers on one day of the month; by chance 30 ** -19


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret that person keys are made with; never written, never shown.

    Attributes:
        value: At least 16 bytes.

    Raises:
        BadData: It is shorter.
    """

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) < _LEAST_SECRET:
            raise BadData(
                f"The secret for person keys has {len(self.value)} bytes: at least {_LEAST_SECRET} are needed, such as "
                f"32 random ones."
            )


def secret(path: Path | str | None = None) -> Secret:
    """Read the secret for person keys from a file, or else from the environment variable `FRIKOMMUNE_KEY`.

    Args:
        path: File that holds it; white space around it is not part of it.

    Raises:
        BadData: There is none, or it has fewer than 16 bytes.
    """
    if path is None:
        found = os.environ.get(ENVIRONMENT, "").strip().encode()
        where = f"the environment variable {ENVIRONMENT}"
    else:
        found = Path(path).read_bytes().strip() if Path(path).is_file() else b""
        where = f"the file {Path(path).name}"
    if not found:
        raise BadData(
            f"There is no secret for person keys in {where}: put at least {_LEAST_SECRET} random bytes there."
        )
    return Secret(found)


def keyed(values: Iterable[object], secret: Secret) -> list[str | None]:
    """Replace person keys by their keyed hash: BLAKE2b, 16 bytes, as 32 hexadecimal digits.

    A CPR number gives one key however it is written: with hyphen, space or neither, as a number, with its leading
    zero lost. Anything else is hashed as it stands, without white space around it. Missing stays missing.

    Args:
        values: The keys as they stand.
        secret: What makes the hash impossible to reverse by trying all CPR numbers.
    """
    key = secret.value if len(secret.value) <= _MOST_SECRET else hashlib.blake2b(secret.value).digest()
    plain = (_normal(each) for each in values)
    return [
        None if each is None else hashlib.blake2b(each.encode(), key=key, digest_size=_DIGEST).hexdigest()
        for each in plain
    ]


def holds_cpr(text: str) -> bool:
    """Tell whether a piece of text is or holds a CPR number, a lone bare one included."""
    if re.search(_BARE, text):
        return bool(re.search(_VALID, _padded(text)))
    return not re.search(_NUMERIC, text) and bool(re.search(_IN_TEXT, text))


def searchable(column: Column) -> StringColumn | None:
    """Return a column as text in which to look for CPR numbers, or nothing when its type can hold none."""
    kind = column.type()
    if kind.is_string():
        return column
    if kind.is_temporal() or kind.is_boolean() or kind.is_interval():
        return None
    if kind.is_floating() or kind.is_decimal():
        # A float is written without its point, and only where it can be a CPR number: infinity has no integer.
        fits = column.between(0, 10**10 - 1) & (column.floor() == column)
        return ibis.ifelse(fits, column, ibis.null(kind)).cast("int64").cast("string")
    return column.cast("string")


def cpr_columns(table: Table, columns: Sequence[str] | None = None) -> dict[str, int]:
    """Count the values that are or hold a CPR number, by column; the counting is done by the engine.

    Args:
        table: Any table; numbers, text and anything that can be cast to text are searched.
        columns: Those to search; without, all.

    Returns:
        The columns that hold any, with the number of values that do.
    """
    texts = {each: searchable(table[each]) for each in (table.columns if columns is None else columns)}
    counts = {each: _count(table, text) for each, text in texts.items() if text is not None}
    return {each: count for each, count in counts.items() if count}


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
        each: int(table.select(value=text).filter(_may_be_cpr).count().to_pyarrow().as_py())
        for each, text in texts.items()
        if text is not None
    }
    return {each: count for each, count in counts.items() if count}


def _may_be_cpr(row: Table) -> BooleanColumn:
    bare = row.value.re_search(_BARE) & row.value.re_extract(_DIGITS, 1).lpad(10, "0").re_search(_VALID)
    return bare | (~row.value.re_search(_NUMERIC) & row.value.re_search(_IN_TEXT))


def _normal(value: object) -> str | None:
    if value is None or value != value:  # noqa: PLR0124 -- NaN is the one value that differs from itself
        return None
    text = str(value).strip()
    if re.search(_BARE, text):
        padded = _padded(text)
        return padded if re.search(_VALID, padded) else text
    joined = re.sub(r"[\s\u2010-\u2013-]", "", text)
    return (joined if re.search(_VALID, text) else text) or None


def _padded(text: str) -> str:
    """Return the digits of a bare number, with a lost leading zero."""
    return re.split("[.,]", text.strip())[0].zfill(10)


def _count(table: Table, text: StringColumn) -> int:
    """Count the CPR numbers of one column: one cheap pattern for all values, the others for those that it leaves."""
    left = table.select(value=text).filter(lambda each: each.value.re_search(_CANDIDATE))
    bare = left.value.re_search(_BARE)
    digits = left.value.re_extract(_DIGITS, 1).lpad(10, "0")
    valid = bare & digits.re_search(_VALID)
    found = left.aggregate(
        bare=bare.sum(),
        valid=valid.sum(),
        different=digits.nunique(where=valid),
        days=digits.substr(0, 2).nunique(where=valid),
        within=(~left.value.re_search(_NUMERIC) & left.value.re_search(_IN_TEXT)).sum(),
    )
    row = {key: int(value or 0) for key, value in found.to_pyarrow().to_pylist()[0].items()}
    return row.pop("within") + _bare_cpr(**row)


def _bare_cpr(*, bare: int, valid: int, different: int, days: int) -> int:
    """Return how many bare numbers are CPR numbers: all that are date-valid, or none; see the head of the module."""
    serial = different >= _SERIAL and days == 1
    often = 2 * valid > bare or (bare >= _MANY and _BY_CHANCE * valid > bare)
    return valid if often and not serial else 0
