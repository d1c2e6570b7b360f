"""Group-time effects on persons: diff-diff."""

from pathlib import Path

import numpy as np
import pandas as pd
from diff_diff import CallawaySantAnna


def answer(path: Path) -> dict[str, list[float]]:
    """Return ATT(g, t) for every group and month, and its error from 999 clustered draws."""
    data = pd.read_parquet(path, columns=["person_key", "kommune_kode", "month", "cohort", "y"])
    data["row"] = np.arange(len(data))
    model = CallawaySantAnna(
        control_group="never_treated", estimation_method="reg", cluster="kommune_kode", n_bootstrap=999,
        bootstrap_weights="rademacher", seed=1, panel=False,
    )  # fmt: skip
    found = model.fit(data, outcome="y", unit="row", time="month", first_treat="cohort").group_time_effects
    cells = [found[key] for key in sorted(found)]
    return {"value": [float(each["effect"]) for each in cells], "error": [float(each["se"]) for each in cells]}
