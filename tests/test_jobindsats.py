import json

import pytest
from exported import Rows, rows_of, survives, table, table_of

from frikommune.errors import BadData, UnknownName
from frikommune.municipalities import municipalities
from frikommune.records import Municipal, json_table
from frikommune.records import jobindsats_municipal as municipal
from frikommune.records.jobindsats import parse_period

NAMES = [each.name for each in municipalities().values()]
AREAS = ["Hele landet", "RAR Nordjylland", "Uoplyst", *NAMES]


def csv_answer(*periods: str, value: str = "{},5") -> str:
    lines = [f"{period};{area};{value.format(place)}" for period in periods for place, area in enumerate(AREAS)]
    return "\ufeff" + "\r\n".join(["Periode;Område;Antal personer", *lines]) + "\r\n"


def accounted(found: Municipal) -> int:
    return len(found.frame) + sum(found.areas.values()) + sum(found.periods.values()) + found.missing + found.unchosen


# Claims


@pytest.mark.parametrize(
    ("text", "kind", "label"),
    [
        ("2019M01", "M", "2019M01"),
        ("2019Q1", "Q", "2019Q1"),
        ("2019Q01", "Q", "2019Q1"),
        ("2019QMAT1", "QMAT", "2019QMAT1"),
        ("2019QMAT01", "QMAT", "2019QMAT1"),
        ("2019Y01", "Y", "2019"),
        ("2019", "Y", "2019"),
        ("Jan 2019", "M", "2019M01"),
        ("oktober 2019", "M", "2019M10"),
        ("1. kvt 2019", "Q", "2019Q1"),
        ("1. kvartal 2019", "Q", "2019Q1"),
        ("2. kvt 2018 - 1. kvt 2019", "QMAT", "2019QMAT1"),
    ],
)
def test_periods(text: str, kind: str, label: str) -> None:
    """Keys and Danish names of periods become one label each, and a rolling year never a quarter."""
    assert parse_period(text) == (kind, label)


def test_csv() -> None:
    """A CSV answer has a byte-order mark, semicolons and decimal commas; other areas are set aside."""
    found = municipal(table(csv_answer("2019M01", "2019M02")), "x")
    assert len(found.frame) == 98 * 2
    assert set(found.areas) == {"Hele landet", "RAR Nordjylland", "Uoplyst"}
    assert found.rows == accounted(found) == len(AREAS) * 2
    assert found.frame["value"].map(lambda each: each % 1).eq(0.5).all()


def test_thousands() -> None:
    """A point in a CSV answer is a thousands mark, for decimals have a comma."""
    found = municipal(table(csv_answer("2019M01", value="1.2{:02d}".replace("{:02d}", "34"))), "x")
    assert set(found.frame["value"]) == {1234.0}


def test_json() -> None:
    """A JSON answer keeps its numbers: a decimal point is no thousands mark there."""
    rows = [["2019M01", area, 1.234] for area in AREAS]
    body = json.dumps({"columns": ["Periode", "Område", "Antal"], "rows": rows}).encode("utf-8-sig")
    found = municipal(json_table(body, "y25i07"), "x")
    assert set(found.frame["value"]) == {1.234}
    assert found.absent == ()


def test_missing() -> None:
    """A figure that is not there is counted, and the municipalities without any row are named."""
    text = (
        csv_answer("2019M01")
        .replace("Aalborg;", "Aalborg Kommune;")
        .replace("\r\n2019M01;Læsø;", "\r\n2019M01;Anholt;")
    )
    for place, area in enumerate(AREAS):
        if area == "Aarhus":
            text = text.replace(f"Aarhus;{place},5", "Aarhus;-")
    found = municipal(table(text), "x")
    assert found.missing == 1
    assert found.absent == (825,)
    assert 851 in set(found.frame["kommune_kode"])


def test_kind() -> None:
    """Where quarters and rolling years stand in one table, the kind asked for is kept and the other counted."""
    found = municipal(table(csv_answer("2019Q1", "2019QMAT1")), "x", kind="Q")
    assert set(found.frame["period"]) == {"2019Q1"}
    assert found.periods == {"2019QMAT1": len(AREAS)}
    assert found.rows == accounted(found)


def test_measure() -> None:
    """Of several columns of figures the one named is read."""
    text = "Periode;Område;Ydelse;Antal;Andel\n2019M01;Aalborg;I alt;10;2,5\n2019M01;Aarhus;I alt;20;3,5"
    assert set(municipal(table(text), "x", measure="Andel").frame["value"]) == {2.5, 3.5}


# Invariances


def test_formats_agree() -> None:
    """The same answer as CSV and as JSON gives the same figures."""
    rows = rows_of(csv_answer("2019Q1"))
    numbers = [[row[0], row[1], float(row[2].replace(",", "."))] for row in rows[1:]]
    body = json.dumps({"columns": rows[0], "rows": numbers}).encode()
    one = municipal(table_of(rows), "x").frame
    assert one.equals(municipal(json_table(body, "a"), "x").frame)


# Refusals


def test_rolling_years_need_asking() -> None:
    """A table of rolling years alone is refused until it is asked for by kind."""
    rolling = table(csv_answer("2019QMAT1"))
    with pytest.raises(BadData, match="rolling years overlap"):
        municipal(rolling, "x")
    assert set(municipal(rolling, "x", kind="QMAT").frame["period"]) == {"2019QMAT1"}


@pytest.mark.parametrize("second", ["12.5", "0.247", "1,5"])
def test_points_that_mean_two_things(second: str) -> None:
    """1.250 for thousands and a point for decimals in one column are refused; with a decimal comma it is read."""
    text = f"Periode;Område;Antal\n2019M01;Aalborg;1.250\n2019M01;Aarhus;{second}"
    if "," in second:
        assert list(municipal(table(text), "x").frame["value"]) == [1.5, 1250.0]
        return
    with pytest.raises(BadData, match="cannot be read in one way"):
        municipal(table(text), "x")


def test_two_measures() -> None:
    """Two columns of figures are named, so that one can be chosen."""
    with pytest.raises(BadData, match="2 columns of figures: Antal, Andel"):
        municipal(table("Periode;Område;Antal;Andel\n2019M01;Aalborg;10;2,5"), "x")
    with pytest.raises(UnknownName, match="Antal"):
        municipal(table("Periode;Område;Antal\n2019M01;Aalborg;10"), "x", measure="Antall")


def test_dimension() -> None:
    """A dimension with several values is refused with a way to choose, and read when one is chosen."""
    text = "Periode;Område;Køn;Antal\n2019M01;Aalborg;Mænd;10\n2019M01;Aalborg;Kvinder;12"
    with pytest.raises(BadData, match="the column Køn has 2 values"):
        municipal(table(text), "x")
    assert list(municipal(table(text), "x", choose={"Køn": "Mænd"}).frame["value"]) == [10.0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"columns": []}',
        b'{"columns": ["a"], "rows": [[1, 2]]}',
        b'{"data": []}',
        b"\xff\xfe",
        b"[" * 9999,
        b'{"columns": ["a"], "rows": [["\\ud800"]]}',
    ],
)
def test_other_json(body: bytes) -> None:
    """What is not {columns, rows}, or breaks off, is refused in a sentence."""
    with pytest.raises(BadData, match=r"^y25i07"):
        json_table(body, "y25i07")


def test_damaged_tables() -> None:
    """A hundred damaged tables are read with every row accounted for, or refused in a sentence."""

    def read(rows: Rows) -> tuple[int, int]:
        found = municipal(table_of(rows), "x")
        return found.rows, accounted(found)

    good, bad = survives(read, rows_of(csv_answer("2019M01", "2019M02")), range(100))
    assert good > 5
    assert bad > 5


def test_damaged_json() -> None:
    """A JSON answer cut off anywhere is refused in a sentence."""
    body = json.dumps({"columns": ["Periode", "Område", "Antal"], "rows": [["2019M01", "Aalborg", 1]] * 3}).encode()
    for end in range(len(body)):
        with pytest.raises(BadData):
            json_table(body[:end], "y25i07")


@pytest.mark.parametrize(
    ("heading", "area", "number"),
    [("Antal", "010170-1234", 1), ("Antal", "0101701234", 1), ("010170-1234", "Rebild", 1)],
)
def test_json_with_cpr_numbers_is_refused(heading: str, area: str, number: int) -> None:
    """JSON does not go through the reader of tables: an area "010170-1234" was named in the report as set aside."""
    rows = [["2019M01", "Aalborg", 1], ["2019M01", area, number]]
    body = json.dumps({"columns": ["Periode", "Område", heading], "rows": rows}).encode()
    with pytest.raises(BadData, match="CPR number") as fault:
        json_table(body, "y.json")
    assert "1234" not in str(fault.value)
