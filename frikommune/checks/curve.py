"""The specification curve: the effect by every defensible choice, each with its placebo p-value."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import pandas as pd

from frikommune.checks.nouns import ALARM, Reason
from frikommune.compare import did
from frikommune.compare.contrasts import Base, Bools, Weighting, base_of, check_options, check_sides, sides
from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats, Ints, Span
from frikommune.inference import Assignments, Scheme, assign, lost, p_value, regional, row_of, size_scale
from frikommune.joint import by_start
from frikommune.panel import Panel

_SCHEMES: tuple[Scheme, ...] = ("scattered", "contiguous")
_BLOCK = 256  # specifications at a time, so that placebos times specifications stay in memory


@dataclass(frozen=True, slots=True)
class Specification:
    """One way to estimate the effect.

    Attributes:
        panel: Name of the panel: pool, outcome horizon and gap rule as it was named.
        pre: First and last period before.
        post: First and last period after.
        weights: "people" or "units".
        base: Which periods before: "all" or "last".
        anticipation: Periods just before the start that count on neither side.
    """

    panel: str
    pre: Span
    post: Span
    weights: Weighting
    base: Base
    anticipation: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SpecificationCurve:
    """The effect by every specification.

    Attributes:
        specifications: The choices, those that come to the same contrast once.
        values: The effect by each [specifications, unit of the outcome].
        p: Its p-value, the largest over the methods that `infer` asks [specifications]; never 0.
        placebos: Placebo assignments behind each [specifications].
        repeated: How many combinations came to the contrast of another and are not in the curve.
        dropped: How many comparison units of each panel lack a cell in some window and are left out everywhere.
        measured_in: Unit of the outcome.
    """

    specifications: tuple[Specification, ...]
    values: Floats
    p: Floats
    placebos: Ints
    repeated: int
    dropped: Mapping[str, int]
    measured_in: str

    @property
    def median(self) -> float:
        """The median effect [unit of the outcome]."""
        return float(np.median(self.values))

    @property
    def significant(self) -> float:
        """How many of the specifications have a placebo p of 5 % or less [share]."""
        return float((self.p <= ALARM).mean())

    def frame(self) -> pd.DataFrame:
        """Return one row a specification, from the smallest effect to the largest."""
        rows = pd.DataFrame([asdict(each) for each in self.specifications])
        return rows.assign(value=self.values, p=self.p).sort_values("value", kind="stable", ignore_index=True)

    def fault(self, margin: float) -> Reason | None:
        """Fail when one choice shows a change beyond the margin and another the opposite: see `Check`."""
        low, high = float(self.values.min()), float(self.values.max())
        if low >= -margin or high <= margin:
            return None
        return Reason("choices_differ", (("low", low), ("high", high), ("margin", margin)))

    def passed(self, margin: float) -> Reason:
        """Say between which values they lie: see `Check`."""
        return Reason(
            "choices_agree", (("low", float(self.values.min())), ("high", float(self.values.max())), ("margin", margin))
        )

    def __repr__(self) -> str:
        return (
            f"SpecificationCurve: {self.values.size} specifications, median {self.median:+.4g} {self.measured_in}, "
            f"from {self.values.min():+.4g} to {self.values.max():+.4g}, {self.significant:.0%} with p <= {ALARM:g}"
        )


def specification_curve(
    panels: Mapping[str, Panel],
    *,
    pre: Sequence[Span],
    post: Sequence[Span],
    weights: Sequence[Weighting] = ("people", "units"),
    base: Sequence[Base] = ("all", "last"),
    anticipation: Sequence[int] = (0,),
    draws: int = 999,
    seed: int = 1,
) -> SpecificationCurve:
    """Estimate the difference-in-differences by every combination of choices, each with its placebo p-value.

    The p-value is the one that `infer` gives: the largest over the methods that it asks. All placebos of all
    specifications of a panel are a few products of matrices. The units of a panel are the same in all of its
    specifications: a comparison unit that lacks a cell in one window is left out of all, and counted.

    Args:
        panels: The same outcome and trial by pool of comparisons, outcome horizon, gap rule ..., by name.
        pre: Windows before the start.
        post: Windows from the start on.
        weights: Weightings: see `did`.
        base: Bases: see `did`.
        anticipation: Periods of anticipation: see `did`.
        draws: Placebo assignments for each panel, at most; the same for all of its specifications.
        seed: Seed of the draws.

    Returns:
        The curve.

    Raises:
        BadDesign: There is nothing to combine, the panels are of different outcomes or treated units, a treated unit
            lacks a cell, a window has no period on one side, or people are to be weighted and not known.
        UnknownName: There is no such weighting or base.

    References:
        Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4(11), 1208-1214.
    """
    combined = list(product(pre, post, weights, base, anticipation))
    _check_choices(panels, combined)
    parts = [_of_panel(name, panel, combined, draws, seed) for name, panel in panels.items()]
    kept = [each for part in parts for each in part[0]]
    return SpecificationCurve(
        specifications=tuple(kept),
        values=np.concatenate([part[1] for part in parts]),
        p=np.concatenate([part[2] for part in parts]),
        placebos=np.concatenate([np.full(len(part[0]), part[3]) for part in parts]),
        repeated=len(panels) * len(combined) - len(kept),
        dropped={name: part[4] for name, part in zip(panels, parts, strict=True)},
        measured_in=next(iter(panels.values())).measured_in,
    )


Choice = tuple[Span, Span, Weighting, Base, int]


def _check_choices(panels: Mapping[str, Panel], combined: list[Choice]) -> None:
    if not panels or not combined:
        raise BadDesign(f"{len(panels)} panels and {len(combined)} combinations: at least one of each is needed.")
    about = {(each.measured_in, each.better, *np.array(each.units)[each.treated].tolist()) for each in panels.values()}
    if len(about) > 1:
        raise BadDesign("The panels differ in the unit of the outcome, its direction or the treated units.")
    for _, _, weights, base, anticipation in combined:
        check_options(weights, base, anticipation)


def _of_panel(
    name: str, panel: Panel, combined: list[Choice], draws: int, seed: int
) -> tuple[list[Specification], Floats, Floats, int, int]:
    """Return the specifications of one panel, their values and p-values, its placebos and how many units it lost."""
    distinct = np.unique(panel.start[panel.treated])
    chosen, contrasts = _distinct(panel, combined, distinct)
    whole = _complete(panel, (contrasts != 0).any(axis=(0, 2)))
    kept = panel.take(whole)
    estimates = [
        did(kept, pre, post, weights=weights, base=base, anticipation=anticipation)
        for pre, post, weights, base, anticipation in chosen
    ]
    asked = [_methods(each) for each in estimates]
    people = np.array([each[2] == "people" for each in chosen])
    drawn = {
        scheme: (given, _placebos(given, kept, contrasts, people))
        for scheme in _SCHEMES
        if any(scheme in each for each in asked) and (given := _assigned(estimates[0], scheme, draws, seed)) is not None
    }
    p = [
        _p(each, methods, {scheme: (given, effects[:, at]) for scheme, (given, effects) in drawn.items()})
        for at, (each, methods) in enumerate(zip(estimates, asked, strict=True))
    ]
    named = [Specification(name, *each) for each in chosen]
    values = np.array([each.value for each in estimates])
    return named, values, np.array(p), len(drawn["scattered"][1]), int((~whole).sum())


def _methods(estimate: Estimate) -> tuple[str, ...]:
    row = row_of(estimate)
    return ("scattered",) if row is None else row.methods


def _assigned(estimate: Estimate, scheme: Scheme, draws: int, seed: int) -> Assignments | None:
    """Draw the assignments of a scheme; none where too few comparison units lie together for it."""
    try:
        given = assign(estimate, draws=draws, seed=seed, scheme=scheme)
    except BadDesign:
        if scheme == "scattered":
            raise
        return None
    return given


def _placebos(given: Assignments, kept: Panel, contrasts: Floats, people: Bools) -> Floats:
    """Return the effect of each assignment by each specification [sets x choices]."""
    which, sets = np.unique(kept.start[kept.treated], return_inverse=True)[1], by_start(given)
    blocks = [slice(first, first + _BLOCK) for first in range(0, people.size, _BLOCK)]
    each = [
        (_changes(given.panel, contrasts[..., at]), _mass(given.panel, contrasts[..., at], people[at])) for at in blocks
    ]
    return np.hstack([_effects(changes, mass, sets, which) for changes, mass in each])


def _p(estimate: Estimate, asked: tuple[str, ...], drawn: Mapping[str, tuple[Assignments, Floats]]) -> float:
    """Return the largest p-value of the methods that `infer` asks; 1 where none is known to hold its level."""
    rows = np.flatnonzero(~estimate.panel.treated)
    found = {
        scheme: p_value(estimate.value, size_scale(estimate, rows, given.units) * effects)
        for scheme, (given, effects) in drawn.items()
        if scheme in asked
    }
    if "regional" in asked:
        with suppress(BadDesign):  # too few other provinces: what `lost` is asked about
            found["regional"] = regional(estimate).p
    return 1.0 if lost(asked, set(asked) - set(found)) else max(found.values())


def _distinct(panel: Panel, combined: list[Choice], starts: Ints) -> tuple[list[Choice], Floats]:
    """Return the choices whose contrasts differ, and what each period counts in them [starts x periods x choices]."""
    found: dict[tuple[str, bytes], tuple[Choice, Floats]] = {}
    for choice in combined:
        pre, post, weights, base, anticipation = choice
        contrast = np.empty((starts.size, len(panel.periods)))
        for at, start in enumerate(starts.tolist()):
            before, after = sides(panel, pre, post, start, anticipation=anticipation)
            check_sides(before, after)
            contrast[at] = after / after.sum() - base_of(before, base)
        found.setdefault((weights, contrast.tobytes()), (choice, contrast))
    choices, contrasts = zip(*found.values(), strict=True)
    return list(choices), np.stack(contrasts, axis=2)


def _complete(panel: Panel, used: Bools) -> Bools:
    """Tell which units hold every cell that some specification needs [units]."""
    whole = np.logical_not(np.isnan(panel.Y[:, used]).any(axis=1))
    lacking = int((panel.treated & ~whole).sum())
    if lacking:
        raise BadDesign(
            f"{lacking} treated units lack a cell in some window: choose windows in which all are observed."
        )
    return whole


def _changes(panel: Panel, contrasts: Floats) -> Floats:
    """Return each unit's contrast by start and specification [starts x units x specifications]."""
    return np.nan_to_num(panel.Y) @ contrasts


def _mass(panel: Panel, contrasts: Floats, people: Bools) -> Floats:
    """Return what each unit counts by start and specification [starts x units x specifications]."""
    mass = np.ones((len(contrasts), len(panel.units), people.size))
    used = (contrasts[:, :, people] != 0).astype(float)
    if used.size:
        unknown = np.isnan(panel.n).astype(float) @ used > 0
        persons = np.nan_to_num(panel.n) @ used / used.sum(axis=1, keepdims=True)
        wrong = int((unknown | (persons <= 0)).any(axis=(0, 2)).sum())
        if wrong:
            raise BadDesign(
                f"{wrong} units have cells without a number of persons: give the panel n, or weights=['units']."
            )
        mass[:, :, people] = persons
    return mass


def _effects(changes: Floats, mass: Floats, sets: Ints, which: Ints) -> Floats:
    """Return the effect of each assignment by each specification [assignments x specifications].

    Args:
        changes: Contrasts [starts x units x specifications].
        mass: What each unit counts [starts x units x specifications].
        sets: Units that each assignment treats [assignments x treated].
        which: Which of the starts each of them is given [treated].
    """
    moved = mass * changes
    inside = np.zeros((len(mass), len(sets), mass.shape[1]))
    inside[which, np.arange(len(sets))[:, None], sets] = 1.0
    anywhere = inside.sum(axis=0)
    left = (moved.sum(axis=1)[:, None] - anywhere @ moved) / (mass.sum(axis=1)[:, None] - anywhere @ mass)
    own = inside @ mass
    return (inside @ moved - left * own).sum(axis=0) / own.sum(axis=0)
