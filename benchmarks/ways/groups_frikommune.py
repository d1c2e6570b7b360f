"""Group-time effects and 999 multiplier draws clustered by municipality, from cells."""

from pathlib import Path

import pyarrow.parquet as pq

from frikommune import cells, group_time, panel_of


def answer(path: Path) -> dict[str, list[float]]:
    """Return ATT(g, t) for every group and month, and its error from the draws."""
    starts = dict(pq.read_table(path.with_name("starts.parquet")).to_pandas().itertuples(index=False))
    counted = cells(path, outcomes={"y": "y"}, period="month", no_cache=True)
    found = group_time(panel_of(counted, "y", starts=starts), draws=999)
    return {"value": found.values.ravel().tolist(), "error": found.errors.ravel().tolist()}
