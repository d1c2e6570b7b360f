"""Group-time effects on persons: moderndid."""

from pathlib import Path

import moderndid
import numpy as np
import polars as pl


def answer(path: Path) -> dict[str, list[float]]:
    """Return ATT(g, t) for every group and month, and its error from 999 clustered draws."""
    data = pl.read_parquet(path, columns=["kommune_kode", "month", "cohort", "y"]).with_row_index("row")
    found = moderndid.att_gt(
        data, yname="y", tname="month", idname="row", gname="cohort", est_method="reg", panel=False,
        boot=True, biters=999, clustervars=["kommune_kode"], control_group="nevertreated", random_state=1,
    )  # fmt: skip
    order = np.lexsort((found.times, found.groups))
    return {"value": np.asarray(found.att_gt)[order].tolist(), "error": np.asarray(found.se_gt)[order].tolist()}
