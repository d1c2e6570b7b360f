"""Reading: a wide DREAM extract to spells, beside pandas `melt` and groupby in the same run.

Run `python benchmarks/reading.py`; it prints a Markdown table and writes it to `benchmarks/reading.md`. Every
measurement is a fresh process: seconds from the file to the finished spells (imports apart), and its peak memory.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from frikommune.records.dream import FOUR_WEEKS, dream_codes, dream_spells
from frikommune.sources import register

WEEKS = 420
CHUNK = 50_000
FIRST = date(2013, 12, 30)
CODES = np.array(["", "890", "893", "130", "111", "870", "810", "771", "783", "651", "998", "740", "997", "999"])
CHANCES = np.array([0.6, 0.12, 0.03, 0.07, 0.08, 0.02, 0.015, 0.015, 0.01, 0.03, 0.005, 0.002, 0.002, 0.001])
FINAL = 12  # codes from here on last: emigrated, dead
HERE = Path(__file__).parent


def week_names() -> list[str]:
    """Return the names of the week columns."""
    dates = [(FIRST + timedelta(weeks=k)).isocalendar() for k in range(WEEKS)]
    return [f"y_{each.year % 100:02d}{each.week:02d}" for each in dates]


def make_extract(path: Path, persons: int) -> None:
    """Write a synthetic wide extract, the same bytes for the same number of persons."""
    names = week_names()
    fields = [("person_key", pa.string()), ("kommune_kode", pa.int32()), *((name, pa.string()) for name in names)]
    schema = pa.schema(fields)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, persons, CHUNK):
            count = min(CHUNK, persons - first)
            rng = np.random.default_rng(first + 1)
            keys = [f"{(first + k) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}" for k in range(count)]
            homes = rng.choice(np.array([101, 851, 820, 787, 840, 773, 813], np.int32), count)
            columns = [pa.array(keys), pa.array(homes), *_weeks(rng, count)]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=CHUNK)


def _weeks(rng: np.random.Generator, count: int) -> list[pa.Array]:
    chances = CHANCES / CHANCES.sum()
    state, columns = rng.choice(len(CODES), count, p=chances), []
    for _ in range(WEEKS):
        columns.append(pa.array(CODES.astype(object)).take(pa.array(state)))
        change = (rng.random(count) < np.where(state == 0, 0.012, 0.06)) & (state < FINAL)
        state = np.where(change, rng.choice(len(CODES), count, p=chances), state)
    return columns


def with_frikommune(path: Path) -> int:
    """Make spells, exits and counts our way; return how many spells."""
    return dream_spells(register(path).table, rule=FOUR_WEEKS).spells


def with_pandas(path: Path) -> int:
    """Make the same spells by melt and groupby, without their exits; return how many."""
    wide, names = pd.read_parquet(path), week_names()
    long = wide.melt(id_vars=["person_key", "kommune_kode"], value_vars=names, var_name="week", value_name="code")
    long = long[long["code"] != ""]
    table = dream_codes()
    benefit = {code: table.benefits[table.lookup[int(code)]] for code in CODES if code}
    long["benefit"] = long["code"].map(benefit)
    long["number"] = long["week"].map({name: number for number, name in enumerate(names)})
    long = long.sort_values(["person_key", "number"])
    opens = (
        (long["person_key"] != long["person_key"].shift())
        | (long["benefit"] != long["benefit"].shift())
        | (long["number"] - long["number"].shift() > FOUR_WEEKS.weeks + 1)
    )
    spells = long.groupby(opens.cumsum()).agg(
        person_key=("person_key", "first"),
        kommune_kode=("kommune_kode", "first"),
        benefit=("benefit", "first"),
        start=("number", "min"),
        end=("number", "max"),
    )
    return int((~spells["benefit"].isin(["udvandret", "doed"])).sum())


def check_room(path: Path) -> int:
    """Check a data room of many rows by streaming, with the package's own checker."""
    return len(repr(import_module("frikommune.dataroom").check(path)))


WAYS: dict[str, Callable[[Path], int]] = {
    "frikommune": with_frikommune,
    "pandas": with_pandas,
    "check": check_room,
}


def make_months(folder: Path, rows: int) -> None:
    """Write a `months` table of many rows into a data room."""
    schema = pa.schema(
        [
            ("person_key", pa.string()),
            ("kommune_kode", pa.int32()),
            ("month", pa.string()),
            ("employment_share", pa.float64()),
            ("self_supporting", pa.bool_()),
        ]
    )
    labels = np.array([f"{2014 + k // 12}M{k % 12 + 1:02d}" for k in range(100)], object)
    with pq.ParquetWriter(folder / "months.parquet", schema, compression="zstd") as writer:
        for first in range(0, rows, 1_000_000):
            numbers = np.arange(first, min(first + 1_000_000, rows))
            rng = np.random.default_rng(first + 1)
            keys = [f"{k * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}" for k in (numbers // 100).tolist()]
            columns = [
                pa.array(keys),
                pa.array(np.full(len(numbers), 851, np.int32)),
                pa.array(labels[numbers % 100]),
                pa.array(rng.random(len(numbers)).round(2)),
                pa.array(rng.random(len(numbers)) < 0.5),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def measure(way: str, path: Path) -> dict[str, float]:
    """Run one way in a fresh process; return its seconds, gigabytes and result."""
    command = [sys.executable, __file__, "--way", way, "--path", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {key: float(value) for key, value in json.loads(done.stdout).items()}


def run_way(way: str, path: Path) -> None:
    """Be the fresh process: print what one way took."""
    warnings.simplefilter("ignore")
    ibis.duckdb.connect()  # which imports the backend
    begun, used = time.perf_counter(), time.process_time()
    result = WAYS[way](path)
    seconds, busy = time.perf_counter() - begun, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"seconds": seconds, "cpu": busy, "gigabytes": peak, "result": result}))


def _line(what: str, persons: int, found: dict[str, float], *, repeat: str = "") -> str:
    cells = (
        what,
        f"{persons:,}",
        f"{found['seconds']:.1f}",
        f"{found['cpu']:.1f}",
        f"{found['gigabytes']:.2f}",
        f"{found['seconds'] / persons * 1e6:.0f}",
        f"{found['result']:,.0f}",
        repeat,
    )
    return f"| {' | '.join(cells)} |"


def report(persons: int, peer: int, rows: int) -> str:
    """Measure everything; return the page."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.parquet", Path(folder) / "large.parquet"
        make_extract(small, peer)
        make_extract(large, persons)
        pandas, same, full = measure("pandas", small), measure("frikommune", small), measure("frikommune", large)
        if pandas["result"] != same["result"]:
            sys.exit(f"pandas found {pandas['result']:.0f} spells and frikommune {same['result']:.0f}: no comparison.")
        room = _room(Path(folder), rows)
    ratio = pandas["seconds"] / same["seconds"]
    per_row = pandas["seconds"] / peer / (full["seconds"] / persons)
    head = "| way | persons x 420 weeks | seconds | CPU seconds | peak GB | µs a person | spells | times faster |"
    lines = [
        "# Reading",
        "",
        (
            f"Measured {datetime.now(UTC).date()}: {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"pandas {pd.__version__}, Ibis {ibis.__version__}, load at the end {os.getloadavg()[0]:.1f}. "
            "From the Parquet file to finished spells (gap rule: up to 4 weeks join); imports apart, every line a "
            "fresh process. pandas makes no exits and no counts."
        ),
        "",
        head,
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        _line("pandas melt + groupby", peer, pandas, repeat="1"),
        _line("frikommune", peer, same, repeat=f"{ratio:.0f}"),
        _line("frikommune", persons, full, repeat=f"{per_row:.0f} (per person)"),
        "",
        "Goals: at least 20 times faster, and within 3 GB at 1,000,000 persons.",
        "",
        room,
    ]
    return "\n".join(lines) + "\n"


def _room(folder: Path, rows: int) -> str:
    if find_spec("frikommune.dataroom") is None or not hasattr(import_module("frikommune.dataroom"), "check"):
        return "`check` on many rows: not measured, there is no `frikommune.dataroom.check` yet."
    room = folder / "room"
    room.mkdir()
    make_months(room, rows)
    found = measure("check", room)
    return f"`check` on {rows:,} rows: {found['seconds']:.1f} s, peak {found['gigabytes']:.2f} GB."


def main() -> None:
    """Read the command line, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--peer", type=int, default=300_000, help="persons that pandas gets")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows that `check` gets")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        run_way(chosen.way, chosen.path)
        return
    page = report(chosen.persons, chosen.peer, chosen.rows)
    print(page)
    (HERE / "reading.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
