from collections.abc import Callable

import pandas as pd
import pytest
from exported import Rows, rows_of, shared, survives, table, table_of

from frikommune.errors import BadData, UnknownName
from frikommune.municipalities import municipalities
from frikommune.records import Municipal, municipal
from frikommune.records.figures import numbers

Show = Callable[[int, str], str]

NAMES = {code: each.name for code, each in municipalities().items()}
OTHERS = {
    0: "Hele landet",
    84: "Region Hovedstaden",
    81: "Region Nordjylland",
    1: "Provins Byen København",
    411: "Christiansø",
}


def download(
    show: Show,
    *,
    periods: tuple[str, ...] = ("2017K1", "2017K2"),
    heading: str = "OMRÅDE;KØN;TID;INDHOLD",
    sex: tuple[str, ...] = ("I alt",),
    value: str = "{}",
) -> str:
    """Make a StatBank file: `show` writes an area of a code and name."""
    areas = {**OTHERS, **NAMES}
    lines = [
        f"{show(code, name)};{each};{period};{value.format(code)}"
        for code, name in areas.items()
        for each in sex
        for period in periods
    ]
    return "\n".join([heading, *lines])


def text_only(_: int, name: str) -> str:
    return name


def accounted(found: Municipal) -> int:
    return len(found.frame) + sum(found.areas.values()) + found.missing + found.unchosen


# Claims


@pytest.mark.parametrize(
    "show",
    [
        text_only,
        lambda code, _: f"{code:03d}",
        lambda code, name: f"{code:03d} {name}",
        lambda _, name: "Copenhagen" if name == "København" else name,
    ],
    ids=["text", "code", "both", "english"],
)
def test_presentations(show: Show) -> None:
    """Texts, codes and both in one column give the same figures, and no region is taken for a municipality."""
    found = municipal(table(download(show)), "x")
    assert len(found.frame) == 98 * 2
    assert (found.frame["value"] == found.frame["kommune_kode"]).all()
    assert sum(found.areas.values()) == len(OTHERS) * 2
    assert found.rows == accounted(found) == (98 + len(OTHERS)) * 2


def test_code_and_text_in_two_columns() -> None:
    """A code beside its text, of areas, periods and dimensions, is one thing said twice."""
    lines = [
        f"{code:03d};{name};TOT;I alt;{period};{period[-1]}. kvartal {period[:4]};{code}"
        for code, name in {**OTHERS, **NAMES}.items()
        for period in ("2017K1", "2017K2")
    ]
    text = "\n".join(["OMRÅDE;OMRÅDE_TEKST;KØN;KØN_TEKST;TID;TID_TEKST;INDHOLD", *lines])
    found = municipal(table(text), "x")
    assert set(found.frame["period"]) == {"2017Q1", "2017Q2"}
    assert (found.frame["value"] == found.frame["kommune_kode"]).all()


def test_traps() -> None:
    """Allerød is no total, Christiansø is no municipality, and regions stand by their names among the others."""
    found = municipal(table(download(text_only)), "x")
    assert 201 in set(found.frame["kommune_kode"])
    assert {"Hele landet", "Region Nordjylland", "Christiansø"} <= set(found.areas)


@pytest.mark.parametrize(
    ("written", "label"),
    [("2017K1", "2017Q1"), ("2017M07", "2017M07"), ("2017", "2017"), ("2017Q4", "2017Q4"), ("2017K1 2017K1", "2017Q1")],
)
def test_periods(written: str, label: str) -> None:
    """Years, quarters and months get one form each, with or without their text beside the code."""
    found = municipal(table(download(text_only, periods=(written,))), "x")
    assert set(found.frame["period"]) == {label}


def test_missing_figures() -> None:
    """A figure that StatBank does not give is counted as missing and never becomes 0."""
    text = download(text_only).replace("Aalborg;I alt;2017K1;851", "Aalborg;I alt;2017K1;..")
    text = text.replace("Læsø;I alt;2017K2;825", "Læsø;I alt;2017K2;-")
    found = municipal(table(text), "x")
    assert found.missing == 2
    assert len(found.frame) == 98 * 2 - 2
    assert not (found.frame["value"] == 0).any()


def test_decimal_comma() -> None:
    """Danish files have a decimal comma, and a thousands point where there is one."""
    found = municipal(table(download(text_only, value="1.{},5")), "x")
    assert (found.frame["value"] == 1000 + found.frame["kommune_kode"] + 0.5).all()


def test_choose() -> None:
    """A dimension with several values is brought down by choosing one, and the other rows are counted."""
    text = table(download(text_only, sex=("I alt", "Mænd", "Kvinder")))
    found = municipal(text, "x", choose={"køn": "mænd"})
    assert len(found.frame) == 98 * 2
    assert found.unchosen == (98 + len(OTHERS)) * 2 * 2
    assert found.rows == accounted(found)


def test_note_beside_the_period() -> None:
    """A column that follows from the year, such as the quarter it was counted in, is no dimension."""
    text = download(lambda _, name: name, periods=("2017", "2018"), heading="municipality;note;year;value")
    rows = [[row[0], row[2], f"{row[2]}Q1", row[3]] for row in rows_of(text)]
    rows[0] = ["municipality", "year", "reference_period", "value"]
    found = municipal(table_of(rows), "x")
    assert set(found.frame["period"]) == {"2017", "2018"}


# Oracles


@pytest.mark.parametrize(
    ("name", "rows", "kept", "delimiter"),
    [
        ("auk01_net_unemployed_social_assistance.csv", 8892, 98 * 76, ";"),
        ("lbesk69_full_time_employees.csv", 8307, 98 * 71, ";"),
        ("unemployment_pct.csv", 1764, 98 * 18, ","),
        ("population.csv", 588, 98 * 6, ","),
    ],
)
def test_real_tables(name: str, rows: int, kept: int, delimiter: str) -> None:
    """The real tables give 98 municipalities a period, and every row read is kept or counted."""
    found = municipal(table(shared(name).read_text(encoding="utf-8-sig"), delimiter), "x")
    assert found.rows == rows == accounted(found)
    assert len(found.frame) + found.missing == kept


def test_real_figures() -> None:
    """Single figures of the real tables stand where they stood in the file."""
    text = shared("auk01_net_unemployed_social_assistance.csv").read_text(encoding="utf-8-sig")
    frame = municipal(table(text), "x").frame.set_index(["kommune_kode", "period"])["value"]
    line = next(each for each in text.splitlines() if each.startswith("Allerød;") and ";2010Q1;" in each)
    assert frame[201, "2010Q1"] == float(line.split(";")[-1])


# Invariances


def test_order_of_rows_and_columns() -> None:
    """The order of rows and of columns with a StatBank heading changes nothing."""
    rows = rows_of(download(text_only))
    turned = [rows[0][::-1], *(row[::-1] for row in reversed(rows[1:]))]
    one, other = municipal(table_of(rows), "x").frame, municipal(table_of(turned), "x").frame
    pd.testing.assert_frame_equal(one, other)


# Refusals


def test_several_values() -> None:
    """A dimension with several values is named with their number and a way to choose."""
    text = download(text_only, sex=("I alt", "Mænd"))
    with pytest.raises(BadData, match=r"the column KØN has 2 values.*choose=\{'KØN': 'I alt'\}"):
        municipal(table(text), "x")


def test_choose_what_is_not_there() -> None:
    """A column or value that is not there is answered with the nearest."""
    text = table(download(text_only))
    with pytest.raises(UnknownName, match="KØN"):
        municipal(text, "x", choose={"KOEN": "I alt"})
    with pytest.raises(UnknownName, match="I alt"):
        municipal(text, "x", choose={"KØN": "Alt"})


@pytest.mark.parametrize("period", ["2017H1", "2017U07", "2015:2017", "2017M01D03"])
def test_other_periods(period: str) -> None:
    """Half-years, weeks, days and spans of years are refused by name."""
    with pytest.raises(BadData, match=r"half-years, weeks, days and spans"):
        municipal(table(download(text_only, periods=(period,))), "x")


def test_mixed_periods() -> None:
    """Years beside quarters would count everybody twice."""
    with pytest.raises(BadData, match="mixes 103 rows of"):
        municipal(table(download(text_only, periods=("2017", "2017K1"))), "x")


def test_region_codes_are_not_enough() -> None:
    """A table of regions holds no municipality, although 81 and 851 look alike."""
    with pytest.raises(BadData, match="no column of municipalities"):
        municipal(table("OMRÅDE;TID;INDHOLD\n081;2017;1\n084;2017;2"), "x")


def test_code_of_one_and_name_of_another() -> None:
    """A code that stands beside another municipality's name is a damaged file."""
    with pytest.raises(BadData, match="the name of another"):
        municipal(table(download(lambda code, name: f"{code} {name}").replace("851 Aalborg", "851 Aarhus")), "x")


def test_figure_that_is_none() -> None:
    """A text among the figures is refused with their number, never read as missing."""
    with pytest.raises(BadData, match="1 figures in the column INDHOLD are no number"):
        municipal(table(download(text_only).replace("Aalborg;I alt;2017K1;851", "Aalborg;I alt;2017K1;nan")), "x")


def test_incomplete_table() -> None:
    """A table without all municipalities is refused with how many it has."""
    rows = [row for row in rows_of(download(text_only)) if row[0] != "Aalborg"]
    with pytest.raises(BadData, match="holds 97 of the 98"):
        municipal(table_of(rows), "x")


def test_damaged_tables() -> None:
    """A hundred damaged tables are read with every row accounted for, or refused in a sentence."""

    def read(rows: Rows) -> tuple[int, int]:
        found = municipal(table_of(rows), "x")
        return found.rows, accounted(found)

    good, bad = survives(read, rows_of(download(text_only)), range(100))
    assert good + bad == 100
    assert good > 5
    assert bad > 5


def test_a_point_that_may_mark_thousands_is_not_guessed_at() -> None:
    """4.247 may be four thousand: the table is refused; with a decimal of another length it is a decimal."""
    with pytest.raises(BadData, match="2 figures have one point and three digits after it"):
        numbers(pd.Series(["4.247", "12.500", "980"]))
    assert numbers(pd.Series(["4.247", "0.247"]))[0].tolist() == [4.247, 0.247]
