"""Measure how long it takes to draw the figures of one trial: python benchmarks/figures.py.

Writes `benchmarks/figures.md`. Everything that the page of one trial draws, as SVG and as PNG, from answers made
before; each figure's best of some rounds in one process, after a first round that warms the fonts.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from frikommune import alternatives, figures, histories, network_answers, open_room, trial, trial_answers

TRIAL, DRAWS, ROUNDS, GOAL = "formkrav_samtaler", 499, 7, 2.0


def main() -> None:
    """Measure every figure, print the table and write it."""
    jobs = drawings()
    rounds = [{name: seconds(draw) for name, draw in jobs.items()} for _ in range(1 + ROUNDS)][1:]
    best = {name: min(each[name] for each in rounds) for name in jobs}
    rows = ["| figure | CPU seconds | kB of SVG |", "|---|---:|---:|"]
    sizes = {name: len(drawn(draw).svg.encode()) / 1000 for name, draw in jobs.items()}
    rows += [f"| {name} | {spent:.2f} | {sizes[name]:.0f} |" for name, spent in best.items()]
    rows.append(f"| all of one trial | {sum(best.values()):.2f} | {sum(sizes.values()):.0f} |")
    head = (
        f"# Drawing the figures of one trial\n\nTrial {TRIAL}: every figure of its page, as SVG and PNG, three series "
        f"in most; the goal is\nless than {GOAL:.0f} seconds. CPU seconds, each figure's best of {ROUNDS} rounds; load "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores while it ran.\n"
    )
    text = "\n".join([head, *rows, ""])
    print(text)
    (Path(__file__).parent / "figures.md").write_text(text, encoding="utf-8")


def drawings() -> dict[str, Callable[[], figures.Figure | None]]:
    """Return what the page draws, with everything computed that it is drawn from."""
    room = open_room()
    mine, together = trial_answers(room, trial(TRIAL), draws=DRAWS), network_answers(room, draws=DRAWS)
    other = alternatives(mine, draws=DRAWS)
    made = {
        "map, trial": partial(figures.where, mine, "da"),
        "other choices": partial(figures.other_choices, other, "da"),
        "what it takes": partial(figures.what_it_takes, other, "da"),
    }
    for answers, whose in ((mine, "trial"), (together, "network")):
        for name, draw, drawn in (
            ("placebos", figures.placebos, answers),
            ("levels", figures.levels, answers),
            ("over time", figures.over_time, histories(answers)),
        ):
            made[f"{name}, {whose}"] = partial(draw, drawn, "da", whose=whose)
    return made


def drawn(draw: Callable[[], figures.Figure | None]) -> figures.Figure:
    """Return a figure of a trial that shows one."""
    figure = draw()
    assert figure is not None
    return figure


def seconds(draw: Callable[[], figures.Figure | None]) -> float:
    """Return the CPU seconds that a drawing takes."""
    start = time.process_time()
    draw()
    return time.process_time() - start


if __name__ == "__main__":
    main()
