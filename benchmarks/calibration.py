"""Measure how often inference raises a false alarm, and what it would see: on simulated and on real municipal series.

    python benchmarks/calibration.py [--real FOLDER of official series] [--replications 400] [--groups 300]

Writes `benchmarks/calibration.md`, and the measured columns of `data/inference.csv`. Simulated: 98 municipalities of
their real sizes, AR(1) shocks, an effect that is known. Survival: weeks on sickness benefit from synthetic registers.
Real: connected groups of municipalities outside North Jutland, to whom nothing happened, pretended treated in 2017 (all
groups, or a sample uniform over them) and at any date (groups that stand for the whole country).
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads of several processes only wait for another

import argparse
import csv
import heapq
import io
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from pathlib import Path

import numpy as np
from ibis import _
from scipy.stats import t as student

from frikommune import DataRoom, Panel, did, infer, open_room
from frikommune.cells import risk_table
from frikommune.demo import demo
from frikommune.duration import duration_panel, restricted_weeks
from frikommune.inference import Inference, grow_sets, places, together
from frikommune.municipalities import municipalities, network
from frikommune.shipped import data_file
from frikommune.trials import load_trials

PERIODS, START, LATER, PERSISTENCE = 18, 10, 13, 0.8
DRAWS, SIZES = 499, (1, 2, 3, 6, 7, 8, 11)
PRETENDED = (1, 2, 3, 6, 8, 11)
METHODS = ("scattered", "contiguous", "regional")
EFFECT = 2.0  # standard deviations of a municipality's own shock; in what pretends treatment, none happened
REGISTERS, REGISTER_SIZE = 8, 0.2
HERE = Path(__file__).parent
HEAD = """\
# False alarms, coverage and power of `infer`

`infer(did(panel), draws=499)` at a nominal 5 %. `infer` rules by the largest p-value of the methods beside it. Every
seed follows from the name of the row, the number treated and the number of the replication (`numpy.random.default_rng`
of their CRC-32 and the number).

* **infer, scattered, contiguous, regional**: false alarms where nothing happened, in percent.
* **error**: Monte-Carlo error of the column `infer`, in percentage points. Groups and windows of the real
  series overlap, so that their true error is larger.
* **coverage**: how often the 95 % interval holds the effect on the treated, in percent. Simulated panels have an
  effect of two standard deviations of a municipality's own shock; where *effects differ* it varies between
  municipalities with a standard deviation of one, and the effect on the treated is the mean of theirs, by people.
  Placebos are drawn from comparisons, which no effect reaches, and the interval moves with the estimate: so coverage
  is 100 less the false alarms but for ties.
* **elsewhere**: how often the interval holds the mean effect that *other* municipalities would have had. It is no
  answer to that question where effects differ.
* **power**: how often `infer` finds an effect of three standard deviations of the estimate; **best** is the most
  powerful of the three methods alone that holds its level (at most 6 %) in the same row, picked after the fact.
* **simulated**: the real sets of the trials (no trial has six: those are a trial's seven without Læsø), municipalities
  weighted by people; AR(1) shocks of 0.8, a sampling error that falls with size, and where something is shared a shock
  half as large as the own.
* **survival**: mean weeks on sickness benefit in the first 26 (Kaplan-Meier, by entry quarter) in eight synthetic
  registers of size 0.2; connected groups outside North Jutland, pretended treated in any window of 10 quarters before
  and 8 after. No trial reaches them there.
* **real, 2017**: connected groups outside North Jutland, pretended treated in 2017Q3, 10 quarters before and 8 after
  (unemployment: in 2017, 3 years and 2), municipalities counted equally: every group of one and two, and of larger ones
  a sample from the list of all, each equally likely (there are 495 of three, 16,069 of six, 167,442 of eight
  and 4,735,373 of eleven). Most of those lie around Copenhagen, and one date is one draw of what regions share: a row
  says less than its error makes believe.
* **real, any date**: the same with groups that stand for the whole country, each in a window of its own.

What to know. The goal, 3 to 6 % in every row, is met in 110 of 153 rows. 13 lie below: mostly rows where little or
nothing is shared, and the synthetic registers; that is the price of asking about a shock that is not there. 30 lie
above. The simulated ones among them have 200 replications and a large error: all worlds in which provinces share raise
4.7 % together, and *the five regions share*, a shock wider than the component knows of, 6.1 % (error 0.6). Real series
raise 4.8 % with up to three treated, but 6.4 % with six and more (social assistance per 1,000: 5 to 10 %), which is
more than noise: sets of that size span provinces, which the component takes to be independent and alike, and the real
ones are neither; in levels a shock is larger where the level is higher, and the logarithm of the same series raises 2
to 5 % in 2017. With six or more neighbours a p-value just below 0.05 should not be called sure.
Single rows are noisy: read the rows of one number treated together, as `data/inference.csv` does. The contiguous
placebo alone does not hold its level for six or more treated where provinces share: sets across a border share less
than a set within one province does.
"""
COLUMNS = (
    "| what | treated | infer | error | coverage | elsewhere | scattered | contiguous | regional | power | best |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
)
KNOWN = list(municipalities().values())
CODES = np.array([each.code for each in KNOWN])
PEOPLE = np.array([float(each.population) for each in KNOWN])
LAESOE = 825
PERSONS = 10_000.0  # a cell's sampling variance is this over its persons; a municipality's own shock has variance 1


@dataclass(frozen=True)
class World:
    """How a simulated panel is made: what is uneven, and what is shared by whom."""

    name: str
    sizes: bool = True
    shared: str = "province"
    heteroskedastic: bool = False
    tails: float = 0.0  # degrees of freedom of the innovations; 0 for normal ones
    staggered: bool = False
    differ: float = 0.0  # standard deviation of municipalities' effects


WORLDS = (
    World("nothing shared, even sizes", sizes=False, shared=""),
    World("nothing shared", shared=""),
    World("provinces share, even sizes", sizes=False),
    World("provinces share"),
    World("provinces share, own variances differ", heteroskedastic=True),
    World("provinces share, heavy tails (t with 3)", tails=3),
    World("provinces share, staggered starts", staggered=True),
    World("provinces share, effects differ", differ=1.0),
    World("the five regions share", shared="region"),
    World("shared by distance (exp(-d / 60 km))", shared="distance"),
)

MAIN = WORLDS[:4]
SERIES = (
    "employees, logarithm", "employees, percent of inhabitants", "social assistance, logarithm",
    "social assistance, per 1,000", "unemployment, logarithm", "unemployment, percent",
)  # fmt: skip


@dataclass(frozen=True)
class Trialled:
    """What was measured of one panel.

    Attributes:
        value: The estimate less the effect, which is the estimate of the same panel without it.
        critical: Largest such value that each method does not reject.
        covered: Whether the interval holds the effect on the treated.
        elsewhere: Whether it holds the mean effect of all municipalities.
    """

    value: float
    critical: dict[str, float]
    covered: bool
    elsewhere: bool


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    what: str
    size: int
    trials: list[Trialled]

    def alarms(self, method: str) -> float:
        """Return the share of false alarms of a method; NaN where it was not asked."""
        return float(np.mean([abs(each.value) > each.critical.get(method, np.nan) for each in self.trials]))

    def asked(self, method: str) -> bool:
        """Tell whether a method was asked at all."""
        return all(method in each.critical for each in self.trials)

    def power(self, method: str) -> float:
        """Return the share found of an effect of three standard deviations of the estimate."""
        effect = 3 * float(np.std([each.value for each in self.trials]))
        return float(np.mean([abs(each.value + effect) > each.critical[method] for each in self.trials]))

    def error(self) -> float:
        """Return the Monte-Carlo error of the chosen method's false alarms."""
        share = max(self.alarms("infer"), 1 / len(self.trials))
        return float(np.sqrt(share * (1 - share) / len(self.trials)))


def main() -> None:
    """Measure every row, print the table, write it and the measured rates behind `infer`."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--real", type=Path)
    asked.add_argument("--replications", type=int, default=400)
    asked.add_argument("--groups", type=int, default=300)
    asked.add_argument("--processes", type=int, default=os.cpu_count())
    options = asked.parse_args()
    began = time.perf_counter()
    tasks = [*simulated(options.replications), *survival(options.replications)]
    if options.real:
        tasks += [partial(real_2017, options.real, name, options.groups) for name in SERIES]
        tasks += [partial(real, options.real, name, options.groups * 2 // 3) for name in SERIES]
    with ProcessPoolExecutor(options.processes) as processes:
        lines = together_by_row([line for found in processes.map(run, tasks) for line in found])
    many = f"{options.replications} replications (half as many in the worlds that vary one thing)"
    took = f"{time.perf_counter() - began:.0f} s by {options.processes} processes"
    write(
        lines,
        f"in {took}, with {many} and up to {options.groups} groups of real series in 2017, two thirds at any date",
    )


def write(lines: list["Line"], made: str) -> None:
    """Write the table, and the measured rates behind `infer`.

    Args:
        lines: What was measured.
        made: How it was made.
    """
    table = "\n".join([*COLUMNS, *map(row, lines)])
    text = f"{HEAD}\n{table}\n\n{summary(lines)}\n\nMade by `benchmarks/calibration.py` {made}.\n"
    (HERE / "calibration.md").write_text(text, encoding="utf-8")
    record(lines)


def run(task: Callable[[], list["Line"]]) -> list["Line"]:
    """Measure some rows, and print them as soon as they are."""
    lines = task()
    for line in lines:
        print(row(line), flush=True)
    return lines


def together_by_row(lines: list["Line"]) -> list["Line"]:
    """Put the trials of one row together."""
    found: dict[tuple[str, int], list[Trialled]] = {}
    for line in lines:
        found.setdefault((line.what, line.size), []).extend(line.trials)
    return [Line(what, size, trials) for (what, size), trials in found.items()]


def simulated(replications: int) -> Iterator[Callable[[], list["Line"]]]:
    """Return a task for every world: the real sets of the trials, and scattered sets."""
    for world in WORLDS:
        many = replications if world in MAIN else replications // 2
        for size in SIZES:
            if not world.staggered or size > 1:
                yield partial(in_world, world, size, many)
    for world in MAIN[2:]:
        for size in (2, 3, 5):
            yield partial(scattered, world, size, replications)


def treated_sets() -> dict[int, tuple[int, ...]]:
    """Return the real sets of the trials by how many they are, and the whole network.

    No trial has six: those are the seven of `laegeattest_sdp` without Læsø, which has 1,800 inhabitants.
    """
    sets = {len(each.municipalities): each.municipalities for each in load_trials().values() if each.municipalities}
    without = tuple(code for code in load_trials()["laegeattest_sdp"].municipalities if code != LAESOE)
    return sets | {6: without, 11: network()}


def in_world(world: World, size: int, replications: int) -> list["Line"]:
    """Measure the real set of so many municipalities in one world."""
    treated = treated_sets()[size]
    seed, trials = zlib.crc32(f"{world.name} {size}".encode()), []
    for at in range(replications):
        rng = np.random.default_rng([seed, at])
        panel = treating(panel_of(rng, world), treated, staggered=world.staggered)
        trials.append(measured(panel, "people", EFFECT + world.differ * rng.normal(size=size)))
    return [Line(world.name, size, trials)]


def scattered(world: World, size: int, replications: int) -> list["Line"]:
    """Measure municipalities of different provinces in one world."""
    seed, trials = zlib.crc32(f"apart {world.name} {size}".encode()), []
    for at in range(replications):
        rng = np.random.default_rng([seed, at])
        chosen = apart(rng, size)
        trials.append(measured(treating(panel_of(rng, world), chosen), "people", np.full(size, EFFECT)))
    return [Line(f"{world.name}, treated apart", size, trials)]


def survival(replications: int) -> Iterator[Callable[[], list["Line"]]]:
    """Return a task for every synthetic register."""
    for seed in range(1, REGISTERS + 1):
        yield partial(in_register, seed, replications // REGISTERS)


def in_register(seed: int, groups: int) -> list["Line"]:
    """Measure connected groups on the durations of one synthetic register, in every window."""
    with tempfile.TemporaryDirectory() as folder:
        panel = durations(Path(folder) / "register", seed)
    return [
        Line(
            "survival: mean weeks of 26 on sickness benefit",
            size,
            pretended(panel, size, groups=groups, weights="people", span=(10, 8), seed=[seed, size]),
        )
        for size in PRETENDED
    ]


def durations(folder: Path, seed: int) -> Panel:
    """Make a register and return mean weeks on sickness benefit by municipality outside the network and quarter."""
    demo(folder, size=REGISTER_SIZE, seed=seed)
    sick = _.benefit == "sygedagpenge"
    table = risk_table(folder / "spells.parquet", end_of_data=date(2021, 12, 31), where=sick, horizon=26, no_cache=True)
    panel = duration_panel(restricted_weeks(table, weeks=26), starts={}, better="lower")
    complete = ~np.isnan(panel.Y).any(axis=1)
    return panel.take(complete & ~np.isin(np.array(panel.units), network()))


def real(folder: Path, name: str, groups: int) -> list["Line"]:
    """Measure connected groups on a real series, in every window."""
    outside, values = ~np.isin(CODES, network()), series(open_room(folder))[name]
    panel = plain(values[outside], CODES[outside], PEOPLE[outside])
    span = (10, 8) if values.shape[1] > 20 else (3, 2)
    lines = []
    for size in PRETENDED:
        seed = [zlib.crc32(name.encode()), size]
        trials = pretended(panel, size, groups=groups, weights="units", span=span, seed=seed)
        lines.append(Line(f"real, any date: {name}", size, trials))
    return lines


def real_2017(folder: Path, name: str, groups: int) -> list["Line"]:
    """Measure connected groups on a real series, treated in 2017: all of them, or as many with equal chances."""
    room, outside = open_room(folder), ~np.isin(CODES, network())
    values, labels = series(room)[name], periods(room, name)
    yearly = len(labels[0]) == len("2017")
    first, before, after = labels.index("2017" if yearly else "2017Q3"), *((3, 2) if yearly else (10, 8))
    panel = plain(values[outside, first - before : first + after], CODES[outside], PEOPLE[outside])
    lines = []
    for size in PRETENDED:
        chosen = ([panel.units[each] for each in one] for one in every_set(panel.units, size, groups))
        trials = [measured(panel.treating(one, before), "units") for one in chosen]
        lines.append(Line(f"real, 2017: {name}", size, trials))
    return lines


@cache
def every_set(units: tuple[int, ...], size: int, most: int) -> np.ndarray:
    """Return every connected set of so many units, or so many of them, each equally likely [sets x size]."""
    chance = np.random.default_rng(size)
    kept = heapq.nsmallest(most, each_set(places(units).touching, size), key=lambda _: chance.random())
    return np.array([[at for at in range(len(units)) if inside >> at & 1] for inside in kept])


def each_set(touching: np.ndarray, size: int) -> Iterator[int]:
    """Go through the connected sets of a graph, each of them once, as sums of powers of two: one for every unit.

    A set is reached from the first of its units alone, and a unit that was passed over is not come back to.

    References:
        Wernicke (2006), IEEE/ACM Transactions on Computational Biology and Bioinformatics 3(4), 347-359 (ESU).
    """
    beside = [sum(1 << int(at) for at in np.flatnonzero(each)) for each in touching]
    for first in range(len(beside)):
        passed = (2 << first) - 1
        waiting = [(1 << first, beside[first] & ~passed, beside[first] | passed)]
        while waiting:
            inside, ahead, seen = waiting.pop()
            if inside.bit_count() == size:
                yield inside
                continue
            while ahead:
                one = ahead & -ahead
                ahead ^= one
                near = beside[one.bit_length() - 1]
                waiting.append((inside | one, ahead | near & ~seen, seen | near))


def pretended(
    panel: Panel, size: int, *, groups: int, weights: str, span: tuple[int, int], seed: list[int]
) -> list[Trialled]:
    """Pretend that connected groups were treated, each in a window of its own."""
    rng = np.random.default_rng(seed)
    before, after = span
    trials = []
    for chosen in grow_sets(places(panel.units).touching, size, draws=groups, seed=zlib.crc32(str(seed).encode())):
        first = int(rng.integers(0, len(panel.periods) - before - after + 1))
        cut = slice(first, first + before + after)
        never = np.full(len(panel.units), before + after)
        cells = (panel.Y[:, cut], panel.n[:, cut], panel.var[:, cut])
        window = Panel(*cells, panel.units, tuple(range(before + after)), never)
        trials.append(measured(window.treating([panel.units[each] for each in chosen], before), weights))
    return trials


def periods(room: DataRoom, name: str) -> list[str]:
    """Return the periods of a real series."""
    key = name.partition(",")[0].replace(" ", "_")
    return sorted(room.municipal.loc[room.municipal["indicator"] == key, "period"].astype(str).unique())


def series(room: DataRoom) -> dict[str, np.ndarray]:
    """Return the real series in levels and logarithms [municipalities x periods]."""

    def grid(key: str) -> np.ndarray:
        rows = room.municipal[room.municipal["indicator"] == key]
        return rows.pivot_table(index="kommune_kode", columns="period", values="value").loc[CODES].to_numpy(float)

    employees, assistance, unemployed = (grid(key) for key in ("employees", "social_assistance", "unemployment"))
    return {
        "employees, logarithm": np.log(employees),
        "employees, percent of inhabitants": 100 * employees / PEOPLE[:, None],
        "social assistance, logarithm": np.log(np.maximum(assistance, 1)),
        "social assistance, per 1,000": 1000 * assistance / PEOPLE[:, None],
        "unemployment, logarithm": np.log(unemployed),
        "unemployment, percent": unemployed,
    }


def panel_of(rng: np.random.Generator, world: World) -> Panel:
    """Make a panel without an effect."""
    own = autoregressive(rng, len(CODES), world.tails)
    if world.heteroskedastic:
        own *= rng.lognormal(0, 0.4, (len(CODES), 1))
    values = own + 0.5 * common(rng, world)
    people = PEOPLE if world.sizes else np.full(len(CODES), 40_000.0)
    values += rng.normal(size=values.shape) * np.sqrt(PERSONS / people)[:, None]
    return plain(values, CODES, people)


def common(rng: np.random.Generator, world: World) -> np.ndarray:
    """Draw what municipalities share [municipalities x periods], of variance one."""
    if not world.shared:
        return np.zeros((len(CODES), PERIODS))
    if world.shared == "distance":
        at = np.array([(each.lon * 62.1, each.lat * 111.2) for each in KNOWN])
        apart_by = np.linalg.norm(at[:, None] - at, axis=2)
        return np.linalg.cholesky(np.exp(-apart_by / 60) + 1e-9 * np.eye(len(CODES))) @ autoregressive(rng, len(CODES))
    names = [getattr(each, world.shared) for each in KNOWN]
    distinct = sorted(set(names))
    return autoregressive(rng, len(distinct))[[distinct.index(name) for name in names]]


def autoregressive(rng: np.random.Generator, units: int, tails: float = 0) -> np.ndarray:
    """Draw AR(1) shocks with unit variance [units x periods]."""
    steps = rng.normal(size=(units, PERIODS))
    if tails:
        steps = rng.standard_t(tails, size=steps.shape) / np.sqrt(tails / (tails - 2))
    steps[:, 1:] *= np.sqrt(1 - PERSISTENCE**2)
    for at in range(1, PERIODS):
        steps[:, at] += PERSISTENCE * steps[:, at - 1]
    return steps


def plain(values: np.ndarray, codes: np.ndarray, people: np.ndarray) -> Panel:
    """Make a panel in which nobody is treated."""
    n = np.repeat(people[:, None], values.shape[1], axis=1)
    never = np.full(len(codes), values.shape[1])
    units = tuple(int(code) for code in codes)
    return Panel(values, n, np.full(values.shape, np.nan), units, tuple(range(values.shape[1])), never)


def treating(panel: Panel, chosen: tuple[int, ...], *, staggered: bool = False) -> Panel:
    """Treat units, every other one later where starts are staggered."""
    panel = panel.treating(chosen, START)
    if not staggered:
        return panel
    later = np.flatnonzero(panel.treated)[1::2]
    starts = panel.start.copy()
    starts[later] = LATER
    return replace(panel, start=starts)


def apart(rng: np.random.Generator, size: int) -> tuple[int, ...]:
    """Draw municipalities of different provinces that do not border each other."""
    where = places(tuple(CODES.tolist()))
    chosen = rng.choice(len(CODES), size, replace=False)
    while together(where, chosen):
        chosen = rng.choice(len(CODES), size, replace=False)
    return tuple(CODES[chosen].tolist())


def measured(panel: Panel, weights: str, effects: np.ndarray | None = None) -> Trialled:
    """Add effects to the treated, estimate, infer, and keep what the table needs.

    Args:
        panel: A panel in which nothing happened.
        weights: What a municipality counts.
        effects: What is added to each treated municipality from its start on; nothing where none.
    """
    effects = np.zeros(int(panel.treated.sum())) if effects is None else effects
    happened = np.arange(len(panel.periods)) >= panel.start[:, None]
    added = np.zeros(panel.Y.shape)
    added[panel.treated] = effects[:, None]
    estimate = did(panel.holding(panel.Y + added * happened), weights="units" if weights == "units" else "people")
    mass = np.ones(effects.size) if weights == "units" else panel.n[panel.treated].mean(axis=1)
    truth = float(np.average(effects, weights=mass))
    how = infer(estimate, DRAWS)
    critical = {each.method: beyond(each) for each in how.parts}
    critical["infer"] = max(critical.values()) if how.method != "none" else np.inf
    mean = EFFECT if effects.any() else 0.0
    return Trialled(estimate.value - truth, critical, how.low <= truth <= how.high, how.low <= mean <= how.high)


def beyond(how: Inference) -> float:
    """Return the largest estimate that a method does not reject at its level."""
    if how.method == "regional":
        return float(how.sd * student.ppf((1 + how.level) / 2, how.df))
    needed = int((1 - how.level) * (1 + how.draws.size) + 1e-9)
    return float(np.sort(np.abs(how.draws))[-needed]) if needed else np.inf


def row(line: Line) -> str:
    """Set one measured row."""
    percent = [f"{100 * line.alarms(each):.1f}" if line.asked(each) else "–" for each in METHODS]
    holds = [each for each in METHODS if line.asked(each) and line.alarms(each) <= 0.06]
    best = max(holds, key=line.power, default=None)
    rival = f"{best} {100 * line.power(best):.0f}" if best else "none"
    held = 100 * np.mean([(each.covered, each.elsewhere) for each in line.trials], axis=0)
    numbers = [*(f"{each:.1f}" for each in (100 * line.alarms("infer"), 100 * line.error(), *held)), *percent]
    return " | ".join([f"| {line.what}", str(line.size), *numbers, f"{100 * line.power('infer'):.0f}", f"{rival} |"])


def summary(lines: list[Line]) -> str:
    """Say how many rows keep their level, and name those that do not."""
    inside = [each for each in lines if 0.03 <= each.alarms("infer") <= 0.06]
    wrong = [each for each in lines if each.alarms("infer") - 2 * each.error() > 0.05]
    named = "; ".join(f"{each.what}, {each.size} treated ({100 * each.alarms('infer'):.1f} %)" for each in wrong)
    over = f"{len(wrong)} above 5 % by more than two errors{': ' + named if wrong else ''}"
    below = sum(each.alarms("infer") < 0.03 for each in lines)
    return f"Of {len(lines)} rows {len(inside)} lie between 3 and 6 %, {below} below 3 % (conservative), {over}."


def record(lines: list[Line]) -> None:
    """Write the measured rates behind `infer` into its table."""
    path = data_file("inference.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    for each in rows:
        single = each["treated_from"] == "1"
        world = "provinces share" + (", even sizes" if each["sizes"] == "even" and not single else "")
        world += ", treated apart" if each["lie"] == "apart" and not single else ""
        span = range(int(each["treated_from"]), int(each["treated_to"]) + 1)
        fill(each, "simulated", [line for line in lines if line.what == world and line.size in span])
        near = single or each["lie"] == "together"
        fill(each, "real", [line for line in lines if near and line.what.startswith("real") and line.size in span])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def fill(entry: dict[str, str], column: str, lines: list[Line]) -> None:
    """Write a rate and its error, of all trials of some rows together."""
    if lines:
        shares = np.array([line.alarms("infer") for line in lines])
        share, count = float(shares.mean()), sum(len(line.trials) for line in lines)
        error = np.sqrt(share * (1 - share) / count)
        if column == "real":  # groups of one series overlap, so that they say less than as many others would
            error = max(error, shares.std(ddof=1) / np.sqrt(shares.size))
        entry[column], entry[f"{column}_error"] = f"{share:.4f}", f"{error:.4f}"


if __name__ == "__main__":
    main()
