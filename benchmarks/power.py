"""Compare smallest detectable effects as predicted with those that simulation finds: python benchmarks/power.py.

Writes `benchmarks/power.md`. A prediction is the mean over panels of what is said of them; the simulated one is the
effect that the same tests find in 80 % of other panels, their critical values met with those panels' estimates.
`smallest_detectable` is that of placebo inference; `reach`, which `municipalities_needed` asks, is predicted from
panels with one treated and held against `infer` on panels that treat as many as it was asked about.
"""

from pathlib import Path

import numpy as np
from scipy.stats import t as student

from frikommune import Estimate, Panel, did, infer, placebo
from frikommune.inference import Inference
from frikommune.municipalities import municipalities
from frikommune.power import reach

PANELS, CRITICAL, DRAWS = 1500, 60, 999
SIZES = (1, 2, 5, 11, 20, 40)
CODES = tuple(municipalities())


def main() -> None:
    """Measure every row, print the table and write it."""
    rows = ["| treated | said by | predicted | simulated | difference |", "|---:|---|---:|---:|---:|"]
    for size in SIZES:
        for name, measure in (("smallest_detectable", of_placebo), ("reach", of_reach)):
            predicted, simulated = measure(size)
            apart = 100 * (predicted / simulated - 1)
            rows.append(f"| {size} | `{name}` | {predicted:.3f} | {simulated:.3f} | {apart:+.1f} % |")
            print(rows[-1], flush=True)
    head = f"# Smallest detectable effects\n\n98 units, {PANELS} panels, scattered sets, {DRAWS} draws, 80 % power.\n"
    (Path(__file__).parent / "power.md").write_text("\n".join([head, *rows, ""]), encoding="utf-8")


def of_placebo(size: int) -> tuple[float, float]:
    """Return the predicted and the simulated smallest detectable effect of placebo inference with so many treated."""
    estimates = [did(panel(seed, size), weights="units") for seed in range(PANELS)]
    answers = [placebo(each, DRAWS) for each in estimates[:CRITICAL]]
    critical = np.array([beyond(each) for each in answers])
    return float(np.mean([each.smallest_detectable for each in answers])), found(estimates, critical)


def of_reach(size: int) -> tuple[float, float]:
    """Return what panels with one treated say of so many, and what `infer` finds on panels that treat them."""
    estimates = [did(panel(seed, size), weights="units") for seed in range(PANELS)]
    critical = np.array([max(map(beyond, infer(each, DRAWS).parts)) for each in estimates[:CRITICAL]])
    said = [reach(did(panel(seed, 1), weights="units"), size) for seed in range(CRITICAL)]
    return float(np.mean(said)), found(estimates, critical)


def beyond(how: Inference) -> float:
    """Return the largest estimate that a method does not reject."""
    if how.method == "regional":
        return float(how.sd * student.ppf(0.975, how.df))
    return float(np.sort(np.abs(how.draws))[-int(0.05 * (1 + len(how.draws)))])


def found(estimates: list[Estimate], critical: np.ndarray) -> float:
    """Return the effect that lies beyond the critical values in 80 % of the panels."""
    values = np.array([each.value for each in estimates])
    tried = np.linspace(0, 6, 3001)
    shares = [np.mean(values + effect > critical[np.arange(PANELS) % CRITICAL]) for effect in tried]
    return float(np.interp(0.8, shares, tried))


def panel(seed: int, size: int) -> Panel:
    """Make a panel of independent normal cells without an effect."""
    rng = np.random.default_rng([seed, size])
    values = rng.normal(size=(len(CODES), 8))
    starts = np.where(rng.permutation(len(CODES)) < size, 5, 8)
    empty = np.full(values.shape, np.nan)
    return Panel(values, empty, empty, CODES, tuple(range(8)), starts)


if __name__ == "__main__":
    main()
