"""Writes the synthetic register: a data room of seven tables, with the truth and a word of warning beside it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import numpy as np
import pandas as pd
import pyarrow as pa

from frikommune.demo.calibration import calibrated
from frikommune.demo.cases import all_cases
from frikommune.demo.columns import KEYS, cases_arrow, in_register, months_arrow, spells_arrow
from frikommune.demo.country import Country, country
from frikommune.demo.draws import Ints
from frikommune.demo.effects import Effect, load_effects
from frikommune.demo.faults import plant as plant_faults
from frikommune.demo.mark import MARK, mark_of, write_mark
from frikommune.demo.months import months
from frikommune.demo.municipal import municipal_table
from frikommune.demo.people import Pools, people, pools
from frikommune.demo.plans import adoption_table
from frikommune.demo.sheets import Sheet
from frikommune.demo.spells import first_onsets, follow
from frikommune.demo.survey import asked, survey_table, survey_truth
from frikommune.demo.truth import Truth, measures, truth_table
from frikommune.demo.uptake import count_uptake, no_uptake, uptake_table
from frikommune.demo.weeks import FIRST_WEEK, HORIZON
from frikommune.demo.world import World
from frikommune.errors import BadData, BadDesign

TRUTH, SURVEY_TRUTH, README = "truth.csv", "truth_survey.csv", "README.md"
PLANTED = "planted.csv"
BESIDE = (MARK, TRUTH, SURVEY_TRUTH, README, PLANTED)  # the files of a register that are no tables of it
_AT_ONCE = 50_000  # candidates made in one piece: enough for whole arrays, few enough for little memory
_PIECEWISE = ("spells", "months", "cases")


@dataclass(frozen=True, slots=True)
class Written:
    """A synthetic data room on disk.

    Attributes:
        folder: Where it lies.
        rows: Rows of each table.
        persons: Persons with a spell.
        size: Ratio of the number of persons to that of size 1.
        seed: Seed of all chance.
        planted: Faults that were planted: table, row and rule; empty when none were asked for.
    """

    folder: Path
    rows: Mapping[str, int]
    persons: int
    size: float
    seed: int
    planted: pd.DataFrame


def demo(
    out: Path,
    *,
    size: float = 1.0,
    seed: int = 1,
    effects: Path | None = None,
    plant: bool = False,
    at_once: int = _AT_ONCE,
    progress: Callable[[float], None] | None = None,
) -> Written:
    """Write a synthetic register whose effects are known.

    The same arguments give the same bytes. Tables of the same names in the folder are replaced, all at the end.

    Args:
        out: Folder for the tables; made when it is not there.
        size: Ratio of the number of persons to that of size 1, in which the published numbers of uses are expected.
        seed: Seed of all chance.
        effects: TOML file whose effects replace those of `data/demo_effects.toml`.
        plant: Plant one fault of every rule of the contracts, for testing a check.
        at_once: Candidates made in one piece: it moves memory and speed, and nothing in the tables.
        progress: Called with the share that is done.

    Raises:
        BadData: The effects cannot be read, or are out of bounds; or the folder cannot be written to.
        BadDesign: The size is not above 0, or makes more persons than there are keys.
        UnknownName: The effects name a trial or a part that is not there.
    """
    about, candidates = _prepared(size, seed, load_effects(effects))
    with _apart(out.resolve()) as part:  # "." has no name to put beside
        rows, persons, uptake, truth = _written_in_pieces(
            about, candidates, part, at_once=at_once, progress=progress or _silent
        )
        rows |= _written_whole(about.country, uptake_table(about, uptake), part, seed=seed, size=size)
        _csv(truth_table(truth), part / TRUTH)
        (part / README).write_text(_readme(rows, persons, size=size, seed=seed, planted=plant), encoding="utf-8")
        write_mark(mark_of(size=size, seed=seed, effects=effects, planted=plant), part)
        planted = plant_faults(part, seed) if plant else pd.DataFrame(columns=["table", "row", "rule"])
        if plant:
            _csv(planted, part / PLANTED)
    return Written(out.resolve(), rows, persons, size, seed, planted)


@contextmanager
def _apart(out: Path) -> Iterator[Path]:
    """Give a folder beside another to write in; what is whole at the end is moved there, and what is not goes."""
    part = out.with_name(f".{out.name}.part")
    rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        yield part
        _move(part, out)
    except OSError as fault:
        raise BadData(f"The synthetic register cannot be written to {out}: {fault.strerror or fault}.") from fault
    finally:
        rmtree(part, ignore_errors=True)


def _prepared(size: float, seed: int, effects: Mapping[str, Effect]) -> tuple[World, Pools]:
    if not 0 < size < float("inf"):
        raise BadDesign(f"The size of a synthetic register is {size}; a number above 0 was expected.")
    about = calibrated(country(seed), effects)
    candidates = pools(about, size=size)
    if candidates.candidates > KEYS:
        most = size * KEYS / candidates.candidates
        raise BadDesign(
            f"A register of size {size} has more persons than keys; choose a size of {most:.0f} at the most."
        )
    return about, candidates


def _silent(share: float) -> None:
    """Tell nobody how far the work is."""


def _written_in_pieces(
    about: World, candidates: Pools, folder: Path, *, at_once: int, progress: Callable[[float], None]
) -> tuple[dict[str, int], int, Ints, Truth]:
    """Make and write the persons, piece by piece, and count what is told of them together."""
    uptake, truth, seen = no_uptake(about), Truth(), 0
    with ExitStack() as open_:
        sheets = {name: open_.enter_context(Sheet(folder / f"{name}.parquet")) for name in _PIECEWISE}
        for first in range(0, candidates.candidates, at_once):
            persons = people(about, candidates, first=first, last=first + at_once)
            lived = follow(about, persons, first_onsets(persons), until=HORIZON)
            truth.add(about, persons, lived)
            spells = in_register(persons, lived, FIRST_WEEK)
            count_uptake(uptake, persons, spells)
            sheets["spells"].add(spells_arrow(about, persons, spells))
            sheets["months"].add(months_arrow(about, persons, spells, months(about, persons, spells)))
            sheets["cases"].add(cases_arrow(about, persons, spells, all_cases(about, persons, spells)))
            seen += len(np.unique(spells.who))
            progress(min(first + at_once, candidates.candidates) / candidates.candidates)
    return {name: sheet.rows for name, sheet in sheets.items()}, seen, uptake, truth


def _written_whole(land: Country, used: pd.DataFrame, folder: Path, *, seed: int, size: float) -> dict[str, int]:
    """Write the tables that are small, and what everybody would have answered to the surveys."""
    everything = asked(land, used, seed, size)
    _csv(survey_truth(everything), folder / SURVEY_TRUTH)
    frames = {
        "municipal": municipal_table(land),
        "uptake": used,
        "adoption": adoption_table(seed),
        "survey": survey_table(everything),
    }
    return {name: _write(folder / f"{name}.parquet", frame) for name, frame in frames.items()}


def _write(file: Path, frame: pd.DataFrame) -> int:
    with Sheet(file) as sheet:
        sheet.add(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None))
    return sheet.rows


def _csv(frame: pd.DataFrame, file: Path) -> None:
    frame.to_csv(file, index=False, lineterminator="\n")


def _move(part: Path, out: Path) -> None:
    """Put the finished files where they belong, the mark first, the word of warning last: then the room is whole."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (README, PLANTED):
        (out / name).unlink(missing_ok=True)
    for file in sorted(part.iterdir(), key=lambda each: (each.name == README, each.name != MARK, each.name)):
        file.replace(out / file.name)
    part.rmdir()


def _readme(rows: Mapping[str, int], persons: int, *, size: float, seed: int, planted: bool) -> str:
    told = "\n".join(f"| `{name}.parquet` | {number:,} |" for name, number in rows.items())
    text = "\n".join(f"| `{name}` | {each['unit']} | {each['text']} |" for name, each in measures().items())
    faults = "One fault of every rule of the contracts was planted in the tables.\n\n" if planted else ""
    return f"""# A synthetic register

**Nothing here is about real people.** Persons, spells, cases, answers and official figures are made up by
`frikommune demo` (size {size:g}, seed {seed}). Only the names of the municipalities, their inhabitants and the rules of
the trials are real. What the trials do here was decided beforehand; it says nothing about what the real ones did.

{faults}| table | rows |
|---|---|
{told}

{persons:,} persons have a spell.

`{TRUTH}` tells what each trial did, on all spells of its target group that began where it ran, from its start to the
end of its clean window: the difference from the same persons in a register in which that one trial does nothing.
`per_use` is the same for each use of the waiver. `mc_error` is the standard error of `effect` as an average over such
spells; as a statement about these spells it has no error. Inflow counts the spells that the trial drew in or kept out,
and not what follows when people leave another benefit sooner. After emigration or death nobody has a job or is without
benefits.

| measure | unit | what |
|---|---|---|
{text}

`{SURVEY_TRUTH}` tells what everybody invited to a survey would have answered.

A spell that ended in emigration or death has an end and the exit `emigration_or_death`; one that still ran on
31 December 2021 has no end.
"""
