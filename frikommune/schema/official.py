"""The official municipal series that are known, and how each becomes an outcome."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from frikommune.errors import UnknownName
from frikommune.shipped import read_toml, validated

# Official figures, one row a municipality, period and indicator.
MUNICIPAL = ("kommune_kode", "period", "indicator", "value")


@dataclass(frozen=True, slots=True)
class Indicator:
    """An official municipal series, and how it becomes an outcome.

    Attributes:
        key: Short name.
        files: Patterns of the names of the files that hold it.
        label_da: Name in Danish.
        label_en: Name in English.
        unit_da: Unit of the outcome, in Danish.
        unit_en: Unit of the outcome, in English.
        transform: "log_percent" (100 times the logarithm), "per_1000" (inhabitants of 2019) or "none".
        better: Which direction is good.
        margin: The largest change for the worse that still counts as "not worse" [unit of the outcome].
        decimals: Decimals to print.
        source_da: Credit, in Danish.
        source_en: Credit, in English.
        counts: Trials whose target group the series counts; none when it counts everybody.
        dash: What "-" means in its table: "nil" for 0, "missing" for no figure.
    """

    key: str
    files: tuple[str, ...]
    label_da: str
    label_en: str
    unit_da: str
    unit_en: str
    transform: Literal["log_percent", "per_1000", "none"]
    better: Literal["lower", "higher"]
    margin: float
    decimals: int
    source_da: str
    source_en: str
    counts: tuple[str, ...] | None = None
    dash: Literal["nil", "missing"] = "missing"

    def sees(self, trial: str) -> bool:
        """Tell whether the series counts a trial's target group."""
        return self.counts is None or trial in self.counts


@cache
def indicators() -> dict[str, Indicator]:
    """Return the official series that are known, by key.

    Raises:
        ShippedDataError: `data/indicators.toml` is not what it should be.
    """
    entries = [{"key": key, **entry} for key, entry in read_toml("indicators.toml").items()]
    return {each.key: each for each in validated("indicators.toml", Indicator, entries)}


def indicator(key: str) -> Indicator:
    """Return one official series.

    Raises:
        UnknownName: There is no such series.
    """
    if key not in indicators():
        raise UnknownName.among("indicator", key, indicators())
    return indicators()[key]
