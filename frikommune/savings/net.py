"""From a number of certificates to what was saved: gross, net, how sure, and what the doubt rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from frikommune.errors import BadData
from frikommune.estimate import Estimate, Floats
from frikommune.inference import Inference
from frikommune.savings.inputs import Input, shipped_inputs

_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Swing:
    """What one input does to the net saving, the others at their likeliest [DKK].

    Attributes:
        about: The input.
        at_low: Net saving with it at its low end.
        at_high: Net saving with it at its high end.
    """

    about: Input
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far it moves the net saving [DKK]."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Saving:
    """What was saved, with the range of every input carried through.

    Attributes:
        gross: Certificates left out times price, as the documents reckon [DKK].
        net: Net saving with every input at its likeliest [DKK].
        median: Middle of the draws [DKK].
        low: Lower end of the range that holds the draws at the level [DKK].
        high: Upper end [DKK].
        positive: Share of the draws in which anything was saved.
        swings: What each input does, the widest first.
        inputs: The inputs.
        draws: Net saving [draws, DKK].
        level: Share of the draws within low and high.
    """

    gross: float
    net: float
    median: float
    low: float
    high: float
    positive: float
    swings: tuple[Swing, ...]
    inputs: tuple[Input, ...]
    draws: Floats
    level: float = 0.95

    def __repr__(self) -> str:
        return f"Saving: gross {self.gross:,.0f}, net {self.net:,.0f} DKK ({self.low:,.0f} to {self.high:,.0f})"


def saving(
    uses: Input,
    price: Input,
    *,
    avoided: Input | None = None,
    inputs: Mapping[str, Input] | None = None,
    draws: int = 20_000,
    seed: int = 1,
    level: float = 0.95,
) -> Saving:
    """Work out what was saved on certificates, and carry every range through.

    net = avoided x (price - replaced x replacement) - uses x (meetings x meeting_minutes + minutes) / 60 x hour: a case
    without a certificate takes time whether or not the certificate would have been ordered otherwise.

    Args:
        uses: Cases in which the waiver was used [certificates].
        price: Price of a certificate [DKK].
        avoided: Certificates avoided by a design with a comparison (`avoided_by`); without, the uses times the share
            that would otherwise have been ordered.
        inputs: Inputs that replace those of `data/savings.toml`, by key.
        draws: How many times every input is drawn, each independently of the others.
        seed: Seed of the draws.
        level: Share of the draws that the range holds.

    Raises:
        BadData: An input is not one that counts.
    """
    known = {**shipped_inputs(), "uses": uses, "price": price}
    unknown = set(inputs or {}) - set(known)
    if unknown:
        raise BadData(f"{', '.join(sorted(unknown))} is no input of a saving: {', '.join(known)} were expected.")
    known |= dict(inputs or {})
    if avoided is not None:
        known = {key: each for key, each in known.items() if key != "additional"} | {"avoided": avoided}
    every = tuple(known.values())
    drawn = _drawn(known, draws, seed)
    value = _net({key: np.array([each.likely]) for key, each in known.items()})[0]
    tail = 100 * (1 - level) / 2
    low, median, high = np.percentile(drawn, [tail, 50, 100 - tail])
    return Saving(
        gross=known["uses"].likely * known["price"].likely,
        net=float(value),
        median=float(median),
        low=float(low),
        high=float(high),
        positive=float((drawn > 0).mean()),
        swings=_swings(known),
        inputs=every,
        draws=drawn,
        level=level,
    )


def avoided_by(effect: Estimate, how: Inference, *, cases: float) -> Input:
    """Return the certificates avoided as a design with a comparison has it.

    Right when the panel's outcome is certificates per case: what is avoided is the fall that the comparison does not
    explain, however many exemptions were counted.

    Args:
        effect: The effect on certificates per case.
        how: Its inference.
        cases: Cases in the treated municipalities after the start.

    Raises:
        BadData: The interval is open: nothing can be carried through.
    """
    if not np.isfinite([how.low, how.high]).all():
        raise BadData("The design's interval is open, so the number of certificates avoided has no range to carry on.")
    return Input(
        key="avoided",
        unit="certificates",
        low=-how.high * cases,
        likely=-effect.value * cases,
        high=-how.low * cases,
        label_da="Attester, der er undgået",
        label_en="Certificates avoided",
        source_da=f"Sammenligning med andre kommuner ({effect.design.name})",
        source_en=f"Comparison with other municipalities ({effect.design.name})",
        ours=False,
        shape="normal",
    )


def total(parts: Sequence[Saving]) -> Saving:
    """Add savings up, draw by draw.

    What every part takes from the same source moves in all of them at once, since the parts are drawn alike; counts
    and prices are each part's own.

    Raises:
        BadData: There is no part, or the parts have not equally many draws at one level.
    """
    if not parts or len({(len(each.draws), each.level) for each in parts}) > 1:
        raise BadData("Savings that are added up need equally many draws at one level, and at least one part.")
    drawn = np.sum([each.draws for each in parts], axis=0)
    tail = 100 * (1 - parts[0].level) / 2
    low, median, high = np.percentile(drawn, [tail, 50, 100 - tail])
    return replace(
        parts[0],
        gross=sum(each.gross for each in parts),
        net=sum(each.net for each in parts),
        median=float(median),
        low=float(low),
        high=float(high),
        positive=float((drawn > 0).mean()),
        swings=(),
        inputs=(),
        draws=drawn,
    )


def _net(x: Mapping[str, Floats]) -> Floats:
    avoided = x["avoided"] if "avoided" in x else x["uses"] * x["additional"]
    spared = avoided * (x["price"] - x["replaced"] * x["replacement"])
    hours = (x["meetings"] * x["meeting_minutes"] + x["minutes"]) / _MINUTES
    return spared - x["uses"] * hours * x["hour"]


def _drawn(known: Mapping[str, Input], draws: int, seed: int) -> Floats:
    """Draw every input; one of the same name and seed is drawn at the same probabilities in every trial."""
    chances = {
        key: np.random.default_rng([seed, *key.encode(), *_own(each)]).random(draws) for key, each in known.items()
    }
    return _net({key: each.at(chances[key]) for key, each in known.items()})


def _own(each: Input) -> tuple[int, ...]:
    """Return what sets a trial's own count and price apart from another's; nothing for what all share."""
    return () if each.key in shipped_inputs() else tuple(each.source_en.encode())


def _swings(known: Mapping[str, Input]) -> tuple[Swing, ...]:
    likely = {key: np.array([each.likely]) for key, each in known.items()}
    found = [
        Swing(
            each,
            *(float(_net({**likely, key: np.array([end])})[0]) for end in (each.low, each.high)),
        )
        for key, each in known.items()
    ]
    return tuple(sorted(found, key=lambda swing: (-swing.width, swing.about.key)))
