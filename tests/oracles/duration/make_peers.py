"""Numbers from lifelines and scikit-survival for tests/test_duration.py: python make_peers.py, in this folder.

Both pin versions that the package itself cannot live with, so their numbers are stored.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator

rows: list[tuple[str, str, str, int, float]] = []


def spells(name: str) -> pd.core.groupby.DataFrameGroupBy:
    frame = pd.read_csv(f"{name}.csv", dtype={"cell": str}, keep_default_na=False)
    return frame.groupby("cell")


for name, weeks in (("veteran", (52, 150, 300)), ("colon", (365, 1000, 1825))):
    for cell, some in spells(name):
        out = (some["exit"] != "").to_numpy()
        times, shares = kaplan_meier_estimator(out, some["weeks"])
        fitted = KaplanMeierFitter().fit(some["weeks"], out)
        for week in weeks:
            rows.append((name, cell, "sksurv", week, shares[times <= week][-1]))
            rows.append((name, cell, "lifelines", week, float(fitted.predict(week))))
            rows.append((name, cell, "lifelines:rmst", week, restricted_mean_survival_time(fitted, t=week)))
for cell, some in spells("mgus2"):
    kind = some["exit"].map({"": 0, "pcm": 1, "death": 2}).to_numpy()
    times, shares = cumulative_incidence_competing_risks(kind, some["weeks"].to_numpy())
    for week in (26, 104, 300):
        at = np.flatnonzero(times <= week)[-1]
        rows += [("mgus2", cell, f"sksurv:{way}", week, shares[k, at]) for k, way in ((1, "pcm"), (2, "death"))]
peers = pd.DataFrame(rows, columns=["data", "cell", "what", "week", "value"])
peers.to_csv("peers.csv", index=False, float_format="%.17g")
told = f"lifelines {version('lifelines')} scikit-survival {version('scikit-survival')}\n"
Path("peers_versions.txt").write_text(told, encoding="utf-8")
