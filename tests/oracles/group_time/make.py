"""Make `persons.csv` and `effects.json`: ATT(g, t) of repeated cross-sections in csdid 0.4.3 and diff-diff 3.13.0.

python tests/oracles/group_time/make.py csdid        # in an environment with csdid
python tests/oracles/group_time/make.py diff_diff    # in one with diff-diff
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
STARTS = {0: 3, 1: 3, 2: 3, 3: 3, 4: 5, 5: 5, 6: 5, 7: 5, 8: 5}


def persons() -> pd.DataFrame:
    """Return persons in 24 units of unlike size and 6 periods, two groups of starts and effects that grow."""
    rng = np.random.default_rng(5)
    rows = [
        {"unit": unit, "period": period, "first": STARTS.get(unit, 0), "y": y}
        for unit in range(24)
        for period in range(1, 7)
        for y in np.round(
            unit / 10 + rng.normal() / 3 + (unit in STARTS and period >= STARTS[unit]) * period / 10
            + rng.normal(size=rng.integers(2, 12)), 3)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(row=np.arange(len(frame)))


def csdid(frame: pd.DataFrame) -> list[tuple[int, int, float]]:
    """Return (start, period, effect) from csdid."""
    model = import_module("csdid.att_gt").ATTgt(
        yname="y", tname="period", idname="row", gname="first", data=frame, control_group=["nevertreated"], panel=False
    )
    found = model.fit(est_method="reg", base_period="varying", bstrap=False).results
    return [
        (int(g), int(t), float(v)) for g, t, v in zip(found["group"], found["year"], found["att"], strict=True)
    ]  # fmt: skip


def diff_diff(frame: pd.DataFrame) -> list[tuple[int, int, float, float]]:
    """Return (start, period, effect, error by unit) from diff-diff: Rademacher draws by unit."""
    model = import_module("diff_diff").CallawaySantAnna(
        control_group="never_treated", estimation_method="reg", cluster="unit", n_bootstrap=99_999,
        bootstrap_weights="rademacher", seed=1, panel=False,
    )  # fmt: skip
    found = model.fit(frame, outcome="y", unit="row", time="period", first_treat="first").group_time_effects
    return [(int(g), int(t), float(each["effect"]), float(each["se"])) for (g, t), each in sorted(found.items())]


def main(package: str) -> None:
    """Write what one package says beside what is there."""
    frame = persons()
    frame.drop(columns="row").to_csv(HERE / "persons.csv", index=False)
    place = HERE / "effects.json"
    known = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    known[package] = {"csdid": csdid, "diff_diff": diff_diff}[package](frame)
    place.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
