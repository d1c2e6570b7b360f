from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from frikommune.dataroom import check
from frikommune.demo import country, municipal_table
from frikommune.demo.faults import plant
from frikommune.errors import BadData
from frikommune.schema import contracts

ROWS = 60
DAY = pd.Timestamp("2018-01-01")


def column_of(name: str, kind: str) -> list[object]:
    """Return a column without faults, every row different."""
    late = {"decided": 40, "meeting": 30, "closed": 90, "end": 60}.get(name, 0)
    made: dict[str, list[object]] = {
        "person_key": [f"demo-{at:05d}" for at in range(ROWS)],
        "text": [f"{name} {at}" for at in range(ROWS)],
        "integer": [at % 7 + (20 if name == "eligible" else 0) for at in range(ROWS)],
        "number": [round(at / ROWS, 2) for at in range(ROWS)],
        "date": [(DAY + pd.Timedelta(days=at + late)).date() for at in range(ROWS)],
        "period": [f"{2015 + at // 12}M{at % 12 + 1:02d}" for at in range(ROWS)],
        "boolean": [at % 2 == 0 for at in range(ROWS)],
        "municipality_code": [[751, 840, 615][at % 3] for at in range(ROWS)],
        "trial": ["uddannelse"] * ROWS,
    }
    return made[kind]


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Write a small data room without a fault."""
    for table, contract in contracts().items():
        columns = {each.name: column_of(each.name, each.type) for each in contract.columns}
        if table == "adoption":  # no days that overlap: a municipality of its own for every row
            known = country(1).codes.tolist()
            columns |= {
                "kommune_kode": known[:ROWS],
                "end": [None if at % 2 else each for at, each in enumerate(columns["end"])],
            }
        pq.write_table(pa.table(columns), tmp_path / f"{table}.parquet")
    municipal = municipal_table(country(1)).head(500)
    pq.write_table(pa.Table.from_pandas(municipal, preserve_index=False), tmp_path / "municipal.parquet")
    return tmp_path


def test_a_check_finds_every_planted_fault_and_no_other(room: Path) -> None:
    """Table, column, rule and rows are those that were planted."""
    planted = plant(room, 1)
    found = {(each.table, each.column, each.rule): each for table in check(room).tables for each in table.faults}
    expected = planted.groupby(["table", "column", "rule"])["row"].apply(sorted).to_dict()
    assert {key: each.count for key, each in found.items()} == {key: len(rows) for key, rows in expected.items()}
    for key, rows in expected.items():
        assert list(found[key].first_rows) == rows[: len(found[key].first_rows)], key


def test_every_rule_of_the_contracts_is_planted(room: Path) -> None:
    """All kinds of faults that a row of these tables can have are there."""
    planted = plant(room, 1)
    rules = {rule.key for each in contracts().values() for rule in each.rules}
    rules |= {"missing", "no_number", "no_whole_number", "ambiguous_number", "no_date", "outside_years", "no_period"}
    rules |= {"wrong_frequency", "no_boolean", "municipality_name", "no_municipality", "outside_range", "unknown_trial"}
    rules |= {"before_law", "cpr", "repeated_row", "repeated_key", "overlapping"}
    assert set(planted["rule"]) == rules
    assert set(planted["table"]) == set(contracts())


def test_other_seeds_choose_other_rows_and_the_same_seed_the_same(room: Path) -> None:
    """The choice of rows follows from the seed."""
    clean = {file.name: file.read_bytes() for file in room.iterdir()}
    planted = []
    for seed in (1, 1, 2):
        for name, content in clean.items():
            (room / name).write_bytes(content)
        planted.append(plant(room, seed))
    pd.testing.assert_frame_equal(planted[0], planted[1])
    assert not planted[0]["row"].equals(planted[2]["row"])


def test_a_table_with_too_few_rows_is_refused(room: Path) -> None:
    """Nothing is planted twice in a row: the message asks for a larger register."""
    file = room / "uptake.parquet"
    pq.write_table(pq.read_table(file).slice(0, 5), file)
    with pytest.raises(BadData, match="uptake holds too few rows"):
        plant(room, 1)
