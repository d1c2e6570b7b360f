"""Reading: every format, every way a text file can be written, and nothing lost."""

import csv
import datetime as dt
import io
import resource
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import duckdb
import ibis
import numpy as np
import openpyxl
import pandas as pd
import psycopg
import pyarrow as pa
import pyreadstat
import pytest
from pyarrow import feather
from sasfile import write_sas

from frikommune.dataroom import check
from frikommune.disclosure import Secret, keyed
from frikommune.errors import BadData
from frikommune.sources import AbsentTable, Source, Unreachable, files_in, number, read

SECRET = Secret(b"sixteen bytes or more")
ROWS = [["Ærø", "1.234,5", 'sagde "nej"'], ["Brønderslev", "-0,25", "linje 1\nlinje 2"], ["Læsø", "", "a;b,c|d\te"]]
NAMES = ["kommune", "beløb", "note"]


def text(rows: list[list[str]], delimiter: str = ";", end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def values(source: Source) -> list[list[object]]:
    frame = source.table.to_pyarrow().to_pylist()
    return [list(row.values()) for row in frame]


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(path: Path, rows: list[list[object]], sheet: str = "Ark1") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


EXPECTED = [[each or None for each in row] for row in ROWS]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_line_end_is_found(tmp_path: Path, delimiter: str, end: str) -> None:
    """The same rows come out whatever stands between values and rows, quoted text untouched."""
    rows = [[each.replace("\n", " ") if end == "\r" else each for each in row] for row in ROWS]
    source = read(written(tmp_path / "a.csv", text([NAMES, *rows], delimiter, end)))
    assert values(source) == [[each or None for each in row] for row in rows]
    assert source.provenance.columns == tuple(NAMES)
    assert source.provenance.rows == 3


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8 with byte-order mark"),
        ("utf-16-le", b"\xff\xfe", "UTF-16 LE"),
        ("utf-16-be", b"\xfe\xff", "UTF-16 BE"),
        ("utf-16-le", b"", "UTF-16 LE"),
        ("cp1252", b"", "cp1252"),
    ],
)
def test_any_encoding_is_found_and_stated(tmp_path: Path, encoding: str, mark: bytes, said: str) -> None:
    """Danish letters come out right, the heading carries no mark, and the notes say what was found."""
    source = read(written(tmp_path / "a.csv", mark + text([NAMES, *ROWS]).encode(encoding)))
    assert values(source) == EXPECTED
    assert source.provenance.columns == tuple(NAMES)
    assert f"encoding {said}" in source.provenance.notes
    assert "delimiter semicolon" in source.provenance.notes


def test_bytes_that_cp1252_lacks_make_it_latin_1(tmp_path: Path) -> None:
    """A byte that cp1252 leaves undefined is a character all the same."""
    source = read(written(tmp_path / "a.csv", b"a;b\n\x81;\xe6\n"))
    assert values(source) == [["\x81", "æ"]]
    assert "encoding latin-1" in source.provenance.notes


def test_the_digest_is_of_the_file_as_it_lay(tmp_path: Path) -> None:
    """Provenance tells name, SHA-256 of the original bytes, rows, columns and licence."""
    path = written(tmp_path / "a.csv", text([NAMES, *ROWS]).encode("cp1252"))
    found = read(path, licence="CC BY 4.0").provenance
    assert found.sha256 == subprocess.run(["sha256sum", path], capture_output=True, check=True, text=True).stdout[:64]
    assert (found.name, found.rows, found.columns, found.licence) == ("a.csv", 3, tuple(NAMES), "CC BY 4.0")


def test_nothing_is_guessed_about_values(tmp_path: Path) -> None:
    """Numbers, dates, NULL, NA, spaces and leading zeros stay the text that they are; only nothing is missing."""
    row = ["007", "1e5", "NULL", "NA", " x ", "2020-01-01", "true", "\\N", "#x"]
    source = read(written(tmp_path / "a.csv", text([list("abcdefghi"), row, [""] * 9])))
    assert values(source) == [row, [None] * 9]


def test_a_hint_for_spreadsheets_is_no_row(tmp_path: Path) -> None:
    """A first line `sep=;` names the delimiter."""
    assert values(read(written(tmp_path / "a.csv", "sep=|\na|b\n1;2|3\n"))) == [["1;2", "3"]]


def test_blank_lines_before_the_heading_are_passed_over(tmp_path: Path) -> None:
    """A byte-order mark before a blank line was taken for a row, and the whole file refused as damaged."""
    for mark in ("", "\ufeff"):
        assert values(read(written(tmp_path / "a.csv", f"{mark}\n\na;b\n1;2\n"))) == [["1", "2"]]
        assert values(read(written(tmp_path / "b.txt", f"{mark}\nx\n1\n\n2\n"))) == [["1"], [None], ["2"]]


def test_one_column_keeps_its_blank_lines(tmp_path: Path) -> None:
    """In a table of one column a blank line is a row whose value is missing, and a comma separates nothing."""
    assert values(read(written(tmp_path / "a.txt", "x\n1,5\n\n2,5\n"))) == [["1,5"], [None], ["2,5"]]


def test_line_ends_of_two_kinds_lose_no_row(tmp_path: Path) -> None:
    """Files joined from two systems are read, and the notes say so."""
    source = read(written(tmp_path / "a.csv", "a;b\r\n1;2\n3;4\r\n5;6\n"))
    assert values(source) == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert "line ends of several kinds" in source.provenance.notes


def test_line_ends_of_two_kinds_beside_quotation_marks_lose_no_row(tmp_path: Path) -> None:
    """The same where a text in quotation marks runs over two lines."""
    source = read(written(tmp_path / "a.csv", 'a;b\r\n1;"x\ny"\n3;4\r\n5;6\n'))
    assert values(source) == [["1", "x\ny"], ["3", "4"], ["5", "6"]]


def test_a_column_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    """A delimiter at the end of the heading makes a column, which is named and stated."""
    source = read(written(tmp_path / "a.csv", "a;b;\n1;2;\n"))
    assert source.provenance.columns == ("a", "b", "column_3")
    assert "columns without a name: column_3" in source.provenance.notes


def test_order_is_kept_in_a_large_file(tmp_path: Path) -> None:
    """Two hundred thousand rows come out in the order of the file, keys hashed or not."""
    path = written(tmp_path / "a.csv", "k;n\n" + "".join(f"p{n % 977};{n}\n" for n in range(200_000)))
    for source in (read(path), read(path, keys=("k",), secret=SECRET)):
        assert source.table.n.cast("int64").execute().tolist() == list(range(200_000))


@pytest.mark.parametrize(
    ("column", "style", "expected"),
    [
        (["1.234,5", "2,25", ".."], "comma", [1234.5, 2.25, None]),
        (["1,234.5", "2.25", "-"], "point", [1234.5, 2.25, None]),
        (["0.125", "0.250"], "point", [0.125, 0.25]),
        (["1.234.567", "89"], "comma", [1234567.0, 89.0]),
        (["1.5e3", "-2.5"], "point", [1500.0, -2.5]),
        (["−1,5", "1 234,5"], "comma", [-1.5, 1234.5]),
    ],
)
def test_the_decimal_mark_is_found_by_column(
    tmp_path: Path, column: list[str], style: str, expected: list[float | None]
) -> None:
    """One number that can be read in one way only decides for its column, and `number` reads it so."""
    source = read(
        written(tmp_path / "a.csv", text([["id", "tal"], *([str(n), each] for n, each in enumerate(column))]))
    )
    assert source.styles == {"tal": style}
    found = source.table.select(x=number(source.table.tal, source.styles["tal"])).to_pyarrow()["x"].to_pylist()
    assert found == expected
    assert any("tal" in each for each in source.provenance.notes)


def test_a_column_that_cannot_be_told_follows_the_others(tmp_path: Path) -> None:
    """`1.234` is a thousand and more beside a column with a decimal comma."""
    source = read(written(tmp_path / "a.csv", "a;b\n1.234;0,5\n5.678;1,5\n"))
    assert source.styles == {"a": "comma", "b": "comma"}


def test_words_and_dates_have_no_number_style(tmp_path: Path) -> None:
    """A column that is not all numbers is left out."""
    assert read(written(tmp_path / "a.csv", "d;t\n01.02.2020;hej, du\n")).styles == {}


def test_absurd_numbers_become_missing_not_infinite(tmp_path: Path) -> None:
    """What no float can hold is missing; the largest that one can is kept."""
    table = read(written(tmp_path / "a.csv", "x\n1e308\n1e999\nnan\ninf\n1_000\n")).table
    assert table.select(y=number(table.x)).to_pyarrow()["y"].to_pylist() == [1e308, None, None, None, None]


def test_excel_keeps_dates_numbers_and_text(tmp_path: Path) -> None:
    """A column becomes what all its cells are; one with several kinds becomes text."""
    rows: list[list[object]] = [
        ["kode", "dato", "tid", "andel", "ja", "blandet"],
        [101, dt.date(2020, 2, 29), dt.datetime(2020, 1, 1, 8, 30), 0.5, True, 1],
        [147, dt.date(1900, 3, 1), None, 2, False, "to"],
    ]
    source = read(workbook(tmp_path / "a.xlsx", rows))
    assert values(source) == [
        [101, dt.date(2020, 2, 29), dt.datetime(2020, 1, 1, 8, 30), 0.5, True, "1"],
        [147, dt.date(1900, 3, 1), None, 2.0, False, "to"],
    ]
    assert source.provenance.notes[0] == "sheet Ark1"


def test_excel_passes_over_blank_rows_and_says_so(tmp_path: Path) -> None:
    """Blank rows above, within and below are no rows."""
    source = read(workbook(tmp_path / "a.xlsx", [[], ["a", "b"], [1, 2], [], [3, None]]))
    assert values(source) == [[1, 2], [3, None]]
    assert "1 blank rows passed over" in source.provenance.notes


def test_excel_keys_are_hashed(tmp_path: Path) -> None:
    """A CPR number whose leading zero Excel took gives the key of the ten digits."""
    source = read(workbook(tmp_path / "a.xlsx", [["cpr", "n"], [101701234, 1]]), keys=("cpr",), secret=SECRET)
    assert values(source) == [[*keyed(["0101701234"], SECRET), 1]]


@pytest.mark.parametrize("kind", ["parquet", "feather", "arrow"])
@pytest.mark.parametrize("hashed", [False, True])
def test_columnar_files_keep_types(tmp_path: Path, kind: str, *, hashed: bool) -> None:
    """Parquet, Feather and Arrow streams come typed, words of a dictionary as words, with keys hashed or not."""
    words = pa.array(["x", "y", "x"]).dictionary_encode()
    table = pa.table({"k": ["a", None, "c"], "n": [1, 2, None], "d": [dt.date(2020, 1, 1)] * 3, "w": words})
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":
        ibis.memtable(table).to_parquet(path)
    elif kind == "feather":
        feather.write_feather(table, path)
    else:
        with pa.ipc.new_stream(path, table.schema) as sink:
            sink.write_table(table, max_chunksize=2)
    found = values(read(path, keys=("k",) if hashed else (), secret=SECRET if hashed else None))
    keys = keyed(["a", None, "c"], SECRET) if hashed else ["a", None, "c"]
    assert found == [[k, n, dt.date(2020, 1, 1), w] for k, n, w in zip(keys, [1, 2, None], "xyx", strict=True)]


FRAME = pd.DataFrame(
    {
        "svar": [1.0, 99.0, np.nan],
        "tekst": ["æ", "b", ""],
        "dato": [dt.date(2020, 1, 1), None, dt.date(1901, 1, 1)],
        "tid": [dt.datetime(2020, 1, 1, 5, 6), None, dt.datetime(1999, 1, 1)],
    }
)
TYPED = [
    [1.0, "æ", dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, 5, 6)],
    [99.0, "b", None, None],
    [None, None, dt.date(1901, 1, 1), dt.datetime(1999, 1, 1)],
]


@pytest.mark.parametrize("kind", ["sav", "zsav"])
def test_spss_keeps_labels_and_user_missing(tmp_path: Path, kind: str) -> None:
    """A code that the file declares missing stays a value, and the source says which it is."""
    labels = {"svar": {1: "ja", 99: "ved ikke"}}
    pyreadstat.write_sav(
        FRAME,
        tmp_path / f"a.{kind}",
        variable_value_labels=labels,
        missing_ranges={"svar": [99, {"lo": 100, "hi": 200}]},
        compress=kind == "zsav",
    )
    source = read(tmp_path / f"a.{kind}")
    assert values(source) == TYPED
    assert source.labels == labels
    assert set(source.missing["svar"]) == {99.0, (100.0, 200.0)}


def test_stata_keeps_labels_and_tagged_missing(tmp_path: Path) -> None:
    """The letter of a tagged missing value stands in a column of its own."""
    pyreadstat.write_dta(FRAME, tmp_path / "a.dta", variable_value_labels={"svar": {1: "ja"}})
    assert values(read(tmp_path / "a.dta")) == TYPED
    assert read(tmp_path / "a.dta").labels == {"svar": {1: "ja"}}
    pyreadstat.write_dta(pd.DataFrame({"n": [1.0, "a", np.nan]}), tmp_path / "b.dta", missing_user_values={"n": ["a"]})
    source = read(tmp_path / "b.dta")
    assert values(source) == [[1.0, None], [None, "a"], [None, None]]
    assert source.provenance.columns == ("n", "n__missing")


def test_sas_keeps_dates_numbers_and_text(tmp_path: Path) -> None:
    """A date is a date by its format."""
    write_sas(tmp_path / "a.sas7bdat", [(0.5, 21_915, "Ærø"), (147, -1, "")])
    assert values(read(tmp_path / "a.sas7bdat")) == [
        [0.5, dt.date(2020, 1, 1), "Ærø"],
        [147.0, dt.date(1959, 12, 31), None],
    ]


def test_statistical_files_are_read_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks smaller than the file lose no row, nor the last when they fit evenly."""
    for rows in (9, 10, 11):
        pyreadstat.write_sav(pd.DataFrame({"n": np.arange(float(rows))}), tmp_path / "a.sav")
        monkeypatch.setattr("frikommune.sources.statistical._ROWS", 5)
        assert values(read(tmp_path / "a.sav")) == [[float(n)] for n in range(rows)]


def test_a_duckdb_file_is_read_by_table(tmp_path: Path) -> None:
    """By its name, by a URL, and keys hashed; the file is never written to."""
    path = tmp_path / "a.duckdb"
    with duckdb.connect(path) as con:
        con.execute("CREATE TABLE cases AS SELECT 'p' || range AS k, range AS n FROM range(3)")
        con.execute("CREATE VIEW odd AS SELECT * FROM cases WHERE n = 1")
    before = path.read_bytes()
    assert values(read(path, table="cases")) == [["p0", 0], ["p1", 1], ["p2", 2]]
    assert values(read(f"duckdb://{path}", table="odd")) == [["p1", 1]]
    assert values(read(path, table="main.odd", keys=("k",), secret=SECRET)) == [[*keyed(["p1"], SECRET), 1]]
    with pytest.raises(BadData, match="has 2 tables: say which one with table=; there are cases, odd"):
        read(path)
    assert path.read_bytes() == before


def test_a_duckdb_file_is_out_of_reach_once_its_keys_are_hashed(tmp_path: Path) -> None:
    """The file with the keys is not left attached to the engine."""
    with duckdb.connect(tmp_path / "a.duckdb") as con:
        con.execute("CREATE TABLE cases AS SELECT '0101701' || 100 + range AS cpr FROM range(3)")
    source = read(tmp_path / "a.duckdb", keys=("cpr",), secret=SECRET)
    attached = source.table.get_backend().con.execute("SELECT path FROM duckdb_databases()").fetchall()
    assert not any(str(tmp_path) in (each or "") for (each,) in attached)


def test_a_label_with_a_cpr_number_is_refused(tmp_path: Path) -> None:
    """Labels are as much a part of what is read as values are."""
    labels = {"svar": {1: "010170-1234"}}
    pyreadstat.write_sav(FRAME, tmp_path / "a.sav", variable_value_labels=labels)
    with pytest.raises(BadData, match="a CPR number in the label of a value"):
        read(tmp_path / "a.sav")


def test_a_large_file_never_sits_in_memory(tmp_path: Path) -> None:
    """Python holds a small part of what a CSV file of 40 MB is, and the engine no more than it is allowed."""
    path = tmp_path / "large.csv"
    made = duckdb.sql(
        "SELECT range AS n, md5(range::VARCHAR) AS a, md5((range + 1)::VARCHAR) AS b, md5((range + 2)::VARCHAR) AS c, "
        "md5((range + 3)::VARCHAR) AS d FROM range(300000)"
    )
    assert made is not None
    made.write_csv(str(path), sep=";")
    assert path.stat().st_size > 40e6
    script = (
        "import sys, tracemalloc; from frikommune.sources import read; from frikommune.sources.workspace import engine;"
        "engine().con.execute(\"SET memory_limit = '100MB'\"); tracemalloc.start();"
        "s = read(sys.argv[1]); assert s.provenance.rows == 300_000; print(tracemalloc.get_traced_memory()[1])"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 16e6


def test_postgres_is_read_where_it_lies(postgres: str) -> None:
    """Rows, types and provenance come from the server; the password goes nowhere."""
    with psycopg.connect(postgres) as con:
        con.execute("CREATE TABLE sager (kommune int, tekst text, dato date)")
        con.execute("INSERT INTO sager VALUES (101, 'æ', '2020-01-01'), (147, NULL, NULL)")
    source = read(postgres, table="sager")
    assert sorted(values(source), key=str) == [[101, "æ", dt.date(2020, 1, 1)], [147, None, None]]
    assert source.provenance.rows == 2
    assert source.provenance.name.startswith("postgres://127.0.0.1:")
    assert "hemmelig" not in repr(source) + repr(source.provenance)
    assert "evaluator" not in repr(source.provenance)


def test_postgres_keys_never_arrive(postgres: str) -> None:
    """CPR numbers in a database are replaced as they are in a file, and hashed when named as keys."""
    with psycopg.connect(postgres) as con:
        con.execute("CREATE TABLE personer AS SELECT '010170' || 1000 + n AS cpr, n FROM generate_series(1, 50) n")
        con.execute("CREATE TABLE noter AS SELECT 'ring til 010170-1234' AS note FROM generate_series(1, 3)")
    noter = read(postgres, table="public.noter")
    assert values(noter) == [["[CPR]"]] * 3
    assert noter.provenance.masked == {"note": 3}
    assert noter.table.get_backend().name == "duckdb"
    source = read(postgres, table="personer", keys=("cpr",), secret=SECRET)
    expected = [[keyed([f"010170{1000 + n}"], SECRET)[0], n] for n in range(1, 51)]
    assert sorted(values(source), key=str) == sorted(expected, key=str)
    assert source.table.get_backend().name == "duckdb"


def test_a_database_is_checked_like_a_folder(postgres: str) -> None:
    """A room in PostgreSQL gives the rows, faults and row numbers that the same tables give as files."""
    with psycopg.connect(postgres) as con:
        con.execute("CREATE TABLE adoption (trial text, kommune_kode int, start date, note text)")
        con.execute(
            "INSERT INTO adoption VALUES ('rehab_jaf', 851, '2018-01-01', 'ok'), "
            "('rehab_jaf', 999, '2018-01-01', 'ok'), ('rehab_jaf', 860, '2018-01-01', 'ring 010170-1234')"
        )
        con.execute("CREATE TABLE uptake (trial text, kommune_kode int, period text, used int)")
        con.execute("INSERT INTO uptake SELECT 'rehab_jaf', 851, (1900 + n)::text, n FROM generate_series(117, 119) n")
    report = check(postgres)
    found = {each.table: each for each in report.tables}
    assert (report.exit_code, set(found)) == (1, {"adoption", "uptake"})
    assert {(each.column, each.rule, each.count) for each in found["adoption"].faults} == {
        ("kommune_kode", "no_municipality", 1),
        ("note", "cpr", 1),
    }
    assert (found["adoption"].kept, found["adoption"].rejected) == (1, 2)
    assert (found["uptake"].kept, found["uptake"].period) == (3, ("2017", "2019"))
    assert found["uptake"].good.get_backend().name == "duckdb"


def test_a_database_that_does_not_answer_is_said_once(postgres: str, tmp_path: Path) -> None:
    """Neither a server nor a file that is none is asked for every table in turn."""
    with pytest.raises(Unreachable, match="could not be opened"):
        check(postgres.replace("hemmelig", "gættet"))
    with pytest.raises(Unreachable, match=r"^a\.duckdb cannot be read: it is no DuckDB file"):
        check(written(tmp_path / "a.duckdb", "a;b\n1;2\n" * 200))


def test_a_wrong_password_is_refused_without_repeating_it(postgres: str) -> None:
    """Neither the password nor the user stands in the message, nor behind it."""
    with pytest.raises(Unreachable, match="could not be opened: is the server there") as fault:
        read(postgres.replace("hemmelig", "gættet"), table="sager")
    assert "gættet" not in str(fault.value)
    assert "evaluator" not in str(fault.value)
    assert fault.value.__suppress_context__
    with pytest.raises(AbsentTable, match="has no table nowhere: there are"):
        read(postgres, table="nowhere")


def test_files_in_a_folder_come_by_name(tmp_path: Path) -> None:
    """Folders are left out; a folder that is not there is refused."""
    for name in ("b.csv", "a.csv"):
        written(tmp_path / name, "x\n1\n")
    (tmp_path / "c").mkdir()
    assert [each.name for each in files_in(tmp_path)] == ["a.csv", "b.csv"]
    with pytest.raises(BadData, match="There is no folder"):
        files_in(tmp_path / "nowhere")


RAGGED = [
    ("a;b\n1;2\n3\n5;6\n", [["1", "2"], ["5", "6"]], [(2, 3, "fewer")]),
    ("a;b\n1;2\n3;4;5\n5;6;\n", [["1", "2"], ["5", "6"]], [(2, 3, "more")]),
    ('a;b\n1;"2\n3;4\n', [["3", "4"]], [(1, 2, "quotation")]),
    ('a;b\n\n1;"x\ny"\n2;"z";9\n3;4\n', [["1", "x\ny"], ["3", "4"]], [(2, 5, "more")]),
    ('a;b\r\n1;"x\r\ny"\r\n2\r\n3;4\r\n', [["1", "x\r\ny"], ["3", "4"]], [(2, 4, "fewer")]),
    ('a;b\r\n1;"x\ny"\n2\r\n3;4\r\n', [["1", "x\ny"], ["3", "4"]], [(2, 4, "fewer")]),
    ('a;b\n1;"x"y\n2;"say ""no"""\n', [["2", 'say "no"']], [(1, 2, "quotation")]),
    ('a\n"x\ny\n\n"z"\n', [["y"], [None], ["z"]], [(1, 2, "quotation")]),
    ("a;b\n1;" + "x" * 3_000_000 + "\n3;4\n", [["3", "4"]], [(1, 2, "million")]),
]


@pytest.mark.parametrize(("content", "kept", "aside"), RAGGED, ids=range(len(RAGGED)))
def test_a_line_that_is_no_row_is_set_aside(
    tmp_path: Path, content: str, kept: list[list[str]], aside: list[tuple[int, int, str]]
) -> None:
    """With its number as a row, its line in the file and the reason; the other rows stay as they are."""
    source = read(written(tmp_path / "a.csv", content))
    assert source.aside is not None
    assert values(source) == kept
    found = source.aside.to_pyarrow().to_pylist()
    assert [(each["row"], each["line"]) for each in found] == [(row, line) for row, line, _ in aside]
    assert all(word in each["reason"] for each, (_, _, word) in zip(found, aside, strict=True))
    assert sum(source.provenance.aside.values()) == len(aside)
    assert source.provenance.rows == len(kept)


@pytest.mark.parametrize("quoted", [False, True])
def test_no_line_of_a_large_ragged_file_is_lost(tmp_path: Path, *, quoted: bool) -> None:
    """Rows kept and lines set aside are the lines of the file, in its order, in little memory."""
    lines = [f'{n};"tekst\n{n}";x' if quoted else f"{n};tekst {n};x" for n in range(120_000)]
    for n in range(7, 120_000, 1009):
        lines[n] = f"{n};for få" if n % 2 else f"{n};for;mange;værdier"
    path = written(tmp_path / "a.csv", "\n".join(["n;b;c", *lines]) + "\n")
    tracemalloc.start()
    source = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    odd = set(range(7, 120_000, 1009))
    assert source.table.n.cast("int64").to_pyarrow().to_pylist() == [n for n in range(120_000) if n not in odd]
    assert source.aside.to_pyarrow()["row"].to_pylist() == [n + 1 for n in sorted(odd)]  # type: ignore[union-attr]
    assert peak < 16e6


def test_tables_of_two_files_can_be_joined(tmp_path: Path) -> None:
    """All sources of a process lie in one engine."""
    left, right = (read(written(tmp_path / f"{x}.csv", f"k;{x}\n1;{x}1\n2;{x}2\n")).table for x in "ab")
    assert left.join(right, "k").order_by("k").to_pyarrow().to_pylist()[1] == {"k": "2", "a": "a2", "b": "b2"}


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    """Provenance and rows do not depend on what was read before; the file is not changed."""
    path = written(tmp_path / "a.csv", text([NAMES, *ROWS]))
    before = path.read_bytes()
    first, second = read(path), read(path)
    assert first.provenance == second.provenance
    assert values(first) == values(second)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty: it has no bytes"),
        ("\n\n", "is empty: a heading with the names of the columns was expected"),
        (b"\xef\xbb\xbfa;b\n\xe6;1\n", "says that it is UTF-8 but is not|mixes UTF-8"),
        ("a;b\n1;2;3\n", "has 3 values in line 2 where the heading has 2"),
        ("a\n1;2\n3;4\n", "the heading has one column, and the rows have 2"),
        ('a;b\n1;"2\n', "a quotation mark in line 2 that is not closed"),
        ("a,b;c;d\n1,5;2;3;4\n2,5;3;4;5\n", "has 4 values in line 2 where the heading has 3"),
        ("a;A\n1;2\n", "has the column A, a more than once"),
        ("1;2\n3;4\n", "has numbers where its heading should be"),
        (b"a;b\n1;\x00\n", "holds 1 NUL characters"),
        ("a;b\nø;ø\n".encode()[:-2], "ends within a character"),
        ("a;b\nø;".encode() + b"\xe6\n", "mixes UTF-8 with another encoding"),
        (b"\xff\xfea\x00;", "looks like UTF-16 LE but is not, or was cut off"),
        ("a;b\n1;" + "x" * 3_000_000 + "\n", "a row in line 2 of more than two million characters"),
    ],
)
def test_a_bad_text_file_is_refused_in_a_sentence(tmp_path: Path, content: str | bytes, said: str) -> None:
    """The message names the file, the line and the fault, and never a value."""
    with pytest.raises(BadData, match=said) as fault:
        read(written(tmp_path / "a.csv", content))
    assert str(fault.value).startswith("a.csv")
    assert "\n" not in str(fault.value)


def test_a_bad_workbook_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """No workbook, one without results, with values beside the table, with several sheets, or encrypted."""
    with pytest.raises(BadData, match="is no Excel workbook or is damaged"):
        read(written(tmp_path / "a.xlsx", b"PK\x03\x04 but no more"))
    with pytest.raises(BadData, match="1 formulas of the sheet Ark1 have no stored result"):
        read(workbook(tmp_path / "b.xlsx", [["a"], ["=1+1"]]))
    with pytest.raises(BadData, match="values beyond the 1 columns of its heading"):
        read(workbook(tmp_path / "c.xlsx", [["Titel"], ["a", "b"], [1, 2]]))
    with pytest.raises(BadData, match="has a password"):
        read(written(tmp_path / "d.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 100))
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.create_sheet("To").append(["b"])
    book.save(tmp_path / "e.xlsx")
    with pytest.raises(BadData, match="has 2 sheets: say which one with table=; there are Sheet, To"):
        read(tmp_path / "e.xlsx")
    with pytest.raises(BadData, match="has no sheet Tre"):
        read(tmp_path / "e.xlsx", table="Tre")


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """By what it declares: memory does not grow by what it would unpack to."""
    with zipfile.ZipFile(workbook(tmp_path / "a.xlsx", [["a"], [1]]), "a", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet9.xml", b" " * 60_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadData, match="would unpack to 60 MB"):
        read(tmp_path / "a.xlsx")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
    with zipfile.ZipFile(workbook(tmp_path / "b.xlsx", [["a"], [1]]), "a") as evil:
        evil.writestr("xl/evil.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(BadData, match="defines entities of its own"):
        read(tmp_path / "b.xlsx")


@pytest.mark.parametrize("kind", ["parquet", "feather", "sav", "zsav", "dta", "sas7bdat", "duckdb"])
def test_a_file_of_another_kind_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    """A file whose name promises what it does not hold."""
    with pytest.raises(BadData, match=f"^a.{kind} "):
        read(written(tmp_path / f"a.{kind}", "a;b\n1;2\n" * 200))


def test_dates_outside_the_calendar_are_refused(tmp_path: Path) -> None:
    """The message names column and count."""
    pyreadstat.write_sav(pd.DataFrame({"d": [1e20, 5.0]}), tmp_path / "a.sav", variable_format={"d": "DATE11"})
    with pytest.raises(BadData, match="the column d has 1 dates outside the years 1 to 9999"):
        read(tmp_path / "a.sav")


def test_what_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    """An ambiguous or mixed column is stated, and not read until the caller says how."""
    source = read(written(tmp_path / "a.csv", "a;b\n1.234;1,5\n5.678;1.5\n"))
    assert source.styles == {"a": "ambiguous", "b": "mixed"}
    for column in "ab":
        with pytest.raises(BadData, match=f"numbers of the column {column} can be read in two ways"):
            number(source.table[column], source.styles[column])


def test_other_files_and_urls_are_refused_with_those_that_work(tmp_path: Path) -> None:
    """The message names what can be read; a password in a URL is not repeated."""
    with pytest.raises(BadData, match=r"is of no kind that can be read: its name should end with one of \.csv"):
        read(written(tmp_path / "a.pdf", b"%PDF"))
    with pytest.raises(BadData, match=r"There is no file b\.csv"):
        read(tmp_path / "b.csv")
    with pytest.raises(BadData, match="from a mysql:// URL: postgres:// and duckdb:// work") as fault:
        read("mysql://me:hemmelig@host/db")
    assert "hemmelig" not in str(fault.value)
