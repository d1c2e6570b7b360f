"""Two-way fixed effects on persons: diff-diff's within transformation and regression.

Its `TwoWayFixedEffects` takes one time before and one after for all; with staggered starts these are the parts that it
is made of.
"""

from pathlib import Path

import pandas as pd
from diff_diff import LinearRegression
from diff_diff.utils import within_transform


def answer(path: Path) -> dict[str, float]:
    """Return the effect and its CR1 error."""
    data = pd.read_parquet(path, columns=["kommune_kode", "month", "treated", "y"])
    within = within_transform(data, ["treated", "y"], "kommune_kode", "month", tol=1e-12)
    model = LinearRegression(include_intercept=False, cluster_ids=data["kommune_kode"].to_numpy(), vcov_type="hc1")
    columns = within[["treated_demeaned"]].to_numpy(), within["y_demeaned"].to_numpy()
    # The municipalities' intercepts are nested in the clusters: only the months' count.
    fit = model.fit(*columns, cluster_k_adjustment=data["month"].nunique())
    return {"value": float(fit.get_coefficient(0)), "error": float(fit.get_se(0))}
