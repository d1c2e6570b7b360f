"""Several effects at once under the same placebo assignments: families of tests, paths over time, effect per use."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from frikommune.errors import BadDesign
from frikommune.estimate import Estimate, Floats
from frikommune.inference.answer import Inference, Pool, Scheme, detectable, shown_p
from frikommune.inference.inversion import bounds, interval, needed, p_value
from frikommune.inference.placebos import Assignments, assign, check_options, replayed, shown, size_scale, usable
from frikommune.inference.places import places, together
from frikommune.inference.regional import regional

_FEW = 40  # comparison units: with fewer, sets of them alone raise too many alarms
_POOLS = {"comparisons": "comparison units", "all": "all units"}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Family:
    """Effects of one trial that are tested together: outcomes, horizons, or the periods of a path.

    Attributes:
        names: Name of each effect, in the order given.
        values: The effects [effects, each in its own unit].
        p: Their p-values, one at a time: the larger of the placebo's and of `regional` [effects].
        adjusted: Step-down adjusted p-values: the chance of any false alarm in the family is kept [effects].
        low: Lower ends of simultaneous intervals: all of them hold at once [effects].
        high: Upper ends.
        regional: Their p-values against the shock that provinces share; NaN where it cannot be estimated [effects].
        draws: Placebo effects [assignments x effects].
        level: Confidence level of all the intervals together.
        scheme: How placebo sets were drawn.
        pool: What they were drawn from: "comparisons", or "all" where these are few.
    """

    names: tuple[str, ...]
    values: Floats
    p: Floats
    adjusted: Floats
    low: Floats
    high: Floats
    regional: Floats
    draws: Floats
    level: float
    scheme: Scheme
    pool: Pool

    def __repr__(self) -> str:
        each = (
            f"{name} {value:+.4g} (p {shown_p(p)}, adjusted {shown_p(adjusted)})"
            for name, value, p, adjusted in zip(self.names, self.values, self.p, self.adjusted, strict=True)
        )
        drawn = f"{len(self.draws)} {self.scheme} placebo assignments of {_POOLS[self.pool]}"
        shock = "" if np.isnan(self.regional).any() else " and the shock of provinces"
        return f"Family of {len(self.names)} effects, {drawn}{shock}: {', '.join(each)}"


def family(
    estimates: Mapping[str, Estimate],
    draws: int = 9999,
    seed: int = 1,
    *,
    scheme: Scheme | None = None,
    level: float = 0.95,
) -> Family:
    """Test several effects of one trial together.

    Every placebo assignment is replayed for every effect, so that the placebos keep how the effects move together.
    The step-down p-value of an effect asks how often the largest of it and all less remarkable ones is as remarkable
    among placebos; the simultaneous intervals use the largest of all. Effects are compared in placebo standard
    deviations.

    With fewer than 40 comparison units placebos are drawn from all units, the treated among them. Sets drawn from 18
    comparisons alone vary less, and have shorter tails, than the treated set does against them: five outcomes without
    an effect then raised an alarm in 14 % of families at a nominal 5 %. Drawn from all units p-values are exact under
    exchangeability, and intervals invert the test of each effect at the level that keeps all of them.

    The shock that a whole province shares is counted as `infer` counts it, wherever it can be estimated: an effect is
    as remarkable as the larger of its two p-values, that of the placebos and that of `regional`, makes it; how the
    effects move together is taken from the placebos.

    Args:
        estimates: Effects by name, of the same treated units; their panels may be of different outcomes and periods.
            For a path over time: the same design over one period after another.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        scheme: How to draw placebo sets; contiguous by default where the treated lie together, else scattered.
        level: Confidence level of all the intervals together.

    Returns:
        p-values, adjusted p-values and simultaneous intervals, in the order given.

    Raises:
        BadDesign: There is no effect, the effects have other treated units, an effect does not vary among placebos, or
            the placebos cannot be drawn.

    References:
        Romano & Wolf (2005), Journal of the American Statistical Association 100(469), 94-108, algorithm 4.1 with
        re-assignment in the place of the bootstrap; effects compared by p-values from more than one test: Westfall &
        Young (1993), Resampling-Based Multiple Testing, chapter 2.
    """
    check_options(draws=draws, seed=seed, pool="comparisons", level=level)
    shared = _shared(tuple(estimates.values()))
    drawn = scheme if scheme is not None else _scheme(shared[0])
    pool = _pool(shared)
    values = np.array([each.value for each in shared])
    first = assign(shared[0], draws=draws, seed=seed, scheme=drawn, pool=pool)
    effects, moved = (
        np.stack(each, axis=1) for each in zip(*(_effects(one, first, pool) for one in shared), strict=True)
    )
    counted = np.vstack([effects, values]) if pool == "all" else effects
    spread = np.sqrt((counted**2).mean(axis=0))
    if not (spread > 0).all():
        raise BadDesign(f"{int((spread == 0).sum())} of the effects never vary among placebos: leave them out.")
    placebos = np.abs(effects) / spread
    p = np.array([p_value(value, each) for value, each in zip(values, effects.T, strict=True)])
    low, high, share = _at_once(values, effects, moved, level)
    shock, wide = np.array([_shock(each, 1 - float(one)) for each, one in zip(shared, share, strict=True)]).T
    return Family(
        names=tuple(estimates),
        values=values,
        p=np.fmax(p, shock),
        adjusted=step_down(np.fmin(np.abs(values) / spread, _as_remarkable(shock, placebos)), placebos),
        low=np.minimum(low, values - wide),
        high=np.maximum(high, values + wide),
        regional=shock,
        draws=effects,
        level=level,
        scheme=drawn,
        pool=pool,
    )


def step_down(observed: Floats, placebos: Floats) -> Floats:
    """Return step-down adjusted p-values from the joint placebo distribution [effects].

    Args:
        observed: How remarkable each effect is, above zero [effects].
        placebos: The same of every placebo assignment [assignments x effects].

    References:
        Romano & Wolf (2005), Journal of the American Statistical Association 100(469), 94-108; as p-values: Romano &
        Wolf (2016), Statistics & Probability Letters 113, 38-40, algorithm 4.2.
    """
    order = np.argsort(-observed)
    adjusted = np.empty(observed.size)
    rest = np.maximum.accumulate(placebos[:, order][:, ::-1], axis=1)[:, ::-1]  # largest of it and the less remarkable
    steps = [p_value(float(each), column) for each, column in zip(observed[order], rest.T, strict=True)]
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def per_use(
    effect: Estimate,
    uptake: Estimate,
    draws: int = 9999,
    seed: int = 1,
    *,
    scheme: Scheme | None = None,
    level: float = 0.95,
) -> Inference:
    """Return how sure the effect per use is: the effect divided by the change in uptake.

    The interval holds every ratio theta for which effect less theta times uptake is no larger than it is among
    placebos. It is infinite where the change in uptake cannot be told from none. Placebos are all that is asked: a
    shock that a whole province shares is in contiguous ones only as far as they see it.

    Args:
        effect: The effect on the outcome.
        uptake: The effect on the use of the waiver, of the same treated units.
        draws: Placebo assignments to draw, at most.
        seed: Seed of the draws.
        scheme: As for `family`.
        level: Confidence level.

    Returns:
        p-value of the effect itself, and interval, bounds and placebos of the ratio [unit of the outcome per use].

    Raises:
        BadDesign: The uptake did not change, the treated units differ, or the placebos cannot be drawn.

    References:
        Fieller (1954), Journal of the Royal Statistical Society B 16(2), 175-185; by re-assignment: Rosenbaum (2002),
        Statistical Science 17(3), 286-304, section 4.
    """
    check_options(draws=draws, seed=seed, pool="comparisons", level=level)
    if uptake.value == 0:
        raise BadDesign("The use of the waiver did not change: there is no effect per use.")
    one, other = _shared((effect, uptake))
    drawn = scheme if scheme is not None else _scheme(one)
    given = assign(one, draws=draws, seed=seed, scheme=drawn)
    used = replace(given, panel=other.panel.take(usable(other)[0]))
    placebos = given.scale * replayed(one, given) / uptake.value
    moved = given.scale * replayed(other, used) / uptake.value
    value = effect.value / uptake.value
    low, high = interval(value, placebos, moved, level)
    at_least, at_most = bounds(value, placebos, moved, level)
    return Inference(
        p=p_value(value, placebos),
        low=low,
        high=high,
        at_least=at_least,
        at_most=at_most,
        sd=float(placebos.std(ddof=1)),
        smallest_detectable=detectable(placebos, level=level) if np.isfinite([low, high]).all() else np.inf,
        draws=placebos,
        level=level,
        pool="comparisons",
        enumerated=given.enumerated,
        method=drawn,
    )


def _pool(estimates: tuple[Estimate, ...]) -> Pool:
    """Return what placebos are drawn from: all units where comparisons are few and the treated lack no cell."""
    comparisons = int((~estimates[0].panel.treated).sum())
    whole = all(usable(each, "all")[0].size == len(each.panel.units) for each in estimates)
    return "all" if comparisons < _FEW and whole else "comparisons"


def _shock(estimate: Estimate, level: float) -> tuple[float, float]:
    """Return the p-value against the shock that provinces share and half its interval; NaN and 0 where not known."""
    try:
        how = regional(estimate, level=level)
    except BadDesign:  # where the units lie is not known, or too few other provinces are compared with
        return np.nan, 0.0
    return how.p, how.high - estimate.value


def _as_remarkable(p: Floats, placebos: Floats) -> Floats:
    """Return how remarkable a placebo is whose p-value is as large as one given; infinite where none is [effects].

    Args:
        p: p-values of another test [effects].
        placebos: How remarkable each placebo is [assignments x effects].
    """
    larger = np.ceil(np.nan_to_num(p) * (1 + len(placebos)) - 1e-9).astype(int) - 1
    ordered = np.vstack([np.full(p.size, np.inf), -np.sort(-placebos, axis=0)])
    return ordered[np.maximum(larger, 0), np.arange(p.size)]


def _at_once(values: Floats, effects: Floats, moved: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Return intervals that hold all the effects at once, and the share that each by itself may fall outside [effects].

    The largest deviation among placebos, with the estimated effects taken out of them, says how rarely each effect by
    itself may fall outside; each test is then inverted at that level. Among comparisons that is the estimate plus or
    minus so many placebo standard deviations.
    """
    beyond = needed(len(effects), level)
    if not beyond:
        return np.full(values.size, -np.inf), np.full(values.size, np.inf), np.full(values.size, 1 - level)
    without = np.abs(effects - values * moved)
    spread = np.sqrt((without**2).mean(axis=0))
    widest = np.sort((without / spread).max(axis=1))[-beyond]
    outside = np.maximum((without / spread >= widest).sum(axis=0), 1) / (1 + len(effects))
    if not moved.any():
        return values - widest * spread, values + widest * spread, outside
    ends = [
        interval(float(value), one, seen, float(1 - share))
        for value, one, seen, share in zip(values, effects.T, moved.T, outside, strict=True)
    ]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends]), outside


def _scheme(estimate: Estimate) -> Scheme:
    where, treated = places(estimate.panel.units), np.flatnonzero(estimate.panel.treated)
    return "contiguous" if where is not None and treated.size > 1 and together(where, treated) else "scattered"


def _shared(estimates: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
    """Return the estimates on the units that all of them can use, in one order."""
    if not estimates:
        raise BadDesign("No effects were given: at least one was expected.")
    sets = [
        {unit for unit, is_in in zip(each.panel.units, each.panel.treated, strict=True) if is_in} for each in estimates
    ]
    if any(each != sets[0] for each in sets):
        raise BadDesign("The effects are of different treated units: a family is about one trial.")
    clean = [{each.panel.units[row] for row in usable(each)[0]} for each in estimates]
    kept = [unit for unit in estimates[0].panel.units if unit in sets[0] | set.intersection(*clean)]
    return tuple(_on(each, kept) for each in estimates)


def _on(estimate: Estimate, units: list[object]) -> Estimate:
    rows = np.array([estimate.panel.units.index(unit) for unit in units])
    return replace(estimate, panel=estimate.panel.take(rows), weights=estimate.weights[rows])


def _effects(estimate: Estimate, given: Assignments, pool: Pool) -> tuple[Floats, Floats]:
    """Return an estimate's placebo effects under assignments drawn for another, and what each shows of an effect."""
    rows, _ = usable(estimate, pool)
    own = replace(given, panel=estimate.panel.take(rows), scale=size_scale(estimate, rows, given.units))
    effects = own.scale * replayed(estimate, own)
    return effects, own.scale * shown(estimate, own) if pool == "all" else np.zeros(effects.size)
