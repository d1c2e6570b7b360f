"""Measure how long it takes to draw the figures of one trial: python benchmarks/figures.py.

Writes `benchmarks/figures.md`. Everything that the page of one trial draws, as SVG and as PNG, from answers made before;
the best of three rounds in one process, after a first that warms the fonts.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from frikommune import figures, histories, network_answers, open_room, trial, trial_answers

TRIAL, DRAWS, ROUNDS, GOAL = "formkrav_samtaler", 499, 3, 2.0


def main() -> None:
    """Measure every figure, print the table and write it."""
    jobs = drawings()
    rounds = [{name: seconds(draw) for name, draw in jobs.items()} for _ in range(1 + ROUNDS)][1:]
    best = min(rounds, key=lambda each: sum(each.values()))
    rows = ["| figure | seconds | kB of SVG |", "|---|---:|---:|"]
    sizes = {name: len(draw().svg.encode()) / 1000 for name, draw in jobs.items()}
    rows += [f"| {name} | {spent:.2f} | {sizes[name]:.0f} |" for name, spent in best.items()]
    rows.append(f"| all of one trial | {sum(best.values()):.2f} | {sum(sizes.values()):.0f} |")
    head = (
        f"# Drawing the figures of one trial\n\nTrial {TRIAL}: every figure of its page, as SVG and PNG, three series in "
        f"most; the goal is less than {GOAL:.0f} seconds.\nBest of {ROUNDS} rounds, one process, load {os.getloadavg()[0]:.1f} "
        f"on {os.cpu_count()} cores while it ran.\n"
    )
    text = "\n".join([head, *rows, ""])
    print(text)
    (Path(__file__).parent / "figures.md").write_text(text, encoding="utf-8")


def drawings() -> dict[str, Callable[[], figures.Figure]]:
    """Return what the page draws, with everything computed that it is drawn from."""
    room = open_room()
    mine, together = trial_answers(room, trial(TRIAL), draws=DRAWS), network_answers(room, draws=DRAWS)
    made: dict[str, Callable[[], figures.Figure]] = {}
    for answers, whose in ((mine, "trial"), (together, "network")):
        over = histories(answers)
        made[f"placebos, {whose}"] = lambda answers=answers, whose=whose: figures.placebos(answers, "da", whose=whose)
        made[f"levels, {whose}"] = lambda answers=answers, whose=whose: figures.levels(answers, "da", whose=whose)
        made[f"over time, {whose}"] = lambda over=over, whose=whose: figures.over_time(over, "da", whose=whose)
    made["map, trial"] = lambda: figures.where(mine, "da")
    return made


def seconds(draw: Callable[[], figures.Figure]) -> float:
    """Return the seconds of wall time that a drawing takes."""
    start = time.perf_counter()
    draw()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
