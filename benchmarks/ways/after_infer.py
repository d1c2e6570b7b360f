"""The same with all that `infer` asks of municipalities of one province: contiguous placebos, and shocks they share."""

from dataclasses import replace
from pathlib import Path

import after_frikommune

from frikommune import Panel, did, infer
from frikommune.municipalities import municipalities


def ready(path: Path) -> Panel:
    """Return the panel, its units called as the 98 municipalities are: North Jutland's are the treated."""
    panel = after_frikommune.ready(path)
    codes = sorted(municipalities(), key=lambda code: (code not in NORTH, code))
    return replace(panel, units=tuple(codes))


def answer(panel: Panel) -> dict[str, float]:
    """Return the effect, its p-value and the smallest effect that could have been seen."""
    effect = did(panel)
    how = infer(effect, draws=9999)
    return {"value": effect.value, "p": how.p, "smallest": how.smallest_detectable}


NORTH = {773, 787, 810, 813, 820, 825, 840, 846, 849, 851, 860}
