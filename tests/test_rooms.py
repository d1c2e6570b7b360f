"""Data rooms of raw exports: what evaluators really have becomes tables, and every row is accounted for."""

import csv
import io
import json
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random

import duckdb
import openpyxl
import pandas as pd
import pytest
from mutate import BYTES, CELLS

from frikommune import open_room
from frikommune.dataroom import Report, TableReport, check
from frikommune.disclosure import Secret
from frikommune.errors import BadData, UnknownName
from frikommune.municipalities import municipalities
from frikommune.shipped import data_file

SECRET = Secret(b"sixteen bytes or more")
WEEKS = "person_key;kommune_kode;" + ";".join(f"y_17{week:02d}" for week in range(1, 27))
DREAM = "\n".join(
    [
        WEEKS,
        "a;851;" + ";".join(["890"] * 6 + [""] * 20),
        "b;860;" + ";".join([""] * 3 + ["130"] * 3 + ["870"] * 20),
        "c;999;" + ";".join(["890"] * 3 + [""] * 23),
        "d;851;" + ";".join([""] * 26),
    ]
)
RULE = '[dream]\ngap_rule = "weeks"\nweeks = 4\n'
ADOPTION = "trial;kommune_kode;start\nrehab_jaf;851;2018-01-01\n"
BFL = "person_key;month;hours\na;201701;160,33\na;201702;80\nz;201701;10\na;nej;10\n"
PEOPLE = "person_key;kommune_kode\na;851\nb;860\n"
DATASET = (
    "respondentid;kom;s_1;stato_1;stato_4\n101;Aalborg;5;0;1\n102;Rebild;2;0;1\n103;Rebild;;1;1\n104;Rebild;1;0;1\n"
)
STRUCTURE = (
    "questionName;variableName;questionType;subType;questionText;choiceValue;choiceText\n"
    "s_1;s_1;Closed;Single;Tilfreds?;;\nkom;kom;Background;Single;Kommune;;\n"
    "statoverall;stato_1;Internal;Multiple;Status;1;Ny\nstatoverall;stato_4;Internal;Multiple;Status;4;Gennemført\n"
)
LABELS = "s_1;1;1\ns_1;2;Utilfreds\ns_1;5;Tilfreds\n"
SURVEY = 'trial = "rehab_jaf"\nrole = "caseworker"\nkommune = "kom"\n'


def room_of(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def table(report: Report, name: str) -> TableReport:
    (found,) = (each for each in report.tables if each.table == name)
    return found


def official(period: str, *, codes: slice = slice(None), add: float = 0, figure: str = "") -> str:
    chosen = list(municipalities().values())[codes]
    rows = [f"{each.name};{period};{figure or each.population + add:}" for each in chosen]
    return "\n".join(["område;tid;indhold", f"Hele landet;{period};5000000", *rows]) + "\n"


def answer(*periods: str) -> str:
    rows = [[period, area, 1.5] for period in periods for area in ("Hele landet", "Aalborg", "Rebild")]
    return json.dumps({"columns": ["Periode", "Område", "Antal"], "rows": rows})


def lines(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.reader(handle, delimiter=";"))


def accounted(found: TableReport) -> bool:
    return found.rows == found.kept + found.rejected


# Claims


def test_a_dream_extract_becomes_spells_and_months(tmp_path: Path) -> None:
    """A file with week columns is DREAM; what has no municipality is rejected by the number of the person's row."""
    room = room_of(tmp_path / "room", register__csv=DREAM, room__toml=RULE)
    report = check(room, rejects=tmp_path / "rejects", out=tmp_path / "out", secret=SECRET)
    spells, months = table(report, "spells"), table(report, "months")
    assert (report.exit_code, report.unknown) == (1, ())
    assert (spells.made_of, spells.rows, spells.kept, spells.rejected) == (4, 4, 3, 1)
    assert (months.made_of, months.rows, months.kept) == (4, 4 * 6, 3 * 6)
    assert spells.faults[0].first_rows == (3,)
    assert months.faults[0].first_rows == (3,)
    assert lines(tmp_path / "rejects" / "spells.csv")[1][:2] == ["register.csv", "3"]
    assert any("gap rule: A spell goes on across up to 4 weeks" in each for each in spells.notes)
    opened = open_room(tmp_path / "out")
    assert opened.tables == ("spells", "months")
    held = opened.table("spells").to_pyarrow().to_pandas()
    assert set(held["exit_to"].dropna()) == {"self_support", "job_clarification"}
    assert not set(held["person_key"]) & {"a", "b"}


def test_bfl_becomes_months(tmp_path: Path) -> None:
    """Paid hours become shares of the population; strangers are set aside, what cannot be read is a fault."""
    settings = '[bfl]\npopulation = "people.csv"\n'
    room = room_of(tmp_path / "room", hours__csv=BFL, people__csv=PEOPLE, room__toml=settings)
    report = check(room, rejects=tmp_path / "rejects")
    found = table(report, "months")
    assert (report.exit_code, report.unknown) == (1, ())
    assert (found.made_of, found.rows, found.kept) == (4, 4, 4)
    assert found.set_aside == {"persons whom the population does not hold": 1}
    assert found.unread == {"no person key, month or hours that can be read": 1}
    assert lines(tmp_path / "rejects" / "months.csv")[1:] == [
        ["hours.csv", "4", "no person key, month or hours that can be read"]
    ]


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("system", ["momentum", "fasit"])
def test_a_case_export_is_read_by_its_mapping(tmp_path: Path, system: str, *, own: bool) -> None:
    """The mapping beside it, named after the export or simply columns.toml, makes an export the table cases."""
    room, example = tmp_path / "room", data_file(f"examples/{system}")
    room.mkdir()
    shutil.copy(example / "export_synthetic.csv", room / "export.csv")
    shutil.copy(example / "columns.toml", room / ("export.columns.toml" if own else "columns.toml"))
    room_of(room, room__toml='[cases."export*"]\ntrial = "rehab_jaf"\n')
    report = check(room, rejects=tmp_path / "rejects", out=tmp_path / "out")
    found = table(report, "cases")
    assert report.unknown == ()
    assert accounted(found)
    assert found.kept > 20
    rejected = lines(tmp_path / "rejects" / "cases.csv")[1:] if found.rejected else []
    assert len(rejected) == found.rejected == sum(found.unread.values()) + found.examined.rejected_rows  # type: ignore[union-attr]
    held = open_room(tmp_path / "out").table("cases").to_pyarrow().to_pandas()
    assert set(held["trial"]) == {"rehab_jaf"}


def test_exports_of_several_municipalities_go_together(tmp_path: Path) -> None:
    """Two exports without a row in common are one table; with one, nothing of the second is kept."""
    mapping = (
        'system = "x"\nkommune_kode = {code}\ndates = ["%Y-%m-%d"]\n[columns]\nperson_key = "p"\ntarget_group = "g"\n'
        'opened = "o"\n[waiver]\ncolumn = "w"\nused = ["ja"]\n'
    )
    export = "p;g;o;w\na;x;2019-01-01;ja\nb;x;2019-02-01;nej\n"
    room = room_of(tmp_path / "room", one__csv=export, two__csv=export)
    room_of(room, one__columns__toml=mapping.format(code=851), two__columns__toml=mapping.format(code=860))
    assert check(room, out=tmp_path / "out").exit_code == 0
    assert open_room(tmp_path / "out").table("cases").count().to_pyarrow().as_py() == 4
    report = check(room_of(room, two__columns__toml=mapping.format(code=851)))
    assert [each.kept for each in report.tables] == [2, 0]
    assert "one.csv and two.csv share 2 rows of cases" in report.problems[0]


def test_surveyxact_in_three_files_and_in_a_workbook(tmp_path: Path) -> None:
    """The three files, or the three sheets, become the table survey; rows that cannot be read are in the rejects."""
    room = room_of(tmp_path / "room", d__csv=DATASET, s__csv=STRUCTURE, l__csv=LABELS, survey__toml=SURVEY)
    report = check(room, rejects=tmp_path / "rejects")
    found = table(report, "survey")
    assert (report.exit_code, report.unknown) == (1, ())
    assert (found.made_of, found.rows, found.kept) == (4, 3, 3)
    assert found.unread == {"not exactly one status": 1}
    assert lines(tmp_path / "rejects" / "survey.csv")[1:] == [["d.csv", "3", "not exactly one status"]]
    book = openpyxl.Workbook()
    for title, text in (("Dataset", DATASET), ("Structure", STRUCTURE), ("Labels", "variable;value;label\n" + LABELS)):
        sheet = book.create_sheet(title)
        for row in csv.reader(text.splitlines(), delimiter=";"):
            sheet.append(row)
    (tmp_path / "book").mkdir()
    del book["Sheet"]
    book.save(tmp_path / "book" / "export.xlsx")
    again = check(room_of(tmp_path / "book", survey__toml=SURVEY))
    assert table(again, "survey").kept == 3


def test_a_flat_survey_has_a_mapping_of_its_own(tmp_path: Path) -> None:
    """A flat survey is named by its mapping file, with the columns that are items."""
    mapping = SURVEY + 'items = ["q1", "q2"]\nrespondent = "id"\n'
    report = check(
        room_of(tmp_path, svar__csv="id;kom;q1;q2\n1;Aalborg;5;4\n2;Rebild;3;\n", svar__survey__toml=mapping)
    )
    assert (report.exit_code, table(report, "survey").kept) == (0, 4)


def test_jobindsats_as_json_and_csv(tmp_path: Path) -> None:
    """An answer of jobindsats becomes municipal figures once somebody says which; rolling years are kept apart."""
    settings = '[official."y25*"]\nindicator = "weeks"\nkind = "Q"\n'
    room = room_of(tmp_path / "room", y25i07__json=answer("2019Q1", "2019QMAT1"), room__toml=settings)
    report = check(room, rejects=tmp_path / "rejects", out=tmp_path / "out")
    found = table(report, "municipal")
    assert (report.exit_code, found.rows, found.kept, found.rejected) == (0, 6, 2, 4)
    assert found.set_aside == {"other area: Hele landet": 1, "another kind of period: 2019QMAT1": 3}
    assert [row[1] for row in lines(tmp_path / "rejects" / "municipal.csv")[1:]] == ["1", "4", "5", "6"]
    assert open_room(tmp_path / "out").holds("weeks")
    text = "\ufeffPeriode;Område;Antal\r\nJan 2019;Aalborg;1,5\r\nJan 2019;Rebild;-\r\n"
    other = check(room_of(tmp_path / "csv", y25i07__csv=text, room__toml=settings.replace('"Q"', '"M"')))
    assert (table(other, "municipal").kept, table(other, "municipal").rejected) == (1, 1)
    assert any(
        '"-" in 1 rows of municipalities, taken as no figure' in each for each in table(other, "municipal").notes
    )


def test_extracts_of_one_table_are_joined(tmp_path: Path) -> None:
    """Two extracts of one table make one series; a figure that both hold alike is counted once."""
    room = room_of(tmp_path / "room", auk01_a__csv=official("2019K1"), auk01_b__csv=official("2019K2"))
    assert [each.kept for each in check(room, out=tmp_path / "out").tables] == [98, 98]
    assert len(open_room(tmp_path / "out").municipal) == len(open_room(room).municipal) == 196
    report = check(room_of(room, auk01_b__csv=official("2019K1")))
    assert (report.exit_code, [each.kept for each in report.tables]) == (0, [98, 0])
    assert report.tables[1].set_aside["the same figure as in another file"] == 98
    halves = room_of(tmp_path / "halves", auk01_a__csv=official("2019K1", codes=slice(50)))
    assert "50 of the 98" in check(halves).tables[0].unusable
    assert check(room_of(halves, auk01_b__csv=official("2019K1", codes=slice(50, None)))).exit_code == 0


def test_a_figure_said_differently_is_a_fault(tmp_path: Path) -> None:
    """Where two extracts differ neither is kept: file, municipality and period are named, and the rows rejected."""
    other = official("2019K1").replace("Aalborg;2019K1;", "Aalborg;2019K1;9")
    room = room_of(tmp_path / "room", auk01_a__csv=official("2019K1"), auk01_b__csv=other)
    report = check(room, rejects=tmp_path / "rejects")
    assert (report.exit_code, [each.kept for each in report.tables]) == (1, [97, 0])
    assert "another figure than auk01_b.csv (Aalborg 2019Q1): none of them is kept" in str(report.tables[0].faults[0])
    assert all(map(accounted, report.tables))
    with pytest.raises(BadData, match=r"another figure than auk01_b.csv \(Aalborg 2019Q1\)"):
        open_room(room)


def test_official_rows_set_aside_are_in_the_rejects(tmp_path: Path) -> None:
    """Every official row that is not kept stands in the rejects file, with its number and the reason."""
    text = official("2019K1", figure="7").replace("Aalborg;2019K1;7", "Aalborg;2019K1;..")
    report = check(room_of(tmp_path / "room", lbesk69__csv=text), rejects=tmp_path / "rejects")
    found = table(report, "municipal")
    rows = lines(tmp_path / "rejects" / "municipal.csv")[1:]
    assert len(rows) == found.rejected == 2
    assert rows[0] == ["lbesk69.csv", "1", "an area that is no municipality"]
    assert rows[1][2] == "no figure"


def test_what_a_dash_means_is_stated(tmp_path: Path) -> None:
    """In a table of counts "-" is nil and becomes 0, elsewhere it is no figure; either is counted."""
    dashed = official("2019K1", figure="7").replace("Aalborg;2019K1;7", "Aalborg;2019K1;-")
    report = check(room_of(tmp_path, auk01__csv=dashed, lbesk69__csv=dashed))
    assistance, employees = (
        next(each for each in report.tables if each.indicator == key) for key in ("social_assistance", "employees")
    )
    assert (assistance.kept, employees.kept) == (98, 97)
    assert '"-" in 1 rows of municipalities, taken as nil (0)' in assistance.notes
    assert '"-" in 1 rows of municipalities, taken as no figure' in employees.notes


def test_provenance_is_known_and_held_to_the_file(tmp_path: Path) -> None:
    """The provenance beside a fetched table is no unknown file, and a table that was changed since is told."""
    told = json.dumps({"fetched": "2024-03-01T10:00:00+00:00", "sha256": "0" * 64})
    report = check(room_of(tmp_path, auk01_x__csv=official("2019K1"), auk01_x__csv__provenance__json=told))
    assert report.unknown == ()
    assert any("fetched 2024-03-01, and changed since then" in each for each in report.tables[0].notes)


def test_a_checked_room_gives_every_table(tmp_path: Path) -> None:
    """What a check wrote is opened with its tables in the contract's types, official figures included."""
    room = room_of(tmp_path / "room", adoption__csv=ADOPTION, auk01__csv=official("2019K1"))
    check(room, out=tmp_path / "out")
    opened = open_room(tmp_path / "out")
    assert opened.tables == ("municipal", "adoption")
    assert opened.table("adoption").to_pyarrow().to_pylist()[0]["kommune_kode"] == 851
    assert opened.holds("social_assistance")
    assert (opened.files[0].name, opened.files[0].kept, opened.files[0].others) == ("auk01.csv", 98, 1)
    pd.testing.assert_frame_equal(
        opened.municipal.sort_values(list(opened.municipal.columns), ignore_index=True),
        open_room(room).municipal.sort_values(list(opened.municipal.columns), ignore_index=True),
        check_dtype=False,
    )


def test_tables_of_a_database_that_are_not_ours_are_named(tmp_path: Path) -> None:
    """A table or view that is no table of a data room is named, and not read."""
    with duckdb.connect(str(tmp_path / "room.duckdb")) as engine:
        engine.execute(
            "CREATE TABLE adoption AS SELECT 'rehab_jaf' AS trial, 851 AS kommune_kode, DATE '2018-01-01' AS start"
        )
        engine.execute("CREATE TABLE notes AS SELECT 1 AS x")
        engine.execute("CREATE VIEW looked AS SELECT 1 AS x")
    report = check(tmp_path / "room.duckdb")
    assert (report.exit_code, report.unknown) == (0, ("looked", "notes"))


def test_more_person_keys_can_be_named(tmp_path: Path) -> None:
    """A CPR number in another column is a fault of its row; named as a key it is hashed, and the row is kept."""
    text = "person_key;spouse;kommune_kode;target_group;opened\na;0101701234;851;x;2019-01-01\n"
    room = room_of(tmp_path, cases__csv=text)
    assert check(room, secret=SECRET).exit_code == 1
    assert check(room, secret=SECRET, person_keys=["spouse"]).exit_code == 0


def test_keys_are_hashed_whatever_the_case_of_their_heading(tmp_path: Path) -> None:
    """A column "Person Key" was taken as person_key and stayed as it was: it fitted no other table of the room."""
    text = "person_key;kommune_kode;target_group;opened\na;851;x;2019-01-01\n"
    keys = []
    for heading in ("person_key", "Person Key"):
        room = room_of(tmp_path / heading, cases__csv=text.replace("person_key", heading))
        assert check(room, out=tmp_path / f"out {heading}", secret=SECRET).exit_code == 0
        keys += open_room(tmp_path / f"out {heading}").table("cases").to_pyarrow()["person_key"].to_pylist()
    assert keys[0] == keys[1] != "a"


@pytest.mark.parametrize("option", [[], ["--json"]], ids=["lines", "json"])
def test_a_closed_pipe_ends_the_command_without_a_word(tmp_path: Path, option: list[str]) -> None:
    """Behind `| head` the command stops as other tools do: no traceback, and no code that means faults."""
    room_of(tmp_path, adoption__csv=ADOPTION, **{f"{'x' * 90}{n}__foo": "" for n in range(20)})
    command = [sys.executable, "-m", "frikommune", "check", str(tmp_path), *option]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()  # before the first word: a pipe may hold much
        said = running.stderr.read()
    assert (running.returncode, said) == (141, b"")


# Refusals


@pytest.mark.parametrize(
    ("files", "table_name", "sentence"),
    [
        ({"x__csv": DREAM}, "spells", "say in room.toml how its weeks become spells"),
        ({"x__csv": DREAM, "room__toml": '[dream]\ngap_rule = "weeks"\n'}, "spells", "needs a number of weeks"),
        ({"x__csv": DREAM, "room__toml": RULE + 'codes = "mine.csv"\n'}, "spells", "names mine.csv, and there is no"),
        ({"x__csv": BFL}, "months", "name in room.toml the file that says whom the study holds"),
        ({"x__json": answer("2019Q1")}, "municipal", "name its indicator in room.toml"),
        ({"x__csv": official("2019K1")}, "municipal", "name its indicator in room.toml"),
        ({"x__csv": DATASET}, "survey", "say its trial and role in a file survey.toml"),
        ({"x__csv": DATASET, "survey__toml": SURVEY}, "survey", "one structure file and one labels file"),
        ({"auk01__csv": official("2019K1", codes=slice(97))}, "municipal", "97 of the 98 municipalities"),
    ],
)
def test_what_a_parser_needs_is_asked_for_in_a_sentence(
    tmp_path: Path, files: dict[str, str], table_name: str, sentence: str
) -> None:
    """A raw export without the setting that it needs is unusable, and the sentence says what to write where."""
    report = check(room_of(tmp_path, **files))
    assert report.exit_code == 2
    assert sentence in table(report, table_name).unusable


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"spells__csv": "x", "x__csv": DREAM, "room__toml": RULE}, "spells.csv, x.csv all hold spells: none was read"),
        ({"x__csv": DREAM, "y__csv": BFL, "room__toml": RULE}, "say tables = [...] under [dream] in room.toml"),
        ({"x__csv": WEEKS + ";month;hours\n"}, "x.csv has the columns of a DREAM extract and BFL: it was not read"),
        ({"columns__toml": 'system = "x"\n'}, "columns.toml: "),
        ({"a__columns__toml": ""}, "a.columns.toml stands alone"),
        ({"survey__toml": SURVEY}, "survey.toml fits no file"),
        ({"room__toml": '[official."zz*"]\nindicator = "x"\n'}, 'room.toml: [official."zz*"] fits no file'),
    ],
)
def test_what_is_doubled_or_ambiguous_is_a_problem(tmp_path: Path, files: dict[str, str], problem: str) -> None:
    """Two sources of one table, a file that fits two descriptions and a mapping for nothing are said, not guessed."""
    report = check(room_of(tmp_path, **files))
    assert report.exit_code in (1, 2)
    assert problem in " ".join(report.problems)


def test_dream_beside_bfl_gives_spells_only_when_told(tmp_path: Path) -> None:
    """With tables = ["spells"] a DREAM extract leaves months to BFL."""
    settings = RULE + 'tables = ["spells"]\n[bfl]\npopulation = "people.csv"\n'
    report = check(room_of(tmp_path, x__csv=DREAM, y__csv=BFL, people__csv=PEOPLE, room__toml=settings))
    assert [each.table for each in report.tables] == ["spells", "months"]
    assert report.problems == ()


def test_settings_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    """A mistyped setting is named with the nearest that exists, in nested parts too."""
    with pytest.raises(UnknownName, match="gap_rule"):
        check(room_of(tmp_path, room__toml=RULE.replace("gap_rule", "gaprule")))
    with pytest.raises(UnknownName, match="indicator"):
        check(room_of(tmp_path, room__toml='[official."x"]\nindicater = "y"\n'))


def test_a_room_that_is_not_as_the_check_wrote_it_is_refused(tmp_path: Path) -> None:
    """A table that was replaced, or a manifest that is none, is refused; so is a table that is not there."""
    out = tmp_path / "out"
    check(room_of(tmp_path / "room", adoption__csv=ADOPTION), out=out)
    with pytest.raises(BadData, match="The data room has no table spells: it has adoption"):
        open_room(out).table("spells")
    duckdb.sql("SELECT 1 AS x").write_parquet(str(out / "adoption.parquet"))  # type: ignore[union-attr]
    with pytest.raises(BadData, match=r"adoption\.parquet has 1 rows and the check kept 1, or its columns"):
        open_room(out)
    (out / "adoption.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadData, match="damaged"):
        open_room(out)
    (out / "check.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadData, match="is not what a check writes"):
        open_room(out)


# Fuzz

# One row each: what rows have to do with each other is tried elsewhere, and costs most of the time.
SOUND = {
    "cases.csv": "person_key;kommune_kode;target_group;opened;waiver_used\na;851;x;2019-01-01;ja\n",
    "spells.csv": "person_key;kommune_kode;benefit;start;end\na;851;x;2019-01-07;2019-02-03\n",
    "months.csv": "person_key;kommune_kode;month;employment_share\na;851;2019M01;0,5\n",
    "municipal.csv": "kommune_kode;period;indicator;value;n\n851;2019K1;x;1,5;10\n",
    "uptake.csv": "trial;kommune_kode;period;eligible;used\nrehab_jaf;851;2018K1;100;12\n",
    "adoption.csv": ADOPTION,
    "survey.csv": "respondent;kommune_kode;trial;role;wave;item;answer\n1;851;rehab_jaf;citizen;1;q;5\n",
}
RAW = {
    "register.csv": DREAM,
    "hours.csv": BFL,
    "people.csv": PEOPLE,
    "y25i07.json": answer("2019Q1"),
    "export.csv": "p;g;o;w\na;x;2019-01-01;ja\nb;x;2019-02-01;nej\n",
    "dataset.csv": DATASET,
    "structure.csv": STRUCTURE,
    "labels.csv": LABELS,
}
HELP = {
    "room.toml": RULE
    + 'tables = ["spells"]\n[bfl]\npopulation = "people.csv"\n[official."y25i07*"]\nindicator = "weeks"\n',
    "export.columns.toml": 'system = "x"\nkommune_kode = 851\ndates = ["%Y-%m-%d"]\n[columns]\nperson_key = "p"\n'
    'target_group = "g"\nopened = "o"\n[waiver]\ncolumn = "w"\nused = ["ja"]\n',
    "survey.toml": SURVEY,
}


def spoiled(name: str, text: str, draw: Random) -> bytes:
    """Spoil a file in its cells or its bytes; one of five is left as it is."""
    if draw.random() < 0.2:
        return text.encode()
    if name.endswith(".json") or draw.random() < 0.5:
        return draw.choice(BYTES)(text.encode(), draw)
    out = io.StringIO()
    cells = draw.choice(CELLS)([list(row) for row in csv.reader(text.splitlines(), delimiter=";")], draw)
    csv.writer(out, delimiter=";", lineterminator="\n").writerows(cells)
    return out.getvalue().encode(errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize(("files", "rooms"), [(SOUND, 8), (RAW, 31)], ids=["tables", "exports"])
def test_spoiled_rooms_end_in_a_report(tmp_path: Path, files: dict[str, str], rooms: int) -> None:
    """Three hundred and more spoiled tables: each kept and rejected row by row, or unusable with one sentence."""
    usable = unusable = 0
    for number in range(rooms):
        draw, room = Random(zlib.crc32(f"room {len(files)} {number}".encode())), tmp_path / str(number)
        room.mkdir()
        for name, text in files.items():
            (room / name).write_bytes(spoiled(name, text, draw))
        for name, text in HELP.items() if files is RAW else ():
            (room / name).write_text(text, encoding="utf-8")
        written = room / "rejects" if number % 4 == 0 else None
        report = check(room, rejects=written, out=written and room / "out")
        assert report.tables
        json.dumps(report.as_dict())
        for each in report.tables:
            what = f"{number} {each.table} {each.file}"
            assert each.unusable or accounted(each), what
            assert not each.unusable or (each.unusable.endswith((".", "?")) and "\n" not in each.unusable), what
            unusable, usable = unusable + bool(each.unusable), usable + (not each.unusable)
    assert usable > 20
    assert unusable > 5
