"""Everything after the pass: estimate, 9,999 placebo draws and smallest detectable effect, from the cells."""

from pathlib import Path

import pyarrow.parquet as pq

from frikommune import Panel, cells, did, panel_of, placebo


def ready(path: Path) -> Panel:
    """Return the panel: the pass, which is measured elsewhere."""
    starts = dict(pq.read_table(path.with_name("starts.parquet")).to_pandas().itertuples(index=False))
    return panel_of(cells(path, outcomes={"y": "y"}, period="month", no_cache=True), "y", starts=starts)


def answer(panel: Panel) -> dict[str, float]:
    """Return the effect, its p-value and the smallest effect that could have been seen."""
    effect = did(panel)
    how = placebo(effect, draws=9999)
    return {"value": effect.value, "p": how.p, "smallest": how.smallest_detectable}
