"""Two-way fixed effects on persons: pyfixest."""

from pathlib import Path

import pandas as pd
import pyfixest


def answer(path: Path) -> dict[str, float]:
    """Return the effect and its CR1 error."""
    data = pd.read_parquet(path, columns=["kommune_kode", "month", "treated", "y"])
    fit = pyfixest.feols("y ~ treated | kommune_kode + month", data, vcov={"CRV1": "kommune_kode"}, copy_data=False)
    return {"value": float(fit.coef()["treated"]), "error": float(fit.se()["treated"])}
