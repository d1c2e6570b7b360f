"""Two thousand and more spoiled files: each is read with all its rows, or refused in one sentence."""

import csv
import io
import signal
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from mutate import BYTES, CELLS, repacked
from pyarrow import feather, parquet
from sasfile import write_sas

from frikommune.errors import UserError
from frikommune.sources import read

SECONDS = 10  # a file of a few kilobytes that takes longer hangs
CELL_TABLE = [["kommune", "uge", "tal"], *([str(101 + n), f"2019u{n:02d}", str(n * n)] for n in range(12))]
FRAME = pd.DataFrame(
    {"kode": np.arange(101.0, 141.0), "navn": [f"by {n} æ" for n in range(40)], "tal": np.linspace(0, 1, 40)}
)
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "cp865", "utf-32")


@contextmanager
def bounded(what: str) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"{what} took more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(path: Path, what: str, rows: int | None = None) -> str:
    """Read a file; return "read", "read with lines set aside" or "refused". Anything else is an error of ours."""
    with bounded(what):
        try:
            source = read(path)
            found = source.table.to_pyarrow()
        except UserError as fault:
            message = str(fault)
            assert message.endswith((".", "?")), what
            assert "\n" not in message, what
            assert len(message) < 1500, what
            return "refused"
    assert found.num_rows == source.provenance.rows, what
    assert tuple(found.column_names) == source.provenance.columns, what
    if rows is not None:
        assert found.num_rows + sum(source.provenance.aside.values()) == rows, what
    return "read with lines set aside" if source.provenance.aside else "read"


def draws(name: str, count: int) -> Iterator[tuple[int, Random]]:
    for n in range(count):
        yield n, Random(zlib.crc32(f"{name} {n}".encode()))


def parquet_file(path: Path) -> None:
    parquet.write_table(pa.Table.from_pandas(FRAME), path, row_group_size=16)


def feather_file(path: Path) -> None:
    feather.write_feather(pa.Table.from_pandas(FRAME), path, chunksize=16)


def duckdb_file(path: Path) -> None:
    with duckdb.connect(path) as con:
        con.register("frame", pa.Table.from_pandas(FRAME))
        con.execute("CREATE TABLE cases AS SELECT * FROM frame")


def excel_file(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [list(FRAME.columns), *FRAME.to_numpy().tolist()]:
        book.active.append(row)
    book.save(path)


MAKERS: dict[str, Callable[[Path], object]] = {
    "parquet": parquet_file,
    "feather": feather_file,
    "duckdb": duckdb_file,
    "xlsx": excel_file,
    "sav": lambda path: pyreadstat.write_sav(FRAME, path),
    "zsav": lambda path: pyreadstat.write_sav(FRAME, path, compress=True),
    "dta": lambda path: pyreadstat.write_dta(FRAME, path),
    "sas7bdat": lambda path: write_sas(path, [(n, 21_915 + n, f"by {n} æ") for n in range(40)]),
}


def sheet_rows(path: Path) -> int:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return sum(any(each not in (None, "") for each in row) for row in book.active.iter_rows(values_only=True)) - 1
    finally:
        book.close()


# Readers that know nothing of ours: how many rows does the file have?
COUNTERS: dict[str, Callable[[Path], int]] = {
    "parquet": lambda path: len(parquet.ParquetFile(path).read()),
    "feather": lambda path: len(feather.read_table(path)),
    "xlsx": sheet_rows,
    "sav": lambda path: len(pyreadstat.read_sav(path, output_format="dict")[0]["kode"]),
    "zsav": lambda path: len(pyreadstat.read_sav(path, output_format="dict")[0]["kode"]),
    "dta": lambda path: len(pyreadstat.read_dta(path, output_format="dict")[0]["kode"]),
    "sas7bdat": lambda path: len(next(iter(pyreadstat.read_sas7bdat(path, output_format="dict")[0].values()))),
}


def counted(path: Path, kind: str) -> int | None:
    """Count the rows of a damaged file with its own library, where that can still read it."""
    try:
        with bounded(path.name), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return COUNTERS[kind](path)
    except Exception:  # noqa: BLE001 -- on damaged bytes, libraries raise almost every kind of error
        return None


@pytest.mark.parametrize("part", range(2))
def test_spoiled_tables_as_text_lose_no_row(tmp_path: Path, part: int) -> None:
    """Columns shuffled, doubled and missing, nasty and huge values: the rows are those that Python's csv counts."""
    seen: Counter[str] = Counter()
    for n, draw in draws(f"cells {part}", 300):
        cells = draw.choice(CELLS)([list(row) for row in CELL_TABLE], draw)
        delimiter, end = draw.choice(";,\t|"), draw.choice(("\n", "\r\n"))
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(cells)
        encoding = draw.choice(ENCODINGS[:3])
        path = tmp_path / f"{n}.csv"
        path.write_bytes(out.getvalue().encode(encoding, errors="replace"))
        expected = sum(any(row) or len(row) > 1 for row in cells) - 1
        seen[outcome(path, f"cells {part} {n}", expected)] += 1
    assert seen["read"] > 100
    assert seen["refused"] > 15
    assert seen["read with lines set aside"] > 10


def test_spoiled_bytes_of_text_lose_no_row(tmp_path: Path) -> None:
    """Cut, flipped, repeated and in every encoding: what is read has as many rows as it has lines."""
    seen: Counter[str] = Counter()
    sound = "\n".join(";".join([*row, "æøå"]) for row in CELL_TABLE)
    for n, draw in draws("text", 400):
        encoding = draw.choice(ENCODINGS)
        content = draw.choice(BYTES)(sound.encode(encoding), draw)
        path = tmp_path / f"{n}.{draw.choice(('csv', 'txt', 'tsv'))}"
        path.write_bytes(content)
        plain = encoding in ("utf-8", "cp1252", "latin-1") and b'"' not in content and b"\r" not in content
        lines = len([line for line in content.split(b"\n") if line]) - 1 if plain else None
        seen[outcome(path, f"text {n}", lines)] += 1
    assert seen["read"] > 60
    assert seen["refused"] > 60


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("parquet", 200),
        ("feather", 200),
        ("duckdb", 100),
        ("xlsx", 120),
        ("sav", 150),
        ("zsav", 100),
        ("dta", 150),
        ("sas7bdat", 120),
    ],
)
def test_spoiled_binary_files_are_read_or_refused(tmp_path: Path, kind: str, count: int) -> None:
    """Every format, spoiled in its bytes: never a traceback, a hang or rows other than another reader counts."""
    sound = tmp_path / f"sound.{kind}"
    MAKERS[kind](sound)
    assert outcome(sound, kind, 40) == "read"
    seen: Counter[str] = Counter()
    for n, draw in draws(kind, count):
        path = tmp_path / f"{n}.{kind}"
        path.write_bytes(draw.choice(BYTES)(sound.read_bytes(), draw))
        rows = counted(path, kind) if kind in COUNTERS else None
        found = outcome(path, f"{kind} {n}", rows)
        seen[found] += 1
        seen["compared"] += found == "read" and rows is not None
        path.unlink()
    assert seen["refused"] > count / 10
    assert seen["compared"] >= (count / 20 if kind in COUNTERS else 0)


def test_spoiled_parts_of_workbooks_are_read_or_refused(tmp_path: Path) -> None:
    """Parts damaged, missing, blown up or with entities of their own, in a sound zip file."""
    excel_file(tmp_path / "sound.xlsx")
    seen: Counter[str] = Counter()
    for n, draw in draws("parts", 120):
        path = tmp_path / f"{n}.xlsx"
        path.write_bytes(repacked((tmp_path / "sound.xlsx").read_bytes(), draw))
        seen[outcome(path, f"parts {n}")] += 1
        path.unlink()
    assert seen["refused"] > 30


def test_spoiled_tables_as_workbooks_lose_no_row(tmp_path: Path) -> None:
    """The rows are those that were written; formulas without a result are refused."""
    seen: Counter[str] = Counter()
    for n, draw in draws("sheets", 120):
        cells = draw.choice(CELLS[:-1])([list(row) for row in CELL_TABLE], draw)
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append(
                [None if each == "" else openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", each) for each in row]
            )
        book.save(tmp_path / "a.xlsx")
        expected = sum(any(row) for row in cells) - 1
        seen[outcome(tmp_path / "a.xlsx", f"sheets {n}", expected)] += 1
    assert seen["read"] > 50
