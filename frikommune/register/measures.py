"""How an outcome that a trial names is measured in a data room, from `data/outcomes.toml`."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from frikommune.errors import ShippedDataError
from frikommune.schema import Indicator
from frikommune.shipped import read_toml, validated
from frikommune.trials import Outcome, Trial, load_trials

FILE = "outcomes.toml"
Subject = Literal["cases", "spells", "months"]
Kind = Literal["weeks", "out", "still", "relapse", "employed", "meeting", "decision"]

_UNITS: dict[str, tuple[str, str, float, int]] = {
    "weeks": ("uger", "weeks", 1.0, 2),
    "meeting": ("uger", "weeks", 0.5, 2),
    "decision": ("uger", "weeks", 0.5, 2),
}
_SHARE = ("procentpoint", "percentage points", 2.0, 1)


@dataclass(frozen=True, slots=True)
class Measure:
    """How an outcome is measured.

    Attributes:
        key: Key of the outcome in `data/trials.toml`.
        table: Table of the data room.
        measure: What is reckoned.
        horizon: Weeks since the start; months for "employed".
        to: The way out, where one is meant.
    """

    key: str
    table: Subject
    measure: Kind
    horizon: int
    to: str | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is a share of persons or of full time, shown in percentage points."""
        return self.measure not in _UNITS

    @property
    def weeks(self) -> int:
        """Weeks that a person must be followed."""
        return self.horizon if self.measure != "employed" else -(-self.horizon * 52 // 12) + 5


@cache
def measures() -> dict[str, Measure]:
    """Return how outcomes are measured, by their keys.

    Raises:
        ShippedDataError: `data/outcomes.toml` is not what it should be, or measures an outcome that no trial may have.
    """
    entries = [{"key": key, **entry} for key, entry in read_toml(FILE)["measures"].items()]
    strangers = set(read_toml(FILE)["benefits"]) - set(load_trials())
    if strangers:
        raise ShippedDataError(f"data/{FILE} names {len(strangers)} trials that data/trials.toml does not.")
    return {each.key: each for each in validated(FILE, Measure, entries)}


def measured(about: Trial, table: Subject) -> tuple[tuple[Outcome, Measure], ...]:
    """Return the outcomes of a trial that a table measures, in the trial's order."""
    known = ((each, measures().get(each.key)) for each in about.outcomes)
    return tuple((each, how) for each, how in known if how is not None and how.table == table)


def notebooks_of(about: Trial) -> tuple[Subject, ...]:
    """Return the tables that measure an outcome of a trial: each has a page of its own."""
    return tuple(each for each in ("cases", "spells", "months") if measured(about, each))


def benefits_of(about: Trial) -> tuple[str, ...]:
    """Return the benefits whose spells are a trial's target group."""
    return tuple(read_toml(FILE)["benefits"].get(about.key, ()))


def as_series(outcome: Outcome, how: Measure) -> Indicator:
    """Return an outcome as the series that answers and their words are about."""
    unit_da, unit_en, margin, decimals = _UNITS.get(how.measure, _SHARE)
    return Indicator(
        key=outcome.key,
        files=(),
        label_da=outcome.label_da,
        label_en=outcome.label_en,
        unit_da=unit_da,
        unit_en=unit_en,
        transform="none",
        better=outcome.better,
        margin=margin,
        decimals=decimals,
        source_da="Registerdata på personniveau, egne beregninger",
        source_en="Register data on persons, own calculations",
    )
