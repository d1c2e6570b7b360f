"""Spells as the peers take them: weeks and a code of the exit, in pandas; week for week as frikommune counts them."""

from pathlib import Path

import numpy as np
import pandas as pd

EXITS = ("selvforsorgelse", "jobafklaring", "andet", "fleksjob")
_COLUMNS = ["kommune_kode", "start", "end", "exit_to"]


def spell_weeks(path: Path) -> pd.DataFrame:
    """Return `cell`, `weeks` and `exit` (0 while under way, else 1 to 4)."""
    data = pd.read_parquet(path, columns=_COLUMNS)
    start, end = (pd.to_datetime(data[each]) for each in ("start", "end"))
    lasted = (end - start).dt.days // 7 + 1
    seen = ((pd.Timestamp(2020, 12, 31) - start).dt.days + 1) // 7
    out = lasted.notna() & (lasted <= seen)
    code = data["exit_to"].map({name: at + 1 for at, name in enumerate(EXITS)})
    made = pd.DataFrame(
        {
            "cell": data["kommune_kode"].astype(str)
            + " "
            + start.dt.year.astype(str)
            + "Q"
            + start.dt.quarter.astype(str),
            "weeks": np.where(out, lasted, seen).astype(int),
            "exit": np.where(out, code, 0).astype(int),
        }
    )
    return made[made["weeks"] > 0]
