"""What must not stand in a text: CPR numbers, person keys, rows of persons, tracebacks and paths."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

from frikommune.disclosure import holds_cpr
from frikommune.disclosure.patterns import is_sure
from frikommune.gate.finding import Kind

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_QUOTED = re.compile(r"(?:=[0-9A-F]{2}){3,}")
_ESCAPED = re.compile(r"\\u\{?([0-9a-fA-F]{4}|(?<=\{)[0-9a-fA-F]{1,6}(?=\}))\}?|\\x([0-9a-fA-F]{2})")
_TOKENS = re.compile(r"[\s;|<>\"'(){}\[\]=:&?\\]+")
# 16 bytes in hexadecimal, as `disclosure.keyed` writes them, or the lengths of SHA-1, SHA-256 and SHA-512; and UUIDs.
_PERSON_KEY = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9]*[a-fA-F])(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})(?![0-9A-Za-z])"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
)
# The year in full, as some registers have it; no tail of a longer date.
_FULL_YEAR = re.compile(
    r"(?<![\d.-])(?:0[1-9]|[12]\d|3[01])[-./]?(?:0[1-9]|1[0-2])[-./]?(?:18|19|20)\d\d-\d{4}(?![\d.-]\d|\d)"
)
# A production unit has ten digits from 10: beside its name it is none of the tenth of a month.
_UNIT = re.compile(r"\b(?:p-?(?:nr|nummer)|produktionsenhed\w*|production units?)\b[.:\s]{0,3}10\d{8}\b", re.IGNORECASE)
_KEY_NAME = re.compile(
    r"(?:cpr|pnr)(?:[-_. ]?(?:nr\.?|nummer|no|number))?|person(?:nummer|nr|[-_ ]?(?:key|id|nøgle))|borger[-_ ]?id",
    re.IGNORECASE,
)
_JSON_NAME = re.compile(r"[\"']([\w .-]{2,20})[\"']\s*:")
_FRAME = re.compile(
    r"\[\d+ rows x \d+ columns\]|\bdtype: \w+|\bLength: \d+, dtype|pyarrow\.Table|shape: \(\d+, \d+\)"
    r"|[┌╔┏][─═━┬┳]{3}|<DataFrame>|\\begin\{tabular\}"
    r"|[\"']columns[\"']\s*:\s*\[[^\[\]]*\][^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)?[\"']data[\"']\s*:\s*\[\s*\["
    r"|(?:[\"'][\w .-]{1,30}[\"']\s*:\s*\[[^\[\]{},]*(?:,[^\[\]{},]*){2,}\]\s*,?\s*){2}"
    r"|\[\s*(?:\[[^\[\]{},]*(?:,[^\[\]{},]*)+\]\s*,\s*){2}\[[^\[\]{},]*(?:,[^\[\]{},]*)+\]"
    r"|\{\s*[\"']?0[\"']?\s*:[^{}:,]*,\s*[\"']?1[\"']?\s*:[^{}:,]*,\s*[\"']?2[\"']?\s*:",
    re.DOTALL,
)
_RECORDS = re.compile(r"(?:\{[^{}]*:[^{}]*\}\s*,\s*){2}\{[^{}]*:[^{}]*\}", re.DOTALL)
_NUMBERED = re.compile(r"^\s*(\d+)(?:\s{2,}|\t)\S")
_MARKS = re.compile("[;\t|]|,(?! )")
_SPACED = re.compile(r"[^,\n]*(?:, [^,\n]*){2,}")
_FIELD = re.compile(r"(?<!\S)-?\d+(?:[.,]\d+)?(?![^\s,])")
_TRACEBACK = re.compile(
    r"Traceback \(most recent call last\)|File \"[^\"\n]+\", line \d+|Cell In ?\[\d+\], line \d|^-+> ?\d+ |─ locals ─"
    r"|^\s*[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt): ",
    re.MULTILINE,
)
_PATH = re.compile(
    r"(?<![\w./<:~%-])/(?:[\w.@~ -]{1,80}/)+[\w.@~-]*|(?<![\w./<:])/(?:home|root|tmp|Users|mnt|srv|var|opt|etc|data)\b"
    r"|(?<![A-Za-z])[A-Za-z]:(?:[\\/](?![\\/])[\w ]|\\(?=[\s\"']|$))|\\{2,4}[\w.-]+\\{1,2}[\w$.-]+|file:/"
    r"|(?<![\w./:\\])//[\w.-]+/[\w$.-]+|(?<!\w)~/\w"
)
_TWICE = 2  # escaped again is a way in too
_FEW = 3  # rows: two lines that look alike are no table


def text_kinds(text: str, *, paths: bool = True) -> Iterator[Kind]:
    """Say what a text holds that must not be published.

    Args:
        text: A text, an attribute, a comment, or what was decoded.
        paths: Whether to look for absolute paths.
    """
    plain = readable(text)
    if has_cpr(plain):
        yield "a CPR number"
    if has_key(plain):
        yield "a person key"
    if has_rows(plain):
        yield "a data frame"
    if _TRACEBACK.search(plain):
        yield "a traceback"
    if paths and _PATH.search(plain):
        yield "an absolute path"


def readable(text: str) -> str:
    """Return a text as a reader sees it: escapes and per cent signs undone, digits of any width, nothing unseen."""
    plain = _ESCAPED.sub(_character, _COLOUR.sub("", text))
    for _ in range(_TWICE):
        plain = unquote(plain) if "%" in plain else plain
    plain = _QUOTED.sub(lambda each: bytes.fromhex(each[0].replace("=", "")).decode("latin-1"), plain)
    if plain.isascii():
        return plain
    wide = _UNSEEN.sub("", unicodedata.normalize("NFKC", plain))
    return re.sub(r"\d", lambda each: str(unicodedata.decimal(each[0])), wide)


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1] or escape[2], 16)
    return chr(code) if code <= sys.maxunicode else ""


def has_cpr(plain: str) -> bool:
    """Tell whether a readable text holds a CPR number: as a whole, or in one of its words."""
    plain = _UNIT.sub(" ", plain)
    if plain.lstrip()[:1] in ("[", "{"):
        plain = plain.replace(",", ", ")  # JSON has no decimal comma
    return bool(is_sure(plain) or _FULL_YEAR.search(plain)) or any(
        holds_cpr(word) for each in _TOKENS.split(plain) for word in _words(each)
    )


def _words(word: str) -> list[str]:
    """Split what is a line of a CSV file; one comma is a decimal comma."""
    inner = word.strip(",")
    return inner.split(",") if inner.count(",") > 1 else [inner]


def has_key(plain: str) -> bool:
    """Tell whether a readable text holds a person key, or records that have a field for one."""
    return bool(_PERSON_KEY.search(plain)) or any(is_key_name(each[1]) for each in _JSON_NAME.finditer(plain))


def is_key_name(heading: str) -> bool:
    """Tell whether the heading of a column is that of a person key."""
    return bool(_KEY_NAME.fullmatch(heading.strip()))


def has_rows(plain: str) -> bool:
    """Tell whether a readable text is a table written out: by pandas and its kin, as CSV, or as JSON records."""
    lines = [line for line in plain.splitlines() if line.strip()]
    if _FRAME.search(plain) or _alike(_RECORDS.findall(plain)):
        return True
    numbers = [int(found[1]) if (found := _NUMBERED.match(line)) else -9 for line in lines]
    marks = [len(_MARKS.findall(line)) for line in lines]
    spaced = [line.count(", ") if _SPACED.fullmatch(line) and _FIELD.search(line) else 0 for line in lines]
    aligned = [(len(line), len(line.split())) if _FIELD.search(line) and "  " in line else (0, 0) for line in lines]
    return (
        _run([after - before == 1 and before >= 0 for before, after in pairwise(numbers)])
        or _run([before == after > 1 for before, after in pairwise(marks)])
        or _run([before == after > 1 for before, after in pairwise(spaced)])
        or _run([before == after and after[1] > 1 for before, after in pairwise(aligned)])
    )


def _alike(records: list[str]) -> bool:
    """Tell whether some records in a row have the same fields."""
    fields = [[frozenset(_JSON_NAME.findall(each)) for each in re.findall(r"\{[^{}]*\}", found)] for found in records]
    return any(each[0] and len(set(each)) == 1 for each in fields)


def _run(flags: list[bool]) -> bool:
    """Tell whether as many lines in a row go together as make a table."""
    return any(all(flags[at : at + _FEW - 1]) for at in range(len(flags) - _FEW + 2))
