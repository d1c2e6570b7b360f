"""Text tables with lines that are no rows: the rows are parted from the other lines, in a stream.

Only a table that the engine refuses comes here. A line is a row when it has as many values as the heading; a value in
quotation marks may run over several lines. A quotation mark that is never closed, or is followed by anything but a
delimiter, makes its own line unreadable and no other: reading goes on with the next.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

import pyarrow as pa
from ibis.expr.types import Table

from frikommune.sources.encoding import Text
from frikommune.sources.workspace import kept_batches, temporary

FEW, MANY = "fewer values than the heading", "more values than the heading"
OPEN, LONG = "a quotation mark that is not closed or not doubled", "more than two million characters"
_MOST = 2_000_000  # bytes of a row: the engine's own limit
_AT_ONCE = 50_000  # lines in a batch
_SCHEMA = pa.schema([("row", pa.int64()), ("line", pa.int64()), ("reason", pa.string())])
_OPENING, _QUOTED = re.compile(' *"'), re.compile('(?:[^"]++|"")*+(" *)?')
_ENDS = re.compile("\r\n|\r")


@dataclass(slots=True)
class Parted:
    """The rows of a text table, and what was set aside, filled while they are parted.

    Attributes:
        path: A temporary file with the heading and the rows.
        kept: Rows in it.
    """

    path: Path
    kept: int = 0


@dataclass(frozen=True, slots=True)
class _Record:
    """A row, or what stands in its place.

    Attributes:
        line: Its first line in the file, from 1.
        text: What stands there, without the line end.
        reason: Why it is no row; empty when it is one.
    """

    line: int
    text: str
    reason: str


def parted(text: Text, *, width: int, delimiter: str, skipped: int) -> tuple[Parted, Table]:
    """Part the rows of a text table from the other lines.

    Args:
        text: The file.
        width: Columns of its heading.
        delimiter: What stands between values.
        skipped: Lines before the heading.

    Returns:
        The rows, and the other lines: `row` (its number among all rows, from 1), `line` (from 1) and `reason`.
    """
    found = Parted(temporary(".csv"))
    end = next(iter(text.lines.ends)).decode() if len(text.lines.ends) == 1 else "\n"
    with text.path.open(encoding="utf-8-sig", newline="") as handle, found.path.open("wb") as sink:
        records = _records(_Lines(handle, skipped), width, delimiter)
        return found, kept_batches(_SCHEMA, _batches(_sorted(records, sink, end, found)))


def _sorted(records: Iterator[_Record], sink: BinaryIO, end: str, found: Parted) -> Iterator[tuple[int, _Record]]:
    """Write the heading and the rows to a file, and return the other lines with the numbers of their rows."""
    for number, record in enumerate(records):
        if record.reason:
            yield number, record
            continue
        # Within quotation marks a line end is a value's own, unless the file has several kinds of them.
        text = _ENDS.sub("\n", record.text) if end == "\n" else record.text
        sink.write((text + end).encode())
        found.kept += number > 0


def _batches(lines: Iterator[tuple[int, _Record]]) -> Iterator[pa.Table]:
    while some := list(islice(lines, _AT_ONCE)):
        rows = [{"row": number, "line": each.line, "reason": each.reason} for number, each in some]
        yield pa.Table.from_pylist(rows, schema=_SCHEMA)


class _Lines:
    """The lines of a file, one at a time; those that were read too far can be put back."""

    def __init__(self, handle: TextIO, skipped: int) -> None:
        self._handle, self._back, self._number = handle, deque[tuple[int, str]](), 0
        for _ in range(skipped):
            self.next()

    def next(self) -> tuple[int, str] | None:
        """Return the number and text of the next line, or nothing at the end; of one that is too long, the start."""
        if self._back:
            return self._back.popleft()
        line = rest = self._handle.readline(_MOST + 1)
        while rest and not rest.endswith(("\n", "\r")):
            rest = self._handle.readline(_MOST + 1)
        self._number += 1
        return (self._number, line) if line else None

    def back(self, lines: list[tuple[int, str]]) -> None:
        """Put lines back: they come again, in their order."""
        self._back.extendleft(reversed(lines))


def _records(lines: _Lines, width: int, delimiter: str) -> Iterator[_Record]:
    while (found := lines.next()) is not None:
        number, line = found
        text = line.rstrip("\r\n")
        if '"' in text:
            yield _quoted_record(number, line, lines, width, delimiter)
        elif text or width == 1:
            # The engine passes over a blank line, but for a table of one column, in which it is a missing value.
            yield _record(number, text, [bool(each) for each in text.split(delimiter)], width)


def _quoted_record(number: int, line: str, lines: _Lines, width: int, delimiter: str) -> _Record:
    """Read a row with quotation marks, over as many lines as it takes; else its first line is set aside alone."""
    further: list[tuple[int, str]] = []
    parts, size = [line], len(line)
    filled, state = _scan(line.rstrip("\r\n"), delimiter, within=False)
    while state == "open" and size <= _MOST and (found := lines.next()) is not None:
        further.append(found)
        parts.append(found[1])
        size += len(found[1])
        more, state = _scan(found[1].rstrip("\r\n"), delimiter, within=True)
        filled += more
    if state != "closed":
        lines.back(further)
        return _Record(number, "", LONG if len(line) > _MOST else OPEN)
    return _record(number, "".join(parts).rstrip("\r\n"), filled, width)


def _scan(line: str, delimiter: str, *, within: bool) -> tuple[list[bool], str]:
    """Return whether each value that ends in a line holds anything, and how the line ends.

    Args:
        line: The line, without its end.
        delimiter: What stands between values.
        within: Whether it begins within quotation marks.

    Returns:
        The values, and "closed", "open" (within quotation marks) or "broken" (one that is not doubled).
    """
    filled: list[bool] = []
    at = 0
    while True:
        opening = None if within else _OPENING.match(line, at)
        if within or opening:
            quoted = _QUOTED.match(line, opening.end() if opening else at)
            if quoted is None or quoted[1] is None:
                return filled, "open"
            filled.append(True)
            at = quoted.end()
        else:
            filled.append(not line.startswith(delimiter, at) and at < len(line))
            stop = line.find(delimiter, at)
            at = len(line) if stop < 0 else stop
        if at == len(line):
            return filled, "closed"
        if line[at] != delimiter:
            return filled, "broken"
        within, at = False, at + 1


def _record(number: int, text: str, filled: list[bool], width: int) -> _Record:
    """Make a record; as in the engine, values that are not there are never too many."""
    if len(text) > _MOST // 4 and len(text.encode()) > _MOST:
        return _Record(number, "", LONG)
    reason = FEW if len(filled) < width else MANY if any(filled[width:]) else ""
    return _Record(number, text, reason)
