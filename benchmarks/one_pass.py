"""The one pass: from a Parquet file to the result, beside the packages that people use, one process at a time.

Run `python benchmarks/one_pass.py`; it writes `benchmarks/one_pass.md`. The peers run
in environments of their own, made under `benchmarks/.peers` at the first run (uv and PyPI are needed for that).
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
WAYS = HERE / "ways"
MONTHS = 24
TIMES, QUICK = 3, 3.0  # processes, and seconds of a first call that is measured in so many
MEMORY = 16  # GB that a process may ask for
STARTS = {**dict.fromkeys(range(4), 10), **dict.fromkeys(range(4, 8), 13), **dict.fromkeys(range(8, 11), 16)}
ENVIRONMENTS = {
    "panel": ("pyfixest", "diff-diff", "linearmodels", "statsmodels", "pyarrow"),
    "groups": ("moderndid", "csdid", "pyarrow"),
    "survival": ("lifelines", "scikit-survival", "pyarrow"),
}


@dataclass(frozen=True)
class Task:
    """One question, our way to answer it, and the others'.

    Attributes:
        title: What is asked.
        data: Which data: "months" or "spells".
        ours: Our module in `ways`.
        peers: Module and environment of each peer; no environment is ours.
        goal: What the issue asks for.
        agree: How near the numbers of a peer must be, by name; the others are shown and not judged.
    """

    title: str
    data: str
    ours: str
    peers: dict[str, str]
    goal: str
    agree: dict[str, float] = field(default_factory=dict)


TASKS = {
    "two_way": Task(
        "Two-way fixed effects, CR1 by municipality",
        "months",
        "two_way_frikommune",
        {
            "two_way_pyfixest": "panel",
            "two_way_diff_diff": "panel",
            "two_way_linearmodels": "panel",
            "two_way_statsmodels": "panel",
        },
        "25 times faster than the fastest at 10 million rows, a tenth of the memory; value to 1e-8, error to 1e-6",
        {"value": 1e-8, "error": 1e-6},
    ),
    "groups": Task(
        "Group-time effects, 999 multiplier draws by municipality",
        "months",
        "groups_frikommune",
        {"groups_diff_diff": "panel", "groups_moderndid": "groups", "groups_csdid": "groups"},
        "100 times faster than the fastest at 1 million rows; effects to 1e-8 (errors are drawn: shown, not judged)",
        {"value": 1e-8},
    ),
    "risk": Task(
        "Kaplan-Meier, Aalen-Johansen, restricted means by municipality x quarter",
        "spells",
        "risk_frikommune",
        {"risk_lifelines": "survival", "risk_scikit_survival": "survival", "risk_duckdb": ""},
        "50 times faster; restricted means to 1e-8",
        {"value": 1e-8},
    ),
    "cells": Task(
        "Cells: n, sum, spread by municipality x month",
        "months",
        "cells_frikommune",
        {"cells_duckdb": "", "cells_kept": ""},
        "at most 1.3 times a bare GROUP BY (`times ours` of `cells_duckdb` at least 0.77); 1 GB at 100 million rows",
        {"value": 0},
    ),
    "after": Task(
        "Everything after the pass: estimate, 9,999 placebo draws, smallest detectable effect, from 98 x 24 cells",
        "months",
        "after_frikommune",
        {"after_infer": ""},
        "under 0.2 s whatever the register's size",
    ),
}

_HASH = "(hash(i * {many} + {which}) >> 11)::DOUBLE / 9007199254740992"


def _uniform(which: int) -> str:
    return "(" + _HASH.format(many=8, which=which) + ")"


def make_months(path: Path, rows: int) -> None:
    """Write person-months: 98 municipalities x 24 months, three cohorts of starts; the same rows every time."""
    start = " ".join(f"WHEN {unit} THEN {month}" for unit, month in STARTS.items())
    noise = f"({_uniform(1)} + {_uniform(2)} + {_uniform(3)} - 1.5) * 2"
    sql = f"""
        COPY (
            SELECT i // {MONTHS} AS person_key, kommune_kode, month, cohort,
                (cohort > 0 AND month >= cohort)::INT AS treated,
                kommune_kode * 0.01 + month * 0.02 + 0.3 * (cohort > 0 AND month >= cohort)::INT + {noise} AS y
            FROM (
                SELECT *, CASE kommune_kode {start} ELSE 0 END::INT AS cohort FROM (
                    SELECT i, (hash(i // {MONTHS}) % 98)::INT AS kommune_kode, (i % {MONTHS} + 1)::INT AS month
                    FROM range({rows}) AS t(i)
                )
            )
        ) TO '{path}' (FORMAT parquet)
    """  # noqa: S608 -- numbers of our own
    _run_sql(sql)
    values = ", ".join(f"({unit}, {month})" for unit, month in STARTS.items())
    starts = path.with_name("starts.parquet")
    _run_sql(f"COPY (SELECT * FROM (VALUES {values}) AS t(unit, start)) TO '{starts}' (FORMAT parquet)")  # noqa: S608


def make_spells(path: Path, rows: int) -> None:
    """Write spells that began from 2014 to 2019, with a spike of exits at week 22; followed to the end of 2020."""
    lasted = f"CASE WHEN {_uniform(4)} < 0.15 THEN 153 ELSE -ln(1 - {_uniform(5)}) * 150 END"
    ways = "['selvforsorgelse', 'selvforsorgelse', 'jobafklaring', 'andet', 'fleksjob']"
    sql = f"""
        COPY (
            SELECT i // 2 AS person_key, kommune_kode, 'sygedagpenge' AS benefit, start,
                CASE WHEN last <= DATE '2020-12-31' THEN last END AS "end",
                CASE WHEN last <= DATE '2020-12-31' THEN {ways}[1 + (hash(i * 8 + 6) % 5)::INT] END AS exit_to
            FROM (
                SELECT *, start + lasted AS last FROM (
                    SELECT i, 101 + (hash(i * 8 + 7) % 98)::INT AS kommune_kode, ({lasted})::INT AS lasted,
                        DATE '2014-01-06' + (hash(i * 8) % 2184)::INT AS start
                    FROM range({rows}) AS t(i)
                )
            )
        ) TO '{path}' (FORMAT parquet)
    """  # noqa: S608 -- numbers of our own
    _run_sql(sql)


def _run_sql(sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = false")
        connection.execute(sql)


MAKERS = {"months": make_months, "spells": make_spells}


def python_of(environment: str) -> Path:
    """Return the Python of a peers' environment, made where it is not there yet; ours for no name."""
    if not environment:
        return Path(sys.executable)
    python = PEERS / environment / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        command = str(uv) if uv.exists() else "uv"
        subprocess.run([command, "venv", "-q", "--python", sys.executable, str(python.parent.parent)], check=True)
        packages = ENVIRONMENTS[environment]
        subprocess.run([command, "pip", "install", "-q", "--python", str(python), *packages], check=True)
    return python


def measure(way: str, environment: str, path: Path, timeout: float) -> dict[str, Any]:
    """Run one way in a fresh process; return what it took and found, or in `failed` why there is nothing.

    Args:
        way: Module in `ways`.
        environment: Whose Python.
        path: The data.
        timeout: Most seconds for the two calls together.

    What is done in a few seconds is done in three processes, and the one with the least first call counts: other
    programs of the machine can only make it slower.
    """
    found = _measured(way, environment, path, timeout)
    for _ in range(TIMES - 1):
        if found.get("first", math.inf) < QUICK:
            again = _measured(way, environment, path, timeout)
            found = min(found, again, key=lambda each: each.get("first", math.inf))
    return found


def _measured(way: str, environment: str, path: Path, timeout: float) -> dict[str, Any]:
    result = path.with_name("result.json")
    result.unlink(missing_ok=True)
    command = [str(python_of(environment)), str(WAYS / "measure.py"), way, str(path), str(result), str(MEMORY)]
    dropped = {"PYTHONDONTWRITEBYTECODE", *(("PYTHONPATH",) if environment else ())}
    own = {key: value for key, value in os.environ.items() if key not in dropped}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=own, check=False)
    except subprocess.TimeoutExpired:
        if result.exists():
            return json.loads(result.read_text(encoding="utf-8"))
        return {"failed": f"ran out of time ({timeout:.0f} s for two calls)"}
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [""]
        out_of_memory = done.returncode == -9 or "MemoryError" in done.stderr or "Unable to allocate" in done.stderr
        return {"failed": "ran out of memory" if out_of_memory else f"failed: {said[0][:120]}"}
    return json.loads(result.read_text(encoding="utf-8"))


def apart(ours: dict[str, Any], theirs: dict[str, Any], what: str) -> float:
    """Return the largest difference between two answers, cell by cell where they name cells.

    Args:
        ours: Our answer.
        theirs: A peer's.
        what: Which of its numbers.
    """
    mine, other = (each if isinstance(each, list) else [each] for each in (ours[what], theirs[what]))
    if "cell" in ours:
        known = dict(zip(theirs["cell"], other, strict=True))
        other = [known.get(cell, math.nan) for cell in ours["cell"]]
    if len(mine) != len(other):
        return math.inf
    # A cell that nobody follows so long has no answer of ours; the peers draw the curve on.
    pairs = [(one, two) for one, two in zip(mine, other, strict=True) if not math.isnan(one)]
    return max((math.inf if math.isnan(two) else abs(one - two) for one, two in pairs), default=math.inf)


def agreement(task: Task, ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Say how far a peer's numbers are from ours, and whether that is near enough."""
    shared = [each for each in ours if each in theirs and each not in ("cell", "cells")]
    words = []
    for each in shared:
        distance = apart(ours, theirs, each)
        judged = each in task.agree and distance > task.agree[each]
        words.append(f"{each} {distance:.0e}{' (TOO FAR)' if judged else ''}")
    return ", ".join(words)


def rows_of(task: Task, sizes: list[int], *, most: int, timeout: float, folder: Path) -> list[str]:
    """Measure one task at every size; return the lines of the table.

    A peer that took more than a tenth of the time at a tenth of the rows is not tried.
    """
    lines, slow = [], dict.fromkeys(task.peers, "")
    for rows in sizes:
        path = folder / f"{task.data}_{rows}.parquet"
        if not path.exists():
            MAKERS[task.data](path, rows)
        ours = measure(task.ours, "", path, timeout)
        lines.append(_line(rows, task.ours, ours))
        for way, environment in task.peers.items() if rows <= most else ():
            found = {"failed": slow[way]} if slow[way] else measure(way, environment, path, timeout)
            slow[way] = slow[way] or _too_slow(found, timeout)
            lines.append(_beside(task, rows, way, ours, found))
    return lines


def _too_slow(found: dict[str, Any], timeout: float) -> str:
    if "failed" in found:
        return f"not tried: {found['failed'].split(' (')[0]} with fewer rows"
    return f"not tried: {found['first']:.0f} s with a tenth of the rows" if found["first"] > timeout / 10 else ""


def _beside(task: Task, rows: int, way: str, ours: dict[str, Any], found: dict[str, Any]) -> str:
    if "first" not in found or "first" not in ours:
        return _line(rows, way, found)
    agree = agreement(task, ours["answer"], found["answer"])
    return _line(rows, way, found, faster=f"{found['first'] / ours['first']:.1f}", agree=agree)


_TOOK = ("first", "second", "import", "gigabytes")


def _line(rows: int, way: str, found: dict[str, Any], *, faster: str = "", agree: str = "") -> str:
    if "failed" in found:
        cells = (f"{rows:,}", way, found["failed"], "", "", "", "", "")
    else:
        took = [f"{found[each]:.2f}" if each in found else "-" for each in _TOOK]
        cells = (f"{rows:,}", way, *took, faster, agree)
    print(cells, file=sys.stderr)
    return f"| {' | '.join(cells)} |"


def measure_all(chosen: argparse.Namespace) -> None:
    """Measure everything that was asked for; the page is written after each task.

    What stands on the page already and is not measured anew stays there.
    """
    known = lines_on(chosen.out.read_text(encoding="utf-8")) if chosen.out.exists() else {}
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for name in chosen.tasks:
            task = TASKS[name]
            sizes = chosen.spells if task.data == "spells" else chosen.rows
            asked = {way: where for way, where in task.peers.items() if way in (chosen.peers or task.peers)}
            lines = rows_of(
                replace(task, peers=asked), sizes, most=chosen.most, timeout=chosen.timeout, folder=Path(folder)
            )
            known |= lines_on("\n".join(lines))
            chosen.out.write_text(page_of(known, _head(chosen.timeout)), encoding="utf-8")


Lines = dict[tuple[str, int], list[str]]


def lines_on(page: str) -> Lines:
    """Return the measured lines of a page, by way and rows."""
    split = [[each.strip() for each in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    return {(each[1], int(each[0].replace(",", ""))): each for each in split if each[0].replace(",", "").isdigit()}


def page_of(known: Lines, head: str) -> str:
    """Return the page: how it was measured, which goals are met, and every line."""
    page = ["# The one pass", "", head, "", "## Which goals are met", "", *goals(known), ""]
    for task in TASKS.values():
        ways = [task.ours, *task.peers]
        rows = sorted((n, ways.index(way), line) for (way, n), line in known.items() if way in ways)
        page += [f"## {task.title}", "", f"Goal: {task.goal}.", ""]
        page += ["| rows | way | first call, s | second, s | import, s | peak GB | times ours | apart from ours |"]
        page += ["|---:|---|---:|---:|---:|---:|---:|---|", *(f"| {' | '.join(line)} |" for _, _, line in rows), ""]
    return "\n".join(page)


FIRST, GIGABYTES = 2, 5  # columns of a line


def _took(known: Lines, way: str, rows: int, column: int = FIRST) -> float:
    """Return a number of a line; NaN where the line is not there or has none."""
    try:
        return float(known[way, rows][column])
    except (KeyError, ValueError):
        return math.nan


def goals(known: Lines) -> list[str]:
    """Say of each goal whether the numbers on the page meet it, and if not, why."""
    said = []
    for rows in sorted(n for way, n in known if way == "cells_duckdb"):
        times = _took(known, "cells_frikommune", rows) / _took(known, "cells_duckdb", rows)
        said.append(_goal(f"A bare GROUP BY, {rows:,} rows", times, 1.3, "times its time", WHY["cells"], most=True))
    for way, rows in (("cells_frikommune", 10**8), ("after_frikommune", 10**7)):
        column, goal, unit = (GIGABYTES, 1.0, "GB") if way.startswith("cells") else (FIRST, 0.2, "s")
        title = TASKS[way.split("_", maxsplit=1)[0]].title.split(":")[0]
        said.append(_goal(f"{title}, {rows:,} rows", _took(known, way, rows, column), goal, unit, "", most=True))
    for name, rows, goal in (("two_way", 10**7, 25), ("groups", 10**6, 100), ("risk", 10**6, 50), ("risk", 10**7, 50)):
        task = TASKS[name]
        for peer in (each for each in task.peers if not each.endswith("_duckdb")):
            what = f"{task.title.split(',')[0]}, {rows:,} rows, {peer.removeprefix(name + '_').replace('_', '-')}"
            times = _took(known, peer, rows) / _took(known, task.ours, rows)
            if math.isnan(times):
                line = known.get((peer, rows), ["", "", "not measured"])
                said.append(f"* **{what}**: no number to compare with ({line[FIRST].split(' (')[0]}).")
                continue
            said.append(_goal(f"{what}, speed", times, goal, "times faster", WHY[name]))
            if name == "two_way":
                less = _took(known, peer, rows, GIGABYTES) / _took(known, task.ours, rows, GIGABYTES)
                said.append(_goal(f"{what}, memory", less, 10, "times less", WHY["memory"]))
    return said


WHY = {
    "cells": "connecting, making the question and taking the answer apart cost the same whatever the size",
    "memory": "most of ours is the libraries that are loaded before a row is read",
    "two_way": "it is the sums of diff-diff put together by hand, without what its own functions do besides",
    "groups": "counting the cells alone takes what `cells_frikommune` takes",
    "risk": "counting the spells by week in the engine, without a curve or a check, takes what `risk_duckdb` takes",
}


def _goal(what: str, found: float, goal: float, unit: str, why: str, *, most: bool = False) -> str:
    if math.isnan(found):
        return f"* **{what}**: no number to compare with."
    met = found <= goal if most else found >= goal
    bound = f"{'at most' if most else 'at least'} {goal:g}"
    reason = f": {why}" if why and not met else ""
    return f"* **{what}**: {'met' if met else 'not met'}, {found:.3g} {unit} ({bound} was asked for){reason}."


def _head(timeout: float) -> str:
    return (
        f"Measured {datetime.now(UTC).date()}: {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB "
        f"{duckdb.__version__}, load at the beginning {os.getloadavg()[0]:.1f}. From a Parquet file on disk to the "
        f"result; every line a fresh process, the quickest of {TIMES} where the first call takes under {QUICK:.0f} s; "
        "nothing is kept between calls, save in `cells_kept`. Of a way that runs out of "
        f"{timeout:.0f} s or {MEMORY} GB that is said; a second call is made where the first took under 30 s. "
        "Times are right to some tens of milliseconds, so ratios of small ones to a factor of about one and a half. "
        "Lines that were not measured anew stand as an earlier run left them. Peers: "
        + "; ".join(f"{name}: {', '.join(_versions(name))}" for name in ENVIRONMENTS)
        + "."
    )


def _versions(environment: str) -> list[str]:
    wanted = [*ENVIRONMENTS[environment], "pandas"]
    code = f"from importlib.metadata import version; print('\\n'.join(f'{{e}} {{version(e)}}' for e in {wanted}))"
    done = subprocess.run([str(python_of(environment)), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def main() -> None:
    """Read the command line, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--spells", nargs="+", type=int, default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--most", type=int, default=10_000_000, help="rows or spells that the peers get")
    parser.add_argument("--peers", nargs="*", help="only these peers; the lines of the others stay as they are")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for two calls of one way")
    parser.add_argument("--folder", type=Path, default=None, help="where the data are made (100 million rows: 5 GB)")
    parser.add_argument("--out", type=Path, default=HERE / "one_pass.md")
    chosen = parser.parse_args()
    measure_all(chosen)


if __name__ == "__main__":
    main()
