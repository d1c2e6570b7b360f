"""Data rooms: what is there, what is wrong, and what is kept."""

import csv
import json
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis import _

from frikommune import dataroom
from frikommune.cells import cells
from frikommune.dataroom import Report, TableReport, check, write_templates
from frikommune.errors import BadData
from frikommune.municipalities import municipalities
from frikommune.schema import contracts
from frikommune.sources import CACHE
from frikommune.trials import EARLIEST_ROUND

ADOPTION = "trial;kommune_kode;start;end\nrehab_jaf;851;2018-01-01;\nrehab_jaf;860;2018-02-01;2019-12-31\n"
UPTAKE = "trial;kommune_kode;period;eligible;used\nrehab_jaf;851;2018K1;1.000;12\nrehab_jaf;851;2018K2;10;12\n"


def room_of(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def table(report: Report, name: str) -> TableReport:
    return next(each for each in report.tables if each.table == name)


def official() -> str:
    rows = [f"{each.name};2019K1;{each.population}" for each in municipalities().values()]
    return "\n".join(["område;tid;indhold", "Hele landet;2019K1;5000000", *rows]) + "\n"


# Claims


def test_nan_in_a_parquet_file_is_a_missing_value(tmp_path: Path) -> None:
    """Statistics of Parquet pass NaN by, and the engine believed them: a row was rejected, or the read ended."""
    nan = float("nan")
    columns = {"person_key": ["a", "b"], "kommune_kode": [851.0, 860.0], "month": ["2019M01", "2019M02"]}
    (tmp_path / "room").mkdir()
    pq.write_table(
        pa.table({**columns, "employment_share": [0.5, nan], "self_supporting": [1.0, nan]}),
        tmp_path / "room" / "months.parquet",
    )
    found = table(check(tmp_path / "room"), "months")
    assert (found.rows, found.kept, found.faults) == (2, 2, ())
    assert found.good is not None
    assert found.good.to_pyarrow()["employment_share"].to_pylist() == [0.5, None]


def test_nan_in_a_parquet_file_is_a_missing_value(tmp_path: Path) -> None:
    """Statistics of a Parquet file pass NaN by, and the engine believed them: the row was rejected, or the read ended."""
    nan = float("nan")
    columns = {"person_key": ["a", "b"], "kommune_kode": [851.0, 860.0], "month": ["2019M01", "2019M02"]}
    (tmp_path / "room").mkdir()
    pq.write_table(
        pa.table({**columns, "employment_share": [0.5, nan], "self_supporting": [1.0, nan]}),
        tmp_path / "room" / "months.parquet",
    )
    found = table(check(tmp_path / "room"), "months")
    assert (found.rows, found.kept, found.faults) == (2, 2, ())
    assert found.good is not None
    assert found.good.to_pyarrow()["employment_share"].to_pylist() == [0.5, None]


def test_a_clean_room_is_clean(tmp_path: Path) -> None:
    """A room without faults has exit code 0, and says rows, period and municipalities."""
    report = check(room_of(tmp_path, adoption__csv=ADOPTION))
    found = table(report, "adoption")
    assert report.exit_code == 0
    assert (found.rows, found.kept, found.rejected) == (2, 2, 0)
    assert found.period == ("2018-01", "2019-12")
    assert found.covered == (851, 860)
    assert len(found.missing) == 96
    assert "Aarhus" in found.missing


def test_faults_are_counted_and_rejected_with_the_reason(tmp_path: Path) -> None:
    """A faulty row is in the rejects by number and reason, without any of its values, and the others are kept."""
    room, rejects, out = room_of(tmp_path / "room", uptake__csv=UPTAKE), tmp_path / "rejects", tmp_path / "checked"
    report = check(room, rejects=rejects, out=out)
    assert report.exit_code == 1
    with (rejects / "uptake.csv").open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.reader(handle, delimiter=";"))
    assert lines == [["file", "row", "reasons"], ["uptake.csv", "2", "eligible: a use above the eligible"]]
    assert pq.read_table(out / "uptake.parquet").to_pylist() == [
        {"trial": "rehab_jaf", "kommune_kode": 851, "period": "2018Q1", "eligible": 1000, "used": 12}
    ]
    assert json.loads((out / "check.json").read_text(encoding="utf-8"))["tables"][0]["kept"] == 1


def test_strict_keeps_nothing_when_anything_is_wrong(tmp_path: Path) -> None:
    """One fault anywhere, and no row of any table is kept: each is in the rejects."""
    room = room_of(tmp_path / "room", uptake__csv=UPTAKE, adoption__csv=ADOPTION)
    report = check(room, rejects=tmp_path / "rejects", out=tmp_path / "checked", strict=True)
    assert [(each.kept, each.rejected) for each in report.tables] == [(0, 2), (0, 2)]
    assert not (tmp_path / "checked").exists()
    assert (tmp_path / "rejects" / "adoption.csv").read_text(encoding="utf-8-sig").count("(strict)") == 2


def test_strict_changes_nothing_in_a_clean_room(tmp_path: Path) -> None:
    """Without a fault, strict keeps every row."""
    report = check(room_of(tmp_path, adoption__csv=ADOPTION), strict=True)
    assert (report.exit_code, table(report, "adoption").kept) == (0, 2)


def test_a_table_that_cannot_be_used_does_not_hide_the_others(tmp_path: Path) -> None:
    """A table without a required column is unusable, exit code 2; the others are checked all the same."""
    report = check(room_of(tmp_path, adoption__csv=ADOPTION, uptake__csv="trial;kommune\nrehab_jaf;851\n"))
    assert report.exit_code == 2
    assert table(report, "adoption").kept == 2
    assert "lacks the required columns kommune_kode, period, used" in table(report, "uptake").unusable
    assert table(report, "uptake").rejected == 1


def test_a_table_that_cannot_be_used_says_why_in_its_rejects(tmp_path: Path) -> None:
    """Every row of it is in the rejects, with the reason; the report has it as a fault."""
    room = room_of(tmp_path / "room", uptake__csv="trial;kommune\nrehab_jaf;851\nrehab_jaf;860\n")
    report = check(room, rejects=tmp_path / "rejects")
    lines = (tmp_path / "rejects" / "uptake.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 3
    assert all("uptake lacks the required columns kommune_kode, period, used" in each for each in lines[1:])
    assert [each.rule for each in table(report, "uptake").faults] == ["unusable"]


def test_cpr_numbers_and_ragged_lines_do_not_stop_a_check(tmp_path: Path) -> None:
    """Rows with a CPR number and lines that are no rows are rejected with the reason; the rest is kept."""
    head = "person_key;kommune_kode;target_group;opened;note\n"
    rows = ["a;851;x;2019-01-01;ok", "b;851;x;2019-01-01;ring til 010170-1234", "c;851;x", "d;851;x;2019-01-01;"]
    room = room_of(tmp_path / "room", cases__csv=head + "\n".join(rows) + "\n")
    report = check(room, rejects=tmp_path / "rejects", out=tmp_path / "checked")
    found = table(report, "cases")
    assert (report.exit_code, found.unusable) == (1, "")
    assert (found.rows, found.kept, found.rejected) == (4, 2, 2)
    assert {(each.column, each.rule, each.count, each.first_rows) for each in found.faults} == {
        ("note", "cpr", 1, (2,)),
        ("", "no_row", 1, (3,)),
    }
    rejects = (tmp_path / "rejects" / "cases.csv").read_text(encoding="utf-8-sig")
    assert "line 4: fewer values than the heading" in rejects
    assert "1234" not in rejects + (tmp_path / "checked" / "check.json").read_text(encoding="utf-8")
    assert sorted(pq.read_table(tmp_path / "checked" / "cases.parquet")["person_key"].to_pylist()) == ["a", "d"]


def test_what_is_no_table_is_named(tmp_path: Path) -> None:
    """A file that is no table of a data room is not read, and is named."""
    report = check(room_of(tmp_path, adoption__csv=ADOPTION, notes__csv="x", adoption__docx="x"))
    assert report.unknown == ("adoption.docx", "notes.csv")
    assert report.exit_code == 0


def test_two_files_for_one_table_are_a_fault(tmp_path: Path) -> None:
    """Of two files for one table neither is read: none can tell which is right."""
    report = check(room_of(tmp_path, adoption__csv=ADOPTION, Adoption__txt=ADOPTION))
    assert report.exit_code == 1
    assert not report.tables
    assert "Adoption.txt, adoption.csv all hold adoption" in report.problems[0]


def test_parquet_and_duckdb_are_data_rooms_too(tmp_path: Path) -> None:
    """A table is found in a Parquet file, and by its name in a DuckDB file, with the same result."""
    row = "SELECT 'rehab_jaf' AS trial, 851 AS kommune_kode, DATE '2018-01-01' AS start"
    with duckdb.connect(str(tmp_path / "room.duckdb")) as engine:
        engine.execute(f"CREATE TABLE adoption AS {row}")
    (tmp_path / "room").mkdir()
    duckdb.sql(row).write_parquet(str(tmp_path / "room" / "adoption.parquet"))  # type: ignore[union-attr]
    of_folder, of_file = check(tmp_path / "room"), check(tmp_path / "room.duckdb")
    assert (of_folder.exit_code, of_file.exit_code) == (0, 0)
    assert table(of_folder, "adoption").kept == table(of_file, "adoption").kept == 1
    assert len(of_file.tables) == 1


def test_official_tables_are_recognised(tmp_path: Path) -> None:
    """A StatBank file is found by its name; areas that are no municipality are set aside and counted."""
    report = check(room_of(tmp_path / "room", lbesk69__csv=official()), out=tmp_path / "checked")
    found = table(report, "municipal")
    assert report.exit_code == 0
    assert (found.rows, found.kept, found.rejected) == (99, 98, 1)
    assert found.set_aside == {"other area: Hele landet": 1}
    again = check(tmp_path / "checked")
    assert (again.exit_code, again.unknown, table(again, "municipal").kept) == (0, (), 98)


def test_official_and_own_figures_go_together(tmp_path: Path) -> None:
    """Figures of the table `municipal` and of official files are one table, unless they hold the same indicator."""
    own = "kommune_kode;period;indicator;value;stratum_sex\n851;2019K1;{};1,5;K\n"
    room = room_of(tmp_path / "room", lbesk69__csv=official(), municipal__csv=own.format("other"))
    assert check(room, out=tmp_path / "checked").exit_code == 0
    assert pq.read_metadata(tmp_path / "checked" / "municipal.parquet").num_rows == 99
    report = check(room_of(room, municipal__csv=own.format("employees")))
    assert report.exit_code == 1
    assert "municipal.csv and lbesk69.csv both hold employees" in report.problems[0]
    assert sorted(each.kept for each in report.tables) == [0, 1]


def test_a_room_without_tables_is_unusable(tmp_path: Path) -> None:
    """An empty folder has exit code 2."""
    assert check(tmp_path).exit_code == 2


def test_templates_are_a_clean_room(tmp_path: Path) -> None:
    """The templates are empty tables that check without a fault; the dictionary is beside them."""
    names = write_templates(tmp_path)
    assert set(names) == {*(f"{name}.csv" for name in contracts()), "dictionary.csv", "dictionary.md", "room.toml"}
    report = check(tmp_path)
    assert (report.exit_code, len(report.tables)) == (0, 7)
    assert report.unknown == ("dictionary.csv", "dictionary.md")


def test_a_repr_shows_shapes_only(tmp_path: Path) -> None:
    """What is printed of a report is counts."""
    report = check(room_of(tmp_path, adoption__csv=ADOPTION))
    assert repr(report) == "Report: 1 tables, 0 faults"
    assert repr(report.tables[0]) == "TableReport adoption: 2 rows, 2 kept, 0 faults"


# Oracles


def test_the_law_allowed_no_start_before_the_first_round() -> None:
    """The contract and the trials agree on the first day on which a waiver could be used."""
    assert contracts()["adoption"]["start"].earliest == EARLIEST_ROUND == date(2017, 7, 1)


# Invariances


def test_a_second_check_writes_the_same(tmp_path: Path) -> None:
    """Checking again replaces what the first check wrote, with the same bytes."""
    room, out = room_of(tmp_path / "room", uptake__csv=UPTAKE), tmp_path / "checked"
    check(room, out=out)
    before = {each.name: each.read_bytes() for each in out.iterdir()}
    check(room, out=out)
    assert {each.name: each.read_bytes() for each in out.iterdir()} == before
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_checked_room_that_was_counted_can_be_checked_anew(tmp_path: Path) -> None:
    """What is remembered beside the tables goes with them, and does not make the folder the user's own."""
    room, out = room_of(tmp_path / "room", adoption__csv=ADOPTION), tmp_path / "out"
    check(room, out=out)
    cells(out / "adoption.parquet", outcomes={"any": _.kommune_kode > 0}, period="start", every="year")
    assert (out / CACHE).is_dir()
    assert check(out).exit_code == 0
    check(room, out=out)
    assert not (out / CACHE).exists()


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is replaced whole or not at all: an end halfway leaves the old one as it was."""
    room, out = room_of(tmp_path / "room", uptake__csv=UPTAKE), tmp_path / "checked"
    check(room, out=out)
    before = {each.name: each.read_bytes() for each in out.iterdir()}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dataroom.writing, "_check_count", stop)
    with pytest.raises(KeyboardInterrupt):
        check(room, out=out)
    assert {each.name: each.read_bytes() for each in out.iterdir()} == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["checked", "room"]


# Refusals


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A room that is not there is named."""
    with pytest.raises(BadData, match="There is no folder"):
        check(tmp_path / "nowhere")


def test_what_no_check_wrote_is_not_replaced(tmp_path: Path) -> None:
    """A folder with files of the user is never replaced, nor is the room itself, nor a file."""
    room = room_of(tmp_path / "room", adoption__csv=ADOPTION)
    mine = room_of(tmp_path / "mine", thesis__txt="x")
    with pytest.raises(BadData, match="holds files that no check wrote"):
        check(room, out=mine)
    with pytest.raises(BadData, match="would replace the tables"):
        check(room, out=room)
    with pytest.raises(BadData, match="is a file: a folder was expected"):
        check(room, rejects=mine / "thesis.txt")
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "x"


def test_templates_never_replace_a_table(tmp_path: Path) -> None:
    """A folder that already holds a table keeps it."""
    room_of(tmp_path, adoption__csv=ADOPTION)
    with pytest.raises(BadData, match=r"already holds adoption\.csv"):
        write_templates(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["adoption.csv"]


def test_a_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report names a database without its user and password."""

    def refuse(*_: object, **__: object) -> None:
        raise BadData("server has no table of that name")

    monkeypatch.setattr("frikommune.dataroom.checking.read", refuse)
    report = check("postgres://me:secret@host:5432/room?x=secret")
    assert report.room == "postgres://host:5432/room"
    assert "secret" not in json.dumps(report.as_dict())
