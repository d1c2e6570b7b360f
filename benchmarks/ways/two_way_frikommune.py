"""Two-way fixed effects from cells."""

from pathlib import Path

import pyarrow.parquet as pq

from frikommune import cells, panel_of, two_way


def answer(path: Path) -> dict[str, float]:
    """Return the effect and its CR1 error."""
    starts = dict(pq.read_table(path.with_name("starts.parquet")).to_pandas().itertuples(index=False))
    counted = cells(path, outcomes={"y": "y"}, period="month", no_cache=True)
    fit = two_way(panel_of(counted, "y", starts=starts))
    return {"value": float(fit.coefficients[0]), "error": float(fit.errors[0])}
