"""Answers become a panel: what participants think against what others think, by the same designs as any outcome."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from frikommune.errors import BadDesign
from frikommune.panel.making import Start
from frikommune.panel.noun import Panel
from frikommune.survey import Item, Responses, responses, rounds


def opinion_panel(frame: pd.DataFrame, about: Item, *, trial: str, role: str, starts: Mapping[Any, Start]) -> Panel:
    """Make the panel of the share that agrees, by municipality and round.

    Right when municipalities outside the trial were asked the same question in the same rounds, before the start and
    after it. It is an opinion all the same: what comes of it is the trial's effect on what is answered.

    Args:
        frame: The table `survey`.
        about: The question.
        trial: Key of the trial.
        role: Who was asked.
        starts: First treated round of each participating municipality, as the rounds are called.

    Returns:
        Y = weighted share that agrees; n = answers; var = the spread of the answers within the cell, by weight.

    Raises:
        BadDesign: Nobody outside the trial was asked, or a municipality that starts was not.
        BadData: As `frikommune.survey.responses`.
    """
    waves = sorted(wave for of, key, wave in rounds(frame, trial) if (of, key) == (role, about.key))
    rows = [_cells(responses(frame, about, trial=trial, role=role, wave=wave), wave) for wave in waves]
    cells = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({"unit": []})
    treated = {unit for unit, start in starts.items() if start is not None}
    units = set(cells["unit"])
    if not units - treated or treated - units:
        raise BadDesign(
            f"{about.key} was answered in {len(units)} municipalities, {len(units - treated)} of them outside the "
            f"trial, and by {len(treated & units)} of {len(treated)} that take part: both kinds were expected."
        )
    return Panel.from_frame(
        cells.assign(start=cells["unit"].map(dict(starts))),
        unit="unit",
        period="wave",
        outcome="share",
        start="start",
        n="n",
        var="var",
        label=f"opinion: {about.key}",
        measured_in="share of the answers",
        better=about.better,
    )


def _cells(given: Responses, wave: str) -> pd.DataFrame:
    there = given.answered
    units, at = np.unique(given.place[there], return_inverse=True)
    weight, agrees = given.weight[there], given.agrees[there]
    share = np.bincount(at, weights=weight * agrees) / np.bincount(at, weights=weight)
    n = np.bincount(at)
    # Weights that differ make fewer answers of many: the spread is such that var / n is that of the weighted share.
    uneven = n * np.bincount(at, weights=weight**2) / np.bincount(at, weights=weight) ** 2
    several = np.where(n > 1, n / np.maximum(n - 1, 1), np.nan)
    var = share * (1 - share) * uneven * several
    return pd.DataFrame({"unit": units, "wave": wave, "share": share, "n": n.astype(float), "var": var})
