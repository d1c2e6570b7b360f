"""Person keys at intake: recognised, hashed, refused."""

import calendar
import hashlib
import re
import time
from pathlib import Path
from random import Random

import duckdb
import ibis
import pytest

from frikommune import disclosure
from frikommune.disclosure import Secret, cpr_columns, holds_cpr, keyed
from frikommune.errors import BadData
from frikommune.sources import read

SECRET = Secret(b"sixteen bytes or more")


def century(seventh: int, year: int) -> int:
    """The table of centuries as CPR-kontoret prints it, row by row."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800


def is_cpr(digits: str) -> bool:
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    full = century(int(digits[6]), year) + year
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(full, month)[1]


def numbers(count: int, seed: int = 1) -> list[str]:
    draw = Random(seed)
    found: list[str] = []
    while len(found) < count:
        digits = f"{draw.randrange(10**10):010d}"
        if is_cpr(digits):
            found.append(digits)
    return found


def write(path: Path, heading: str, rows: list[str]) -> Path:
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "0101701234",
        "010170-1234",
        "010170 1234",
        "101701234",
        " 101701234 ",
        "101701234.0",
        "Borger 010170-1234 ringede",
        "cpr0101701234",
        "CPR:0101701234.",
        "(0101701234)",
        "0101701234,0202801234",
        "290200-4123",
        "linje\n010170-1234\nlinje",
    ],
)
def test_a_cpr_number_is_seen_however_it_is_written(text: str) -> None:
    """With hyphen, space or neither, without its zero, alone or within text."""
    assert holds_cpr(text)


@pytest.mark.parametrize(
    "text",
    [
        "12345678",  # a phone number
        "+45 12 34 56 78",
        "320170-1234",  # no such day
        "011370-1234",
        "290200-0123",  # 1900 was no leap year
        "290201-1234",
        "99101701234",  # longer
        "01017012345",
        "010170-12345",
        "0.0101701234",  # decimals
        "0101701234,5",
        "-1010170123",
        "a0101701234f",  # within a word
        "a0101701234b0c1d2e3f405060708090",
        "2019012345",  # a case number
        "10-2019-12345",
        "",
    ],
)
def test_what_is_no_cpr_number_is_left_alone(text: str) -> None:
    """Phone numbers, impossible dates, longer numbers, decimals, words and case numbers."""
    assert not holds_cpr(text)


def test_one_person_has_one_key() -> None:
    """A CPR number gives the same key with hyphen, with space, as a number and without its zero."""
    ways = ["0101701234", "010170-1234", "010170 1234", " 101701234", 101701234, 101701234.0, "101701234.0"]
    assert len(set(keyed(ways, SECRET))) == 1


def test_a_key_is_the_keyed_blake2b_of_the_ten_digits() -> None:
    """As RFC 7693 and the standard library have it: 16 bytes, in hexadecimal."""
    expected = hashlib.blake2b(b"0101701234", key=SECRET.value, digest_size=16).hexdigest()
    assert keyed(["010170-1234"], SECRET) == [expected]
    assert keyed(["sag A", None, float("nan"), " "], SECRET)[1:] == [None, None, None]


def test_another_secret_gives_other_keys() -> None:
    """Without the secret, trying all CPR numbers does not find the person."""
    assert keyed(["0101701234"], SECRET) != keyed(["0101701234"], Secret(b"another secret of length"))


def test_the_secret_is_read_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a file or the environment; the repr of what holds it is silent."""
    (tmp_path / "key").write_bytes(SECRET.value + b"\n")
    monkeypatch.setenv(disclosure.ENVIRONMENT, "from the environment, long")
    assert disclosure.secret(tmp_path / "key") == SECRET
    assert disclosure.secret().value == b"from the environment, long"
    assert "sixteen" not in repr(SECRET)


def test_after_reading_no_cpr_is_reachable(tmp_path: Path) -> None:
    """Keys are hashed on the way into the engine: neither the table nor anything else in it holds the number."""
    rows = [f"{each};{n}" for n, each in enumerate(numbers(500))]
    source = read(write(tmp_path / "cases.csv", "cpr;n", rows), keys=("cpr",), secret=SECRET)
    frame = source.table.execute()
    assert frame["cpr"].tolist() == keyed(numbers(500), SECRET)
    assert frame["n"].tolist() == [str(n) for n in range(500)]
    backend = source.table.get_backend()
    # Files that other tests attached lie in databases of their own.
    tables = """
        SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()
        UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND database_name = current_database()
    """
    stored = backend.con.execute(tables).fetchall()
    for (name,) in stored:
        assert not cpr_columns(backend.table(name))
    assert "keyed hash: cpr" in source.provenance.notes


def test_a_few_cpr_numbers_in_free_text_are_enough(tmp_path: Path) -> None:
    """Every hit in text counts, and the message names column and count, never the number."""
    rows = [f"{n};Sag nummer {n}" for n in range(500)] + ["500;Ring til 010170-1234", "501;cpr 0202801234."]
    with pytest.raises(BadData, match="the column note holds CPR numbers in 2 rows") as fault:
        read(write(tmp_path / "cases.csv", "n;note", rows))
    assert "1701234" not in str(fault.value)
    assert fault.value.__cause__ is None


def test_bare_numbers_are_judged_by_column(tmp_path: Path) -> None:
    """Ten digits that are date-valid as often as chance has it are case numbers; nearly all of them are persons."""
    draw = Random(7)
    cases = [str(draw.randrange(10**9, 10**10)) for _ in range(2000)]
    assert read(write(tmp_path / "cases.csv", "sag", cases)).provenance.rows == 2000
    with pytest.raises(BadData, match="the column sag holds CPR numbers in 950 rows"):
        read(write(tmp_path / "mixed.csv", "sag", [*numbers(950), *(f"9{n:09d}" for n in range(50))]))


def test_production_units_are_no_persons(tmp_path: Path) -> None:
    """A serial number whose values all begin with the same day is not taken for CPR numbers."""
    units = [str(1_003_000_000 + 77 * n) for n in range(3000)]
    assert all(is_cpr(each) for each in units[:100])
    assert read(write(tmp_path / "bfl.csv", "p_nummer", units)).provenance.rows == 3000


def test_a_lost_zero_in_a_numeric_column_is_seen(tmp_path: Path) -> None:
    """A typed column of numbers holds CPR numbers too, whole or floating."""
    some = [int(each) for each in numbers(300)]
    for kind in ("int64", "float64"):
        ibis.memtable({"person": some}).cast({"person": kind}).to_parquet(tmp_path / "t.parquet")
        with pytest.raises(BadData, match="the column person holds CPR numbers in 300 rows"):
            read(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    "make",
    [
        lambda draw: f"{draw.randrange(10**7, 10**8)}",
        lambda draw: f"{draw.randrange(100)}-{draw.randrange(2000, 2025)}-{draw.randrange(10**5):05d}",
        lambda draw: f"{draw.random() * 1e6:.10f}",
        lambda draw: f"{draw.randrange(10**12, 10**13)}",
        lambda draw: f"20{draw.randrange(15, 25)}{draw.randrange(10**6):06d}",
        lambda draw: hashlib.md5(str(draw.random()).encode()).hexdigest(),  # noqa: S324
        lambda draw: f"+45 {draw.randrange(10**7, 10**8)}",
        lambda draw: str(draw.randrange(10**9, 10**10)),
        lambda draw: f"{draw.randrange(1, 10**9):09d}",
    ],
    ids=["phone", "case", "decimal", "ean", "year case", "hash", "country code", "ten digits", "nine digits"],
)
def test_other_numbers_raise_no_alarm(make: object) -> None:
    """Twenty thousand each of phone, case and account numbers, decimals and hashes: none is taken for a person."""
    draw = Random(3)
    values = [make(draw) for _ in range(20_000)]  # type: ignore[operator]
    assert cpr_columns(ibis.memtable({"x": values})) == {}


def test_the_pattern_is_the_table_of_centuries() -> None:
    """For every day, month and year, and each seventh digit, the pattern says what the calendar says."""
    valid = re.compile(disclosure._VALID)
    years = (0, 1, 3, 4, 36, 37, 57, 58, 60, 96, 99)
    for day in range(100):
        for month in (*range(14), 29, 31, 99):
            for year in years if (day, month) != (29, 2) else range(100):
                for seventh in range(10):
                    digits = f"{day:02d}{month:02d}{year:02d}{seventh}123"
                    assert bool(valid.match(digits)) == is_cpr(digits), digits


def test_a_million_rows_are_searched_in_seconds(tmp_path: Path) -> None:
    """The search runs in the engine: a million rows of text and numbers take seconds, not minutes."""
    path = tmp_path / "register.parquet"
    made = duckdb.sql(
        "SELECT '2019-' || range AS sag, 'Samtale holdt, borger meddelt, sag ' || range AS note, "
        "CAST(range + 1003000000 AS VARCHAR) AS p_nummer, range * 1.5 AS amount FROM range(1000000)"
    )
    assert made is not None
    made.write_parquet(str(path))
    table = ibis.duckdb.connect().read_parquet(path)
    started = time.perf_counter()
    assert cpr_columns(table) == {}
    assert time.perf_counter() - started < 20


def test_order_of_rows_and_columns_does_nothing() -> None:
    """What is found in a column does not hang on where its rows stand, or on the other columns."""
    values = [*numbers(40), *(f"9{n:09d}" for n in range(20))]
    forward = cpr_columns(ibis.memtable({"a": values, "b": ["x"] * 60}))
    backward = cpr_columns(ibis.memtable({"b": ["x"] * 60, "a": values[::-1]}))
    assert forward == backward == {"a": 40}


def test_cpr_keys_without_a_secret_are_refused(tmp_path: Path) -> None:
    """Naming the key is not enough: it must be hidden too."""
    path = write(tmp_path / "cases.csv", "cpr;n", [f"{each};1" for each in numbers(30)])
    with pytest.raises(BadData, match="the key column cpr holds CPR numbers in 30 rows: give a secret"):
        read(path, keys=("cpr",))


def test_keys_that_are_no_cpr_need_no_secret(tmp_path: Path) -> None:
    """A pseudonym stays as it is."""
    source = read(write(tmp_path / "cases.csv", "key;n", ["a1;1", "b2;2"]), keys=("key",))
    assert source.table.execute()["key"].tolist() == ["a1", "b2"]


def test_a_key_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message names it, and the columns there are."""
    with pytest.raises(BadData, match="has no column cpr to take as key; it has person, n"):
        read(write(tmp_path / "cases.csv", "person;n", ["a;1"]), keys=("cpr",), secret=SECRET)


@pytest.mark.parametrize("heading", ["010170-1234;n", "n;0101701234"])
def test_a_person_as_a_column_or_file_is_refused(tmp_path: Path, heading: str) -> None:
    """Neither a heading nor the name of a file may hold a CPR number."""
    with pytest.raises(BadData, match="CPR number in the name of a column"):
        read(write(tmp_path / "cases.csv", heading, ["1;2"]))
    with pytest.raises(BadData, match="The name of a file holds a CPR number"):
        read(write(tmp_path / "010170-1234.csv", "a;b", ["1;2"]))


def test_a_short_or_absent_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen bytes at least, and the message does not repeat what was there."""
    monkeypatch.delenv(disclosure.ENVIRONMENT, raising=False)
    with pytest.raises(BadData, match="There is no secret for person keys in the environment variable"):
        disclosure.secret()
    with pytest.raises(BadData, match="There is no secret for person keys in the file nothing"):
        disclosure.secret(tmp_path / "nothing")
    (tmp_path / "key").write_text("hemmeligt")
    with pytest.raises(BadData, match="has 9 bytes: at least 16") as fault:
        disclosure.secret(tmp_path / "key")
    assert "hemmeligt" not in str(fault.value)


def test_a_key_column_is_never_taken_for_serial_numbers(tmp_path: Path) -> None:
    """Thirty people born on a first of January are thirty CPR numbers, not production units, where they are keys."""
    rows = [f"010160{1000 + each * 37}" for each in range(30)]
    with pytest.raises(BadData, match="the key column person_key holds CPR numbers in 30 rows: give a secret"):
        read(write(tmp_path / "cases.csv", "person_key;n", [f"{each};1" for each in rows]), keys=("person_key",))


def test_a_quarter_of_many_bare_numbers_is_no_chance(tmp_path: Path) -> None:
    """Half CPR numbers among as many other numbers are found, which chance alone would never make."""
    rows = [*numbers(100), *(f"99{each:08d}" for each in range(100))]
    with pytest.raises(BadData, match="the column sag holds CPR numbers in 100 rows"):
        read(write(tmp_path / "cases.csv", "sag", rows))
