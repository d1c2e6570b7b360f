"""Compare smallest detectable effects as predicted with those that simulation finds: python benchmarks/power.py.

Writes `benchmarks/power.md`. A prediction is the mean over panels of what placebo inference says; the simulated one is
the effect that the same tests find in 80 % of other panels, their critical values met with those panels' estimates.
"""

from pathlib import Path

import numpy as np

from frikommune import Panel, did, placebo
from frikommune.municipalities import municipalities

PANELS, CRITICAL, DRAWS = 1500, 60, 999
CODES = tuple(municipalities())


def main() -> None:
    """Measure every row, print the table and write it."""
    rows = ["| treated | predicted | simulated | difference |", "|---:|---:|---:|---:|"]
    for size in (1, 2, 5, 11, 20, 40):
        predicted, simulated = measured(size)
        rows.append(f"| {size} | {predicted:.3f} | {simulated:.3f} | {100 * (predicted / simulated - 1):+.1f} % |")
        print(rows[-1], flush=True)
    head = (
        f"# Smallest detectable effects\n\n98 units, {PANELS} panels, scattered placebos, {DRAWS} draws, 80 % power.\n"
    )
    (Path(__file__).parent / "power.md").write_text("\n".join([head, *rows, ""]), encoding="utf-8")


def measured(size: int) -> tuple[float, float]:
    """Return the predicted and the simulated smallest detectable effect for so many treated."""
    estimates = [did(panel(seed, size), weights="units") for seed in range(PANELS)]
    answers = [placebo(each, DRAWS) for each in estimates[:CRITICAL]]
    critical = np.array([np.sort(np.abs(each.draws))[-int(0.05 * (1 + len(each.draws)))] for each in answers])
    values = np.array([each.value for each in estimates])
    tried = np.linspace(0, 6, 3001)
    found = [np.mean(values + effect > critical[np.arange(PANELS) % CRITICAL]) for effect in tried]
    return float(np.mean([each.smallest_detectable for each in answers])), float(np.interp(0.8, found, tried))


def panel(seed: int, size: int) -> Panel:
    """Make a panel of independent normal cells without an effect."""
    values = np.random.default_rng([seed, size]).normal(size=(len(CODES), 8))
    starts = np.where(np.arange(len(CODES)) < size, 5, 8)
    empty = np.full(values.shape, np.nan)
    return Panel(values, empty, empty, CODES, tuple(range(8)), starts)


if __name__ == "__main__":
    main()
