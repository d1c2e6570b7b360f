"""What the trials do in the synthetic register: the effects that an analysis should find again."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from frikommune.errors import BadData, UnknownName
from frikommune.shipped import read_toml
from frikommune.trials import load_trials

FILE = "demo_effects.toml"
_RATIO = (0.2, 5.0)
_BOUNDS = {"hazard": _RATIO, "meeting": _RATIO, "decision": _RATIO, "inflow": _RATIO, "region": _RATIO}
_SHARE = (-0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one trial does; by default nothing.

    Attributes:
        hazard: Ratio of the weekly chance of leaving the benefit, for those with whom the waiver is used.
        employment: What use adds to the chance of a job within 24 months of the spell's start, once self-supporting.
        meeting: Ratio of the days to the meeting, for those with whom it is used.
        decision: Ratio of the days to the decision, for those with whom it is used.
        inflow: Ratio of the first spells in the target group where the trial runs.
        region: Not the trial's: ratio of the weekly chance of leaving in all of North Jutland from its earliest start.
    """

    hazard: float = 1.0
    employment: float = 0.0
    meeting: float = 1.0
    decision: float = 1.0
    inflow: float = 1.0
    region: float = 1.0


def load_effects(overrides: Path | None = None) -> dict[str, Effect]:
    """Return the effect of every trial.

    Args:
        overrides: A TOML file like `data/demo_effects.toml`: what it sets replaces the shipped effect, part by part.

    Raises:
        BadData: The file is no TOML, or an effect is no number or outside its bounds.
        UnknownName: It names a trial or a part of an effect that is not there.
    """
    merged: dict[str, dict[str, Any]] = {key: {} for key in load_trials()}
    given = {} if overrides is None else _read(overrides)
    for source in (read_toml(FILE), given):
        for trial, parts in source.items():
            if trial not in merged:
                raise UnknownName.among("trial", trial, merged)
            merged[trial] |= _checked(trial, parts)
    return {key: Effect(**parts) for key, parts in merged.items()}


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as fault:
        raise BadData(f"The effects {file} cannot be read: {fault.strerror}.") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BadData(f"{file} is no TOML file of effects: {fault}.") from fault


def _checked(trial: str, parts: object) -> dict[str, float]:
    if not isinstance(parts, Mapping):
        raise BadData(f"The effects of {trial} are a single value: a table such as [{trial}] was expected.")
    known = [each.name for each in fields(Effect)]
    for name, value in parts.items():
        if name not in known:
            raise UnknownName.among("part of an effect", name, known)
        low, high = _BOUNDS.get(name, _SHARE)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadData(f"{trial}: {name} is {value!r}; a number from {low} to {high} was expected.")
    return {name: float(value) for name, value in parts.items()}
