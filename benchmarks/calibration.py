"""Measure how often placebo inference raises a false alarm: on simulated panels, and on real municipal series.

    python benchmarks/calibration.py [FOLDER of official series]

Writes `benchmarks/calibration.md`. Simulated: 98 municipalities, AR(1) shocks, no effect; with and without a shock that
all of North Jutland shares. Real: connected groups of municipalities outside North Jutland, pretended treated in the
middle of a window in which nothing happened to them.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from frikommune import Panel, did, official_panel, open_room, placebo
from frikommune.municipalities import municipalities, network
from frikommune.trials import load_trials

PERIODS, START, PERSISTENCE = 18, 10, 0.8
SIMULATIONS, DRAWS = 400, 499
GROUPS = 150
HERE = Path(__file__).parent
HEAD = (
    "# False alarms of scattered placebo inference",
    "",
    f'`placebo(did(panel, weights="units"), draws={DRAWS})`, placebos drawn from the comparison units.',
    "The seed of a simulated panel is its number; the groups on real series are drawn with their size as seed.",
    "",
)
CODES = np.array(list(municipalities()))


def main() -> None:
    """Measure every row, print the table and write it."""
    began = time.perf_counter()
    rows = ["| what | treated | regional shock | false alarms at 5 % | standard error |", "|---|---|---|---|---|"]
    rows += list(simulated())
    if len(sys.argv) > 1:
        rows += list(real(Path(sys.argv[1])))
    took = time.perf_counter() - began
    text = "\n".join([*HEAD, *rows, "", f"Made by `benchmarks/calibration.py` in {took:.0f} s on 2 cores."])
    print(text)
    (HERE / "calibration.md").write_text(f"{text}\n", encoding="utf-8")


def simulated() -> Iterator[str]:
    """Measure the real sets of the trials on simulated panels."""
    sets = {len(each.municipalities): each.municipalities for each in load_trials().values() if each.municipalities}
    sets[11] = network()
    for size in (1, 2, 3, 7, 11):
        for shock in (0.0, 0.5):
            alarms = [alarm(simulated_panel(seed, shock), sets[size]) for seed in range(SIMULATIONS)]
            yield row("simulated", size, f"{shock:g} of a municipal one", alarms)


def simulated_panel(seed: int, shock: float) -> Panel:
    """Make a panel without an effect."""
    rng = np.random.default_rng(seed)
    north = np.isin(CODES, network())
    values = autoregressive(rng, len(CODES)) + shock * north[:, None] * autoregressive(rng, 1)
    empty = np.full(values.shape, np.nan)
    never = np.full(len(CODES), PERIODS)
    return Panel(Y=values, n=empty, var=empty, units=tuple(CODES), periods=tuple(range(PERIODS)), start=never)


def autoregressive(rng: np.random.Generator, units: int) -> np.ndarray:
    """Draw AR(1) shocks with unit variance [units x periods]."""
    steps = rng.normal(size=(units, PERIODS))
    steps[:, 1:] *= np.sqrt(1 - PERSISTENCE**2)
    for at in range(1, PERIODS):
        steps[:, at] += PERSISTENCE * steps[:, at - 1]
    return steps


def alarm(panel: Panel, treated: tuple[int, ...]) -> bool:
    """Tell whether a test at 5 % raises an alarm."""
    return placebo(did(panel.treating(treated, START), weights="units"), draws=DRAWS).p <= 0.05


def real(folder: Path) -> Iterator[str]:
    """Measure connected groups on the real series, in every window of 10 + 8 quarters from 2008."""
    room = open_room(folder)
    for key in ("employees", "social_assistance"):
        panel = official_panel(room, key, (), "2099Q1")
        panel = panel.take(~np.isin(panel.units, network()))
        for size in (2, 3, 6, 8, 11):
            rng = np.random.default_rng(size)
            alarms = []
            for _ in range(GROUPS):
                first = int(rng.integers(4, len(panel.periods) - PERIODS))
                alarms.append(alarm(windowed(panel, first), connected(rng, set(panel.units), size)))
            yield row(f"real, {key}, connected group", size, "as it was", alarms)


def windowed(panel: Panel, first: int) -> Panel:
    """Return 18 periods of a panel, numbered from 0."""
    values = panel.Y[:, first : first + PERIODS]
    empty = np.full(values.shape, np.nan)
    never = np.full(len(panel.units), PERIODS)
    return Panel(Y=values, n=empty, var=empty, units=panel.units, periods=tuple(range(PERIODS)), start=never)


def connected(rng: np.random.Generator, allowed: set[int], size: int) -> tuple[int, ...]:
    """Grow a connected group from a random municipality; start again where it cannot grow."""
    while True:
        group = [int(rng.choice(sorted(allowed)))]
        while len(group) < size:
            edge = sorted(
                {other for code in group for other in municipalities()[code].neighbours} & allowed - set(group)
            )
            if not edge:
                break
            group.append(int(rng.choice(edge)))
        if len(group) == size:
            return tuple(group)


def row(what: str, size: int, shock: str, alarms: list[bool]) -> str:
    """Set one measured row."""
    share = float(np.mean(alarms))
    error = (share * (1 - share) / len(alarms)) ** 0.5
    return f"| {what} | {size} | {shock} | {100 * share:.0f} % | {100 * error:.1f} |"


if __name__ == "__main__":
    main()
