"""Raw exports to the tables of a data room: reads the file, and hands it to the parser with the settings it needs."""

from collections.abc import Iterator
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table

from frikommune.dataroom.answers import made_of_survey
from frikommune.dataroom.made import Keys, Made, Outcome, by_reason, in_engine, keyed
from frikommune.dataroom.noun import Recognised
from frikommune.dataroom.official import OfficialTable
from frikommune.dataroom.registers import made_of_bfl, made_of_dream
from frikommune.dataroom.settings import SETTINGS, RoomSettings, fitting
from frikommune.errors import BadData, UnknownName, UserError
from frikommune.records import Cases, Municipal, cases, read_case_mapping
from frikommune.trials import load_trials


def make(found: Recognised, settings: RoomSettings, keys: Keys) -> Iterator[tuple[str, Outcome]]:
    """Make the tables of a data room of a raw export.

    Args:
        found: The file, and what it is.
        settings: What the settings of the folder say.
        keys: What becomes of person keys.

    Yields:
        The name of each table with the table, or with what is wrong with it.
    """
    if found.kind == "dream":
        yield from made_of_dream(found, settings, keys)
        return
    for table in found.tables:
        try:
            if found.kind == "bfl":
                yield table, made_of_bfl(found, settings, keys)
            elif found.kind == "survey":
                yield table, made_of_survey(found, keys)
            else:
                yield table, _cases(found, settings, keys)
        except UserError as fault:
            yield table, fault


def made_of_official(table: OfficialTable) -> Made:
    """Make the table `municipal` of an official table."""
    figures = table.figures
    frame = figures.frame
    arrow = pa.table(
        {
            "kommune_kode": pa.array(frame["kommune_kode"].tolist(), pa.int64()),
            "period": pa.array(frame["period"].tolist(), pa.string()),
            "indicator": pa.array(frame["indicator"].tolist(), pa.string()),
            "value": pa.array(frame["value"].tolist(), pa.float64()),
            "n": pa.nulls(len(frame), pa.float64()),
            "row": pa.array(figures.numbers.tolist(), pa.int64()),
        }
    )
    clashes = pd.DataFrame(
        {"row": list(table.clashes), "reason": [f"value: another figure than {table.clash_with}"] * len(table.clashes)}
    )
    return Made(
        table=in_engine(arrow),
        provenance=table.provenance,
        aside=pd.concat([figures.aside, clashes], ignore_index=True).astype({"row": "int64"}),
        set_aside=_official_counts(figures),
        clashes=(table.clashes, table.clash_with),
        notes=(f"official figures of the indicator {table.indicator}", *_dashes(figures)),
    )


def _official_counts(figures: Municipal) -> dict[str, int]:
    counts = {f"other area: {area}": rows for area, rows in figures.areas.items()}
    counts |= {f"another kind of period: {period}": rows for period, rows in figures.periods.items()}
    named = {
        "no figure": figures.missing,
        "another value of a dimension than the one chosen": figures.unchosen,
        "the same figure as in another file": figures.repeated,
    }
    return counts | {reason: rows for reason, rows in named.items() if rows}


def _dashes(figures: Municipal) -> tuple[str, ...]:
    if not figures.dashes:
        return ()
    meaning = "nil (0)" if figures.dash == "nil" else "no figure"
    return (f'"-" in {figures.dashes} rows of municipalities, taken as {meaning}',)


def _cases(found: Recognised, settings: RoomSettings, keys: Keys) -> Made:
    assert found.mapping is not None
    mapping = read_case_mapping(found.mapping)
    source = keyed(found.file, [mapping.columns.person_key], keys)
    read_cases = cases(source, mapping)
    aside = read_cases.set_aside.astype({"row": "int64"})
    return Made(
        table=_with_trial(read_cases, found, settings),
        provenance=source.provenance,
        aside=aside,
        unread=by_reason(aside),
        sources=(source,),
        notes=_about_cases(read_cases, mapping.system, found.mapping),
    )


def _with_trial(read_cases: Cases, found: Recognised, settings: RoomSettings) -> Table:
    told = {each.trial for each in fitting(settings.cases, found.file)}
    if len(told) > 1:
        raise BadData(f"{SETTINGS} names {len(told)} trials for {found.file.name}: one was expected.")
    for trial in told - set(load_trials()):
        raise UnknownName.among("trial", trial, load_trials())
    return read_cases.table.mutate(trial=ibis.literal(told.pop())) if told else read_cases.table


def _about_cases(read_cases: Cases, system: str, mapping: Path) -> tuple[str, ...]:
    notes = [f"{system} by {mapping.name}: the waiver was used in {read_cases.uses} of {read_cases.kept} cases"]
    if read_cases.other_tags:
        notes.append(f"{read_cases.other_tags} tags that mark something else")
    if read_cases.unmapped:
        notes.append(f"columns that {mapping.name} neither names nor ignores: {', '.join(read_cases.unmapped)}")
    return tuple(notes)
