"""Which method is used for which treated set, and why: the table with what was measured behind it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from frikommune.errors import BadDesign, ShippedDataError
from frikommune.estimate import Estimate
from frikommune.inference.answer import Inference
from frikommune.inference.placebos import check_options, placebo, usable
from frikommune.inference.places import Places, places, together
from frikommune.inference.regional import regional
from frikommune.shipped import read_rows

_UNEVEN = 10  # times as many persons in the largest treated unit as in the smallest


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of methods.

    Attributes:
        fewest: Treated units, at least.
        most: Treated units, at most.
        lie: "together" when treated units border each other or share a province, otherwise "apart".
        sizes: "uneven" when the largest treated unit holds ten times as many persons as the smallest, else "even".
        methods: Methods to ask; the largest p-value and the widest interval rule.
        simulated: False alarms at a nominal 5 % where provinces share shocks, on simulated panels [share].
        simulated_error: Its Monte-Carlo error.
        real: False alarms on real municipal series; NaN where not measured.
        real_error: Its error, from as many groups as were tried; windows and groups overlap.
    """

    fewest: int
    most: int
    lie: Literal["together", "apart"]
    sizes: Literal["even", "uneven"]
    methods: tuple[str, ...]
    simulated: float
    simulated_error: float
    real: float
    real_error: float


@cache
def methods() -> tuple[Row, ...]:
    """Return the table of methods, from `data/inference.csv`; `benchmarks/calibration.py` measures its rates anew."""
    return tuple(
        Row(
            fewest=int(row["treated_from"]),
            most=int(row["treated_to"]),
            lie="together" if row["lie"] == "together" else "apart",
            sizes="uneven" if row["sizes"] == "uneven" else "even",
            methods=tuple(row["methods"].split()),
            simulated=float(row["simulated"]),
            simulated_error=float(row["simulated_error"]),
            real=float(row["real"] or "nan"),
            real_error=float(row["real_error"] or "nan"),
        )
        for row in read_rows("inference.csv")
    )


def infer(estimate: Estimate, draws: int = 9999, seed: int = 1, *, level: float = 0.95) -> Inference:
    """Choose how sure an estimate is, and say why.

    The table `methods()` says what is asked of a set of so many treated units that lie together or apart and are of
    even or uneven size. Each method's answer is kept in `parts`; the largest p-value rules and the interval and bounds
    hold every effect that one of them does not reject. Where the treated lie together and neither contiguous placebos
    nor the regional shock can be had, no method is known to hold its level: the interval is then infinite, and the
    verdict *cannot tell*.

    Args:
        estimate: The effect.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        level: Confidence level.

    Returns:
        The ruling answer, with all of them in `parts` and one sentence in `why`.

    Raises:
        BadDesign: Options are out of range, or no placebo can be made at all.
    """
    check_options(draws=draws, seed=seed, pool="comparisons", level=level)
    where, treated = places(estimate.panel.units), np.flatnonzero(estimate.panel.treated)
    row = row_of(estimate)
    if where is None or row is None:
        how, unknown = placebo(estimate, draws, seed, level=level), "where they lie is not known"
        why = f"{_many(treated.size)}, {unknown}: shocks that neighbours share are not in the answer."
        return replace(how, parts=(how,), why=why)
    parts: list[Inference] = []
    refused: dict[str, str] = {}
    for method in row.methods:
        try:
            parts.append(_ask(method, estimate, draws=draws, seed=seed, level=level))
        except BadDesign as reason:
            refused[method] = str(reason)
    why = " ".join([_sentence(row, treated.size), *refused.values(), *_advice(estimate, where)])
    return _nothing(parts, why) if lost(row.methods, set(refused)) else _ruling(parts, why)


def row_of(estimate: Estimate) -> Row | None:
    """Return the row of the table that an estimate's treated set falls in; none where it is not known where they lie.

    Args:
        estimate: The effect.
    """
    where = places(estimate.panel.units)
    if where is None:
        return None
    treated = np.flatnonzero(estimate.panel.treated)
    counted = (estimate.weights != 0).any(axis=0)
    people = np.ma.masked_invalid(estimate.panel.n[np.ix_(treated, np.flatnonzero(counted))]).mean(axis=1)
    uneven = bool(people.count() and people.max() >= _UNEVEN * people.min())
    lie = "together" if treated.size > 1 and together(where, treated) else "apart"
    for row in methods():
        if row.fewest <= treated.size <= row.most and (row.lie, row.sizes) == (lie, "uneven" if uneven else "even"):
            return row
    raise ShippedDataError(f"data/inference.csv has no row for {treated.size} treated units that lie {lie}.")


def lost(asked: Collection[str], missing: Collection[str]) -> bool:
    """Tell whether what is missing leaves nothing that would see a shock shared by the treated.

    Args:
        asked: The methods asked, of a row of the table.
        missing: Those of them that gave no answer.
    """
    regional_asked = set(asked) & {"contiguous", "regional"}
    return "scattered" in missing or bool(regional_asked and regional_asked <= set(missing))


def _ask(method: str, estimate: Estimate, *, draws: int, seed: int, level: float) -> Inference:
    if method == "regional":
        return regional(estimate, level=level)
    return placebo(estimate, draws, seed, scheme="contiguous" if method == "contiguous" else "scattered", level=level)


def _ruling(parts: list[Inference], why: str) -> Inference:
    """Return the answer with the largest p-value, and the widest interval and bounds of all."""
    ruling = max(parts, key=lambda each: each.p)
    shown = max((each for each in parts if each.draws.size), key=lambda each: each.p)
    return replace(
        ruling,
        low=min(each.low for each in parts),
        high=max(each.high for each in parts),
        at_least=min(each.at_least for each in parts),
        at_most=max(each.at_most for each in parts),
        sd=max(each.sd for each in parts),
        smallest_detectable=max(each.smallest_detectable for each in parts),
        draws=shown.draws,
        enumerated=shown.enumerated,
        why=why,
        parts=tuple(parts),
    )


def _nothing(parts: list[Inference], why: str) -> Inference:
    """Return the answer that no method holds its level here."""
    if not parts:
        raise BadDesign(why)
    return replace(
        parts[0],
        p=1.0,
        low=-np.inf,
        high=np.inf,
        at_least=-np.inf,
        at_most=np.inf,
        smallest_detectable=np.inf,
        method="none",
        why=f"No method is known to hold its level here. {why}",
        parts=tuple(parts),
    )


def _sentence(row: Row, treated: int) -> str:
    measured = f"{row.simulated:.1%} (error {row.simulated_error:.1%}) where provinces share shocks"
    if np.isfinite(row.real):
        measured += f", {row.real:.1%} (error {row.real_error:.1%}) on real series where nothing happened"
    asked = f"the largest p-value of {', '.join(row.methods)} rules" if len(row.methods) > 1 else row.methods[0]
    sizes = f", of {row.sizes} size" if treated > 1 else ""
    where = f" that lie {row.lie}" if treated > 1 else ""
    return f"{_many(treated)}{where}{sizes}: {asked}; false alarms at 5 %: {measured}."


def _advice(estimate: Estimate, where: Places) -> list[str]:
    """Recommend the comparison within the region by name, where there is one and the design has others too."""
    rows, _ = usable(estimate)
    treated = np.unique(where.province[estimate.panel.treated])
    near = np.isin(where.province[rows], treated)
    if not near.any() or near.all():
        return []
    names = ", ".join(where.names[each] for each in treated)
    many = int(near.sum())
    return [f"{many} comparison units lie in {names}: within_region compares with them, and shared shocks fall out."]


def _many(treated: int) -> str:
    return "One treated unit" if treated == 1 else f"{treated} treated units"
