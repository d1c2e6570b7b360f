from pathlib import Path

import pandas as pd
import pytest
from exported import Rows, rows_of, survives, table, table_of
from ibis.expr.types import Table

from frikommune.errors import BadData, UnknownName, UserError
from frikommune.records import (
    FOUR_WEEKS,
    CaseMapping,
    Cases,
    bfl_months,
    cases,
    dream_spells,
    municipal,
    read_case_mapping,
)
from frikommune.records.mapping import tag_pattern
from frikommune.sources import read

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"

MAPPING = """
system = "test"
dates = ["%d-%m-%Y"]
[columns]
person_key = "Nøgle"
kommune = "Kommune"
target_group = "Gruppe"
opened = "Åbnet"
decided = "Afgjort"
[waiver]
column = "Mærker"
form = "{tag} ({date})"
used = ["Frikommune: A"]
"""
HEADING = "Nøgle;Kommune;Gruppe;Åbnet;Afgjort;Mærker"


def mapping(tmp_path: Path, text: str = MAPPING) -> CaseMapping:
    path = tmp_path / "columns.toml"
    path.write_text(text, encoding="utf-8")
    return read_case_mapping(path)


def export(*lines: str) -> Table:
    return table_of(rows_of("\n".join([HEADING, *lines])))


def frame(found: Cases) -> pd.DataFrame:
    return found.table.to_pyarrow().to_pandas()


def example(system: str, encoding: str) -> tuple[Rows, CaseMapping]:
    folder = EXAMPLES / system
    rows = rows_of((folder / "export_synthetic.csv").read_bytes().decode(encoding))
    return rows, read_case_mapping(folder / "columns.toml")


# Claims


def test_cpr_numbers_and_lines_that_are_no_rows_are_set_aside(tmp_path: Path) -> None:
    """What the reader took out is counted here too, by row and reason, in columns that the mapping lacks as well."""
    rows = ["p1;851;G;01-02-2018;;;ok", "p2;851", "p3;851;G;01-02-2018;;;ring 010170-1234", "p4;851;G;01-02-2018;;;"]
    (tmp_path / "export.csv").write_text("\n".join([HEADING + ";Note", *rows]) + "\n", encoding="utf-8")
    found = cases(read(tmp_path / "export.csv"), mapping(tmp_path))
    assert sorted(frame(found)["row"]) == [1, 4]
    assert found.set_aside.to_numpy().tolist() == [
        [2, "line 3: fewer values than the heading"],
        [3, "a CPR number in Note"],
    ]
    assert (found.rows, found.kept) == (4, 2)


def test_keys_that_were_not_hidden_are_refused(tmp_path: Path) -> None:
    """An export whose keys are CPR numbers is read with a secret, or not at all."""
    (tmp_path / "export.csv").write_text(f"{HEADING}\n010170-1234;851;G;01-02-2018;;\n", encoding="utf-8")
    with pytest.raises(BadData, match="has CPR numbers in its key column Nøgle: read it with keys= and secret="):
        cases(read(tmp_path / "export.csv"), mapping(tmp_path))


@pytest.mark.parametrize(
    ("row", "said"),
    [("a;010170-1234", "holds CPR numbers in the column y_1701"), ("a", "has lines that are no rows of its table")],
)
def test_registers_with_cpr_numbers_or_broken_lines_are_refused(tmp_path: Path, row: str, said: str) -> None:
    """DREAM, BFL and official figures are taken whole, or not at all."""
    (tmp_path / "dream.csv").write_text(f"person_key;y_1701\nb;890\n{row}\n", encoding="utf-8")
    source = read(tmp_path / "dream.csv")
    with pytest.raises(BadData, match=said):
        dream_spells(source, rule=FOUR_WEEKS)
    with pytest.raises(BadData, match=said):
        bfl_months(source, population=source)
    with pytest.raises(BadData, match=said):
        municipal(source, "x")


def test_a_case(tmp_path: Path) -> None:
    """A row becomes a case: key, code, target group, dates, and the first use of the waiver."""
    tags = "Andet (05-01-2018);frikommune: a (03-03-2018);Frikommune: A (02-03-2018)"
    line = f'p1;Aalborg Kommune;Gruppe 1;01-02-2018;;"{tags}"'
    found = cases(export(line), mapping(tmp_path))
    case = frame(found).iloc[0]
    assert (case["person_key"], case["kommune_kode"], case["target_group"]) == ("p1", 851, "Gruppe 1")
    assert [str(case[each]) for each in ("opened", "waiver_date")] == ["2018-02-01", "2018-03-02"]
    assert bool(case["waiver_used"])
    assert case["decided"] is None
    assert found.other_tags == 1
    assert found.uses == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (";Aalborg;G;01-02-2018;;", "no person key"),
        ("p;Region Nordjylland;G;01-02-2018;;", "no municipality of the 98"),
        ("p;081;G;01-02-2018;;", "no municipality of the 98"),
        ("p;Aalborg;;01-02-2018;;", "a target group that the mapping does not name"),
        ("p;Aalborg;G;31-02-2018;;", "a date in Åbnet that cannot be read"),
        ("p;Aalborg;G;01-02-0018;;", "a date in Åbnet that cannot be read"),
        ("p;Aalborg;G;;;", "no date of opening"),
        ("p;Aalborg;G;01-02-2018;snart;", "a date in Afgjort that cannot be read"),
        ("p;Aalborg;G;01-02-2018;;Frikommune: A", "a waiver marked without a date that can be read"),
        ("p;Aalborg;G;01-02-2018;;Frikommune: A (i går)", "a waiver marked without a date that can be read"),
    ],
)
def test_set_aside(tmp_path: Path, line: str, reason: str) -> None:
    """What cannot be read is set aside with its row and reason, and the rows around it are kept."""
    good = "q;0851;G;01-02-2018;01-03-2018;"
    found = cases(export(good, line, good), mapping(tmp_path))
    assert found.set_aside.to_dict("records") == [{"row": 2, "reason": reason}]
    assert found.reasons == {reason: 1}
    assert list(frame(found)["row"]) == [1, 3]
    assert found.rows == 3


def test_two_faults_in_a_row(tmp_path: Path) -> None:
    """A row with two faults is one row set aside, counted under both reasons."""
    found = cases(export(";Ukendt;G;01-02-2018;;"), mapping(tmp_path))
    assert len(found.set_aside) == 1
    assert found.reasons == {"no municipality of the 98": 1, "no person key": 1}


def test_another_tag_with_a_longer_name(tmp_path: Path) -> None:
    """A dated tag whose name only begins like the waiver's is another tag."""
    found = cases(export("p;Aalborg;G;01-02-2018;;Frikommune: A2 (01-03-2018)"), mapping(tmp_path))
    assert found.uses == 0
    assert found.other_tags == 1


def test_unmapped_columns(tmp_path: Path) -> None:
    """A column that the mapping neither names nor ignores is told."""
    text = MAPPING.replace('dates = ["%d-%m-%Y"]', 'ignored = ["Sagsbehandler"]')
    extra = table("\n".join([f"{HEADING};Sagsbehandler;Ny kolonne", "p;Aalborg;G;01-02-2018;;;x;y"]))
    assert cases(extra, mapping(tmp_path, text)).unmapped == ("Ny kolonne",)


def test_momentum_example() -> None:
    """The Momentum example: dated tags, several in a cell, and five rows that cannot be read."""
    rows, about = example("momentum", "utf-8-sig")
    found = cases(table_of(rows), about)
    assert found.rows == 60
    assert list(found.set_aside["row"]) == [10, 20, 30, 40, 50]
    assert len(frame(found)) == found.kept == 55
    kept = [row for place, row in enumerate(rows[1:], start=1) if place not in set(found.set_aside["row"])]
    assert found.uses == sum("uden rehabiliteringsteam" in row[8] for row in kept) > 5
    assert found.unmapped == ()


def test_fasit_example() -> None:
    """The Fasit example: semicolons, cp1252, Danish dates and numbers, one municipality."""
    rows, about = example("fasit", "cp1252")
    found = cases(table_of(rows), about)
    assert (found.rows, list(found.set_aside["row"])) == (40, [5, 15, 25])
    assert set(frame(found)["kommune_kode"]) == {851}
    assert frame(found).set_index("row").loc[1, "hours"] == 23.1


# Invariances


def test_order_of_rows(tmp_path: Path) -> None:
    """The order of rows changes row numbers, and nothing else."""
    lines = [f"p{place};Aalborg;G;0{place}-02-2018;;Frikommune: A (0{place}-03-2018)" for place in range(1, 8)]
    about = mapping(tmp_path)
    one = frame(cases(export(*lines), about)).drop(columns="row")
    other = frame(cases(export(*reversed(lines)), about)).drop(columns="row")
    assert one.sort_values("person_key").to_dict("records") == other.sort_values("person_key").to_dict("records")


# Refusals


def test_missing_column(tmp_path: Path) -> None:
    """A column that the mapping names and the file lacks is answered with the nearest."""
    with pytest.raises(UnknownName, match=r"no column.*'Åbnet'.*Åbnet den"):
        cases(table(HEADING.replace("Åbnet", "Åbnet den") + "\n;;;;;"), mapping(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('person_key = "Nøgle"', "", "columns.person_key is not as expected"),
        ('person_key = "Nøgle"', "person_key = 5", "columns.person_key is not as expected"),
        ('opened = "Åbnet"', 'opened = "Åbnet"\nmeetin = "Møde"', "nearest are meeting"),
        ('kommune = "Kommune"', "", "either columns.kommune or kommune_kode"),
        ("{tag} ({date})", "{tag}", "waiver.form must hold"),
        ('used = ["Frikommune: A"]', "used = []", "waiver.used must name"),
        ('"%d-%m-%Y"', '"dd-mm-yyyy"', "dates holds 1 forms"),
        ('system = "test"', "system = ", "is no TOML"),
    ],
)
def test_wrong_mapping(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A fault in the mapping file is a sentence that names the part."""
    with pytest.raises(UserError, match=message):
        mapping(tmp_path, MAPPING.replace(old, new))


def test_no_mapping(tmp_path: Path) -> None:
    """A mapping file that is not there is a sentence."""
    with pytest.raises(BadData, match="cannot be read"):
        read_case_mapping(tmp_path / "none.toml")


def test_no_values_in_messages(tmp_path: Path) -> None:
    """Neither a repr nor a reason tells what stands in a cell."""
    found = cases(export("secret-key;Hemmelig by;Gruppe X;i morgen;;"), mapping(tmp_path))
    told = f"{found!r} {found.set_aside.to_string()}"
    assert not any(value in told for value in ("secret-key", "Hemmelig", "Gruppe X", "morgen"))


def test_form_of_tags() -> None:
    """A form with signs that mean something in a pattern is taken as it stands."""
    assert tag_pattern("[{date}] {tag}*")[1:] == (2, 1)
    assert tag_pattern("{tag} ({date})")[1:] == (1, 2)


@pytest.mark.slow
def test_damaged_exports(tmp_path: Path) -> None:
    """Sixty damaged exports are read with every row kept or set aside, or refused in a sentence."""
    about = mapping(tmp_path)
    lines = [f"p{place};Aalborg;G;0{place}-02-2018;;Frikommune: A (0{place}-03-2018)" for place in range(1, 8)]

    def read(damaged: Rows) -> tuple[int, int]:
        found = cases(table_of(damaged), about)
        return len(damaged) - 1, found.kept + len(found.set_aside)

    good, bad = survives(read, rows_of("\n".join([HEADING, *lines])), range(60))
    assert good > 5
    assert bad > 5
