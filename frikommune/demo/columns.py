"""The register as Arrow tables, in the columns of the contracts."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from frikommune.demo.benefits import EXITS, RUNNING, STRATA, bands, benefits
from frikommune.demo.cases import LAST, NONE, Cases
from frikommune.demo.draws import Ints
from frikommune.demo.months import Months, register_month
from frikommune.demo.people import AGE_BOUNDS, People
from frikommune.demo.plans import plans
from frikommune.demo.spells import Spells
from frikommune.demo.weeks import BEGINS, END_WEEK, days
from frikommune.demo.world import World

DIGITS = 8
KEYS = 10**DIGITS  # how many persons a register can name
_PREFIX = "demo-"
_FACTOR = 61_803_399  # has no factor in common with KEYS: every number gets another key, far from its neighbour's
_MONTHS = [f"{year}M{month:02d}" for year in range(2014, 2022) for month in range(1, 13)]
_WEEKS_A_MONTH = 52 / 12


def keys_of(persons: People) -> pa.Array:
    """Return the persons' keys: "demo-" and eight digits that tell neither municipality nor order."""
    shuffled = persons.number * _FACTOR % KEYS
    digits = shuffled[:, None] // 10 ** np.arange(DIGITS - 1, -1, -1) % 10 + ord("0")
    prefix = np.frombuffer(_PREFIX.encode(), dtype=np.uint8)
    letters = np.hstack([np.broadcast_to(prefix, (len(digits), len(prefix))), digits]).astype(np.uint8)
    ends = np.arange(len(letters) + 1, dtype=np.int32) * letters.shape[1]
    return pa.StringArray.from_buffers(len(letters), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(letters)))


def spells_arrow(about: World, persons: People, spells: Spells) -> pa.Table:
    """Return spells in the columns of the contract `spells`; one that still runs has no end."""
    end = days(spells.start + spells.weeks) - 1
    open_ = (end > LAST) | (spells.exit == RUNNING)
    return pa.table(
        {
            "person_key": keys_of(persons).take(pa.array(spells.who)),
            "kommune_kode": _codes(about, persons, spells.who),
            "benefit": _worded(spells.kind, [each.benefit for each in benefits().values()]),
            "start": _dates(days(spells.start)),
            "end": _dates(end, open_),
            "exit_to": _worded(spells.exit, [*EXITS, ""], open_),
            "group": _worded(spells.kind, [each.group for each in benefits().values()]),
            **_strata(persons, spells, np.arange(len(spells.who))),
        }
    )


def months_arrow(about: World, persons: People, spells: Spells, months: Months) -> pa.Table:
    """Return person-months in the columns of the contract `months`; the group is that of the latest spell."""
    who = spells.who[months.spell]
    age = persons.age[who] + ((months.month - BEGINS[persons.start[who]]) * _WEEKS_A_MONTH).astype(np.int64)
    band = np.searchsorted(AGE_BOUNDS, age, side="right")
    return pa.table(
        {
            "person_key": keys_of(persons).take(pa.array(who)),
            "kommune_kode": _codes(about, persons, who),
            "month": _worded(register_month(months.month), _MONTHS),
            "employment_share": pa.array(months.percent / 100),
            "self_supporting": pa.array(months.self_supporting),
            "group": _worded(spells.kind[months.spell], [each.group for each in benefits().values()]),
            **_strata(persons, spells, months.spell),
            "stratum_age_band": _worded(band, bands("age_band")),
        }
    )


def cases_arrow(about: World, persons: People, spells: Spells, cases: Cases) -> pa.Table:
    """Return cases in the columns of the contract `cases`, those opened in the data."""
    cases = cases.take(cases.opened <= LAST)
    meeting, decided = cases.opened + cases.meeting, cases.opened + cases.decision
    no_meeting, undecided = (cases.meeting == NONE) | (meeting > LAST), (cases.decision == NONE) | (decided > LAST)
    last = days(spells.start + spells.weeks)[cases.spell] - 1
    closed = np.maximum(np.maximum(last, cases.opened), np.maximum(meeting, decided))
    return pa.table(
        {
            "person_key": keys_of(persons).take(pa.array(spells.who[cases.spell])),
            "kommune_kode": _codes(about, persons, spells.who[cases.spell]),
            "target_group": _worded(cases.trial, [each.case.target_group for each in plans()]),
            "opened": _dates(cases.opened),
            "meeting": _dates(meeting, no_meeting),
            "decided": _dates(decided, undecided),
            "closed": _dates(closed, (closed > LAST) | (spells.exit[cases.spell] == RUNNING)),
            "trial": _worded(cases.trial, [each.key for each in plans()], ~cases.could),
            "waiver_used": pa.array(cases.used, mask=~cases.could),
            "group": _worded(spells.kind[cases.spell], [each.group for each in benefits().values()]),
            **_strata(persons, spells, cases.spell),
        }
    )


def in_register(persons: People, spells: Spells, first_week: int) -> Spells:
    """Return the spells that the register shows: begun in its years, of persons whom no trial kept out."""
    shown = (spells.start >= first_week) & (spells.start < END_WEEK) & (persons.turned_by[spells.who] < 0)
    return spells.take(shown)


def _strata(persons: People, spells: Spells, at: Ints) -> dict[str, pa.Array]:
    who = spells.who[at]
    found = {name: getattr(persons, name)[who] for name in ("sex", "education", "origin")}
    found |= {"age_band": spells.age_band[at], "history": spells.history[at]}
    return {f"stratum_{name}": _worded(found[name], bands(name)) for name in STRATA}


def _codes(about: World, persons: People, who: Ints) -> pa.Array:
    return pa.array(about.country.codes.astype(np.int16)[persons.where[who]])


def _worded(numbers: Ints, words: Sequence[str], missing: np.ndarray | None = None) -> pa.Array:
    """Return words by their numbers; the list of words is the same in every piece, and has each word once."""
    distinct = list(dict.fromkeys(words))
    places = np.array([distinct.index(word) for word in words], dtype=np.int8)
    return pa.DictionaryArray.from_arrays(pa.array(places[numbers], mask=missing), pa.array(distinct, pa.string()))


def _dates(days_since_1970: Ints, missing: np.ndarray | None = None) -> pa.Array:
    return pa.array(days_since_1970.astype("datetime64[D]"), pa.date32(), mask=missing)
