"""What goes into a saving: amounts with their ranges, from `data/savings.toml`, each with its source."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import numpy as np
from scipy.stats import norm, triang

from frikommune.errors import BadData, UnknownName
from frikommune.estimate import Floats
from frikommune.shipped import read_toml, validated


@dataclass(frozen=True, slots=True)
class Input:
    """A number that is known within a range.

    Attributes:
        key: Short name.
        unit: Its unit.
        low: The least that it can be; with the shape "normal" the lower end of its 95 % interval.
        likely: Its likeliest value.
        high: The most, or the upper end of the interval.
        label_da: What it is, in Danish.
        label_en: The same in English.
        source_da: Where it comes from, in Danish.
        source_en: The same in English.
        ours: Whether we chose it because no document says it.
        shape: How it lies in its range: a triangle over it, or a normal whose interval it is (each side its own).

    Raises:
        BadData: The likeliest value lies outside the range, or a part is no finite number.
    """

    key: str
    unit: Literal["certificates", "share", "DKK", "minutes"]
    low: float
    likely: float
    high: float
    label_da: str
    label_en: str
    source_da: str
    source_en: str
    ours: bool
    shape: Literal["triangle", "normal"] = "triangle"

    def __post_init__(self) -> None:
        """Check the range."""
        if not np.isfinite([self.low, self.likely, self.high]).all() or not self.low <= self.likely <= self.high:
            raise BadData(f"The input {self.key} has a likely value outside its range, or an end that is not finite.")

    def at(self, chance: Floats) -> Floats:
        """Return the values that stand at these probabilities [draws].

        Args:
            chance: Between 0 and 1 [draws].
        """
        if self.low == self.high:
            return np.full(len(chance), self.likely)
        if self.shape == "triangle":
            wide = self.high - self.low
            found: Floats = triang.ppf(chance, (self.likely - self.low) / wide, loc=self.low, scale=wide)
            return found
        z = norm.ppf(chance)
        side = np.where(z < 0, self.likely - self.low, self.high - self.likely) / norm.ppf(0.975)
        return np.asarray(self.likely + z * side, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Fee:
    """What a certificate cost from a day on [DKK]."""

    certificate: str
    since: date
    amount: float
    source_da: str
    source_en: str


@dataclass(frozen=True, slots=True)
class CertificateTrial:
    """A trial that saved certificates, with the published claims about it.

    Attributes:
        trial: Its key.
        certificate: Which certificate.
        saving: Claim of the amount saved.
        count: Claim of the number of certificates.
    """

    trial: str
    certificate: str
    saving: str
    count: str


@cache
def shipped_inputs() -> dict[str, Input]:
    """Return the inputs that are the same for every trial, by key."""
    entries = [{"key": key, **entry} for key, entry in read_toml("savings.toml")["inputs"].items()]
    return {each.key: each for each in validated("savings.toml", Input, entries)}


@cache
def fees() -> tuple[Fee, ...]:
    """Return the fees that were found, in the order of the file."""
    return validated("savings.toml", Fee, read_toml("savings.toml")["fees"])


@cache
def certificate_trials() -> dict[str, CertificateTrial]:
    """Return the trials whose certificates are counted and priced in the documents, by key."""
    entries = [{"trial": key, **entry} for key, entry in read_toml("savings.toml")["trials"].items()]
    return {each.trial: each for each in validated("savings.toml", CertificateTrial, entries)}


def certificate_trial(key: str) -> CertificateTrial:
    """Return one of them.

    Raises:
        UnknownName: The documents price no certificate of that trial.
    """
    if key not in certificate_trials():
        raise UnknownName.among("trial with priced certificates", key, certificate_trials())
    return certificate_trials()[key]
