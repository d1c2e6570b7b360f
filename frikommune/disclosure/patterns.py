"""How a CPR number is written: one set of regular expressions, for the engine and for Python alike.

A CPR number is `DDMMYY-SSSS`: a date in the century that the seventh digit gives, and four digits more. Modulus 11 is
not demanded: numbers without it have been issued since 2007. It is recognised

* as ten digits in a row, whatever letters or underscores touch them (`sag_0101701234`), but not as part of a longer
  run of digits, a decimal number or a digest in hexadecimal;
* with a dash of any kind, one or two blanks, a point, a slash, an underscore, a line end or what cannot be seen after
  the sixth digit (`010170 - 1234`);
* with day, month and year apart (`01.01.70-1234`, `01/01/70 1234`, `01 01 70 1234`);
* as nine digits, where a leading zero was lost.

Two kinds of value are told apart, because one ten-digit number in 27 is date-valid by chance:

* **Sure**: ten digits within text, or anything that is written as only a CPR number is: every hit counts.
* **Doubtful**: bare nine or ten digits that fill the whole value, as case, production-unit and account numbers also
  do; six digits, a point and four digits, as decimals also have; and nine digits within text. The column decides.

The engines have no look-around: what stands before and after is matched along.

References:
    CPR-kontoret, "Personnummeret i CPR" (the construction, and the table of centuries).
"""

import re

SHORTEST = 9  # characters: nothing shorter is or holds a CPR number

_DASH = "[-\u00ad\u2010-\u2015\u2212\uff0d]"
_BLANK = "[ \t\u00a0\u2007\u2009\u202f]"
_SPACE = "[ \t\r\n\f\v\u00a0\u2007\u2009\u202f\ufeff]*"  # around a whole value
_LETTERS = "0-9A-Za-z\u00c0-\u024f"
_HYPHEN = f"{_BLANK}{{0,2}}{_DASH}{_BLANK}{{0,2}}"
_MONTHS = "(?:0[1-9]|1[0-2])"


def _number(between: str, before_last: str) -> str:
    """Return the pattern of a CPR number.

    A day that exists in every year, then 29 February: 1900 is the one year of the three centuries whose last two
    digits are divisible by four without its being a leap year, and the seventh digits 0-3 mean 1900.

    Args:
        between: What stands between day, month and year.
        before_last: What stands before the last four digits.
    """
    days = (
        f"(?:(?:0[1-9]|1[0-9]|2[0-8]){between}{_MONTHS}|(?:29|30){between}(?:0[13-9]|1[0-2])"
        f"|31{between}(?:0[13578]|1[02])){between}[0-9][0-9]"
    )
    leap = f"29{between}02{between}"
    years = f"(?:{days}|{leap}(?:0[48]|[2468][048]|[13579][26])){before_last}[0-9]{{4}}"
    return f"(?:{years}|{leap}00{before_last}[4-9][0-9]{{3}})"


# Ten digits in a row are no part of a decimal number; a list "CPR,CPR" is none.
_RUN = (
    f"(?:^|[^0-9.,]|(?:^|[^0-9])[.,]|[0-9]{{10}}[.,]){_number('', '')}(?:$|[^0-9.,]|[.,](?:$|[^0-9])|[.,][0-9]{{10}})"
)
_UNSEEN = "[\u200b-\u200d\u2060\ufeff]"  # what is copied along from web pages
_BREAK = f"(?:[./_]|\r?\n|\r|{_UNSEEN})"
_PARTED = f"(?:^|[^0-9]){_number('', f'(?:{_HYPHEN}|{_BLANK}{{1,2}}|{_BREAK})')}(?:$|[^0-9])"
# No tail of a longer date such as 2019-01-01.
_MARK = f"(?:[./]|{_DASH})"
_NO_MARK = "[^-0-9./\u00ad\u2010-\u2015\u2212\uff0d]"
_DATED = f"(?:^|{_NO_MARK}|(?:^|[^0-9]){_MARK}){_number(_MARK, f'(?:{_HYPHEN}|{_BLANK}{{1,2}})')}(?:$|[^0-9])"
_NO_BLANK = "[^0-9 \t\u00a0\u2007\u2009\u202f]"
_BLANKS = f"{_BLANK}{{1,2}}"
_SPACED = f"(?:^|{_NO_BLANK}|(?:^|[^0-9]){_BLANK}){_number(_BLANKS, f'(?:{_HYPHEN}|{_BLANKS})')}(?:$|[^0-9])"

IN_TEXT = f"(?:{_RUN}|{_PARTED}|{_DATED}|{_SPACED})"
# Whatever matches nothing of this holds no CPR number, and hardly anything else matches it.
_OTHER = "[^0-9A-Za-z]"
CANDIDATE = (
    f"[0-9]{{9}}|[0-9]{{5}}{_OTHER}{{1,5}}[0-9]{{4}}"
    f"|[0-9]{{2}}{_OTHER}{{1,2}}[0-9]{{2}}{_OTHER}{{1,2}}[0-9]{{2}}{_OTHER}{{1,5}}[0-9]{{4}}"
)
# What is no number at all: digests, UUIDs, and longer runs of digits. What stands beside them is looked at.
DIGEST = "[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# A whole value that is a number: none but bare digits is ever a CPR number.
NUMERIC = f"^{_SPACE}(?:[-+][0-9]+(?:[.,][0-9]+)?|[0-9]+(?:[.,]0+)?){_SPACE}$"
BARE = f"^{_SPACE}(?:[0-9]{{9,10}}(?:[.,]0+)?|[1-9][0-9]{{5}}[.][0-9]{{4}}){_SPACE}$"
WHOLE_END = f"[.,]0+{_SPACE}$"
NINE = (
    f"(?:^|[^{_LETTERS}.,]|(?:^|[^0-9])[.,])([1-9]{_MONTHS}[0-9][0-9]{_DASH}?[0-9]{{4}})"
    f"(?:$|[^{_LETTERS}.,]|[.,](?:$|[^0-9]))"
)
ANY_NINE = NINE.replace(_MONTHS, "[0-9]{2}")
VALID = f"^{_number('', '')}$"
WRITTEN = f"^{_SPACE}{_number('', f'(?:{_HYPHEN}|{_BLANKS}|{_BREAK})?')}{_SPACE}$"
WRITTEN_APART = f"^{_SPACE}{_number(f'(?:{_MARK}|{_BLANKS})', f'(?:{_HYPHEN}|{_BLANKS})')}{_SPACE}$"
WRITTEN_NINE = f"^{_SPACE}[1-9]{_MONTHS}[0-9]{{2}}{_DASH}[0-9]{{4}}{_SPACE}$"
_LENGTH = 10


def is_sure(text: str) -> bool:
    """Tell whether a text holds what can only be a CPR number; the engine's `cpr.sure` says the same."""
    clean = re.sub(DIGEST, " ", text)
    return bool(re.search(IN_TEXT, clean)) and not re.search(BARE, clean) and not re.search(NUMERIC, clean)


def doubtful_digits(text: str) -> str | None:
    """Return the ten digits of a value that may or may not be a CPR number, or nothing when it is none of those.

    The engine's `cpr.doubtful` and `cpr.digits` say the same. Nine digits have their zero again; where none of
    several nine-digit numbers in a text is date-valid, what is returned is no valid number either.
    """
    clean = re.sub(DIGEST, " ", text)
    if re.search(BARE, clean):
        return re.sub("[^0-9]", "", re.sub(WHOLE_END, "", clean)).zfill(_LENGTH)
    if not re.search(ANY_NINE, clean) or re.search(NUMERIC, clean) or re.search(IN_TEXT, clean):
        return None
    found = re.search(NINE, clean)
    return re.sub("[^0-9]", "", found[1] if found else "").zfill(_LENGTH)


def is_valid(digits: str) -> bool:
    """Tell whether ten digits are a CPR number by their date."""
    return bool(re.search(VALID, digits))


def holds_cpr(text: str) -> bool:
    """Tell whether a piece of text is or holds a CPR number, a lone bare one included."""
    if len(re.findall("[0-9]", text)) < SHORTEST:
        return False
    digits = doubtful_digits(text)
    return is_sure(text) if digits is None else is_valid(digits)


def plain_cpr(text: str) -> str | None:
    """Return the ten digits of a value that is a CPR number and nothing else, however it is written."""
    if re.search(BARE, text):
        digits = doubtful_digits(text) or ""
        return digits if is_valid(digits) else None
    written = any(re.search(each, text) for each in (WRITTEN, WRITTEN_APART, WRITTEN_NINE))
    return re.sub("[^0-9]", "", text).zfill(_LENGTH) if written else None
