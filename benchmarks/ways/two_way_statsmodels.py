"""Two-way fixed effects on persons: statsmodels, with a dummy for each municipality and month."""

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm


def answer(path: Path) -> dict[str, float]:
    """Return the effect and its clustered error, with the small-sample factor of the others."""
    data = pd.read_parquet(path, columns=["kommune_kode", "month", "treated", "y"])
    dummies = pd.get_dummies(data[["kommune_kode", "month"]].astype("category"), drop_first=True, dtype=float)
    x = np.column_stack([data["treated"].astype(float), np.ones(len(data)), dummies])
    groups = {"groups": data["kommune_kode"].to_numpy()}
    fit = sm.OLS(data["y"].to_numpy(), x).fit(cov_type="cluster", cov_kwds=groups)
    # statsmodels counts the municipalities' intercepts, which are nested in the clusters.
    rows, months = len(data), data["month"].nunique()
    factor = (rows - x.shape[1]) / (rows - 1 - months)
    return {"value": float(fit.params[0]), "error": float(fit.bse[0] * factor**0.5)}
