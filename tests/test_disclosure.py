"""Person keys at intake: recognised, hashed, refused."""

import calendar
import hashlib
import re
import time
import uuid
from pathlib import Path
from random import Random

import duckdb
import ibis
import pytest

from frikommune import disclosure, shipped
from frikommune.disclosure import MARK, Secret, cpr, cpr_columns, holds_cpr, keyed
from frikommune.disclosure.patterns import VALID, doubtful_digits, is_sure
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
        "01.01.80-1234",
        "010180.1234",
        "01-01-80-1234",
        "01/01/80-1234",
        "01 01 80 1234",
        "010180 - 1234",
        "010180_1234",
        "010180\n1234",
        "010180\r\n1234",
        *(f"010180{chr(unseen)}1234" for unseen in (0x200B, 0x200D, 0x2060, 0xFEFF)),
        "010180  1234",
        "010180\u00a01234",
        *(f"010180{chr(dash)}1234" for dash in (*range(0x2010, 0x2016), 0x2212)),
        "sag_0101801234",
        "0101801234hans",
        "a0101701234f",
        "ring 101801234 nu",
        "10180-1234",
        "010170-1234,020280-1234",
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
        "550e8400-e29b-41d4-a716-010180123400",  # within a UUID
        "2019-01-01",
        "01.01.2019 12:34",
        "2019-01-01T12:34:56.123456",
        "01.01.19-31.12.19",
        "20190101-20191231",
        "DK5000400440116243",
        "DK50 0040 0440 1162 43",
        "5790001234567",
        "311.280,1234",
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
    ways = [
        "10170-1234",
        "01.01.70-1234",
        "010170\u22121234",
        "0101701234",
        "010170-1234",
        "010170 1234",
        " 101701234",
        101701234,
        101701234.0,
        "101701234.0",
    ]
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


def column(path: Path, name: str) -> list[object]:
    return list(read(path).table.to_pyarrow()[name].to_pylist())


def test_a_few_cpr_numbers_in_free_text_are_enough(tmp_path: Path) -> None:
    """Every hit in text has the marker in its place, all other rows stay, and the source says column and count."""
    rows = [f"{n};Sag nummer {n};x" for n in range(500)] + [
        "500;Ring til 010170-1234;x",
        "501;cpr 0202801234.;101801234",
    ]
    source = read(write(tmp_path / "cases.csv", "n;note;more", rows))
    found = source.table.to_pyarrow().to_pydict()
    assert found["note"] == [*(f"Sag nummer {n}" for n in range(500)), MARK, MARK]
    assert found["more"] == ["x"] * 501 + [MARK]
    assert source.provenance.masked == {"note": 2, "more": 1}
    assert f"CPR numbers, replaced by {MARK}: note (2 values), more (1 values)" in source.provenance.notes


def test_bare_numbers_are_judged_by_column(tmp_path: Path) -> None:
    """Ten digits that are date-valid as often as chance has it are case numbers; nearly all of them are persons."""
    draw = Random(7)
    cases = [str(draw.randrange(10**9, 10**10)) for _ in range(2000)]
    assert column(write(tmp_path / "cases.csv", "sag", cases), "sag") == cases
    others = [f"9{n:09d}" for n in range(50)]
    assert column(write(tmp_path / "mixed.csv", "sag", [*numbers(950), *others]), "sag") == [MARK] * 950 + others


def test_production_units_are_no_persons(tmp_path: Path) -> None:
    """A serial number whose values all begin with the same day is not taken for CPR numbers."""
    units = [str(1_003_000_000 + 77 * n) for n in range(3000)]
    assert all(is_cpr(each) for each in units[:100])
    assert read(write(tmp_path / "bfl.csv", "p_nummer", units)).provenance.rows == 3000


@pytest.mark.parametrize(("kind", "other"), [("int64", "7"), ("float64", "1,5"), ("decimal(12, 1)", "1,5")])
def test_a_column_of_numbers_with_cpr_numbers_becomes_text(tmp_path: Path, kind: str, other: str) -> None:
    """The marker fits, every other number is still there as it was, and the source says how they are written."""
    some = [*(int(each) for each in numbers(300)), 7 if kind == "int64" else 1.5, None]
    ibis.memtable({"person": some}).cast({"person": kind}).to_parquet(tmp_path / "t.parquet")
    source = read(tmp_path / "t.parquet")
    assert source.table.to_pyarrow()["person"].to_pylist() == [MARK] * 300 + [other, None]
    assert source.styles.get("person", "plain") == ("plain" if kind == "int64" else "comma")


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
        lambda draw: f"sag {draw.randrange(1, 10**9):09d}",
        lambda draw: f"{draw.randrange(10**5, 10**6)}.{draw.randrange(10**4):04d}",
        lambda draw: f"{draw.randrange(10**4, 10**5)}-{draw.randrange(10**4):04d}",
        lambda draw: f"d. {draw.randrange(1, 29):02d}.{draw.randrange(1, 13):02d}.{draw.randrange(2000, 2030)} 12:34",
        lambda draw: (
            f"{draw.randrange(2000, 2030)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}T01:02:03.45"
        ),
        lambda draw: f"DK{draw.randrange(10**15, 10**16)}",
        lambda draw: " ".join(f"{draw.randrange(10**4):04d}" for _ in range(4)),
        lambda draw: hashlib.md5(str(draw.random()).encode()).hexdigest()[:16],  # noqa: S324
        lambda draw: str(uuid.UUID(int=draw.getrandbits(128))),
        lambda draw: f"12 34 {draw.randrange(100):02d} {draw.randrange(100):02d}",
    ],
    ids=[
        "phone",
        "case",
        "decimal",
        "ean",
        "year case",
        "hash",
        "country code",
        "ten digits",
        "nine digits",
        "nine digits in text",
        "four decimals",
        "five and four",
        "moment",
        "stamp",
        "iban",
        "card",
        "short hash",
        "uuid",
        "phone in pairs",
    ],
)
def test_other_numbers_raise_no_alarm(make: object) -> None:
    """Twenty thousand each of phone, case and account numbers, decimals and hashes: none is taken for a person."""
    draw = Random(3)
    values = [make(draw) for _ in range(20_000)]  # type: ignore[operator]
    assert cpr_columns(ibis.memtable({"x": values})) == {}


def test_what_cannot_be_told_apart_stays_rare() -> None:
    """Ten digits and date-like groups within text are taken for persons, as often as chance has it and no more."""
    draw = Random(5)
    ten = [f"konto {draw.randrange(10**10):010d}" for _ in range(20_000)]
    short = [f"{draw.getrandbits(48):012x}" for _ in range(20_000)]
    dates = [f"{draw.randrange(1, 29):02d}.{draw.randrange(1, 13):02d}.19 kl. 1430" for _ in range(20_000)]
    found = cpr_columns(ibis.memtable({"ten": ten, "short": short, "dates": dates}))
    assert 0.03 < found["ten"] / 20_000 < 0.045
    assert found.get("short", 0) < 20
    assert "dates" not in found


def test_the_files_of_the_package_hold_no_cpr_number() -> None:
    """Trials, codes, series and claims that travel with the package raise no alarm."""
    for path in sorted(shipped.ROOT.glob("data/*.*")):
        for at, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
            assert not is_sure(line), f"{path.name}, line {at}"


def test_engine_and_python_say_the_same() -> None:
    """Over written CPR numbers, near misses and digits with marks in any order, both find the same ones."""
    draw = Random(11)
    signs = [*"0123456789" * 3, *" .,-/_aF\n\u00a0\u2212\u2013æ"]
    loose = ["".join(draw.choice(signs) for _ in range(draw.randrange(6, 22))) for _ in range(20_000)]
    apart = ("", "-", " ", "  ", " - ", ".", "/", "\u2011", "\u00a0", ",", "_", "   ")
    around = ("", " ", "_", "a", "1", ".", ",", "1.", "1,", "-", "\n", "0101701234,", "æ")
    made = [
        f"{draw.choice(around)}{each[:2]}{(gap := draw.choice(apart))}{each[2:4]}{gap}{each[4:6]}{draw.choice(apart)}"
        f"{each[6:]}{draw.choice(around)[::-1]}"
        for each in numbers(20_000, seed=2)
    ]
    table = ibis.memtable({"x": [*loose, *made, *(each.removeprefix("0") for each in made)]})
    rows = (
        table.select("x", s=cpr.sure(table.x), d=cpr.doubtful(table.x), n=cpr.digits(table.x)).to_pyarrow().to_pylist()
    )
    assert 1000 < sum(each["s"] for each in rows) < 50_000
    assert sum(each["d"] for each in rows) > 500
    for each in rows:
        assert each["s"] == is_sure(each["x"]), each
        assert (each["n"] if each["d"] else None) == doubtful_digits(each["x"]), each


def test_the_pattern_is_the_table_of_centuries() -> None:
    """For every day, month and year, and each seventh digit, the pattern says what the calendar says."""
    valid = re.compile(VALID)
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
    assert column(write(tmp_path / "cases.csv", "sag", rows), "sag") == [MARK] * 100 + rows[100:]
