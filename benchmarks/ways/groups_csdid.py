"""Group-time effects on persons: csdid."""

from pathlib import Path

import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt


def answer(path: Path) -> dict[str, list[float]]:
    """Return ATT(g, t) for every group and month, and its error from 999 clustered draws."""
    data = pd.read_parquet(path, columns=["kommune_kode", "month", "cohort", "y"])
    data["row"] = np.arange(len(data))
    model = ATTgt(
        yname="y", tname="month", idname="row", gname="cohort", data=data, control_group=["nevertreated"],
        panel=False, clustervar="kommune_kode", biters=999,
    )  # fmt: skip
    found = model.fit(est_method="reg", base_period="varying", bstrap=True).results
    order = np.lexsort((np.asarray(found["year"]), np.asarray(found["group"])))
    value, error = (np.asarray(found[each], float)[order] for each in ("att", "se"))
    return {"value": value.tolist(), "error": error.tolist()}
