"""Surveys in a folder: SurveyXact's exports and flat surveys, to `survey`."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from frikommune.dataroom.headings import delimiter_of
from frikommune.dataroom.made import Keys, Made, by_reason, in_engine, keyed
from frikommune.dataroom.noun import Recognised, shown
from frikommune.errors import BadData, UnknownName
from frikommune.sources import Source, read
from frikommune.sources.encoding import as_utf8
from frikommune.sources.workspace import temporary
from frikommune.survey import RESPONDENT, Survey, SurveyMapping, flat, read_survey_mapping, surveyxact
from frikommune.trials import load_trials

_PARTS = 3  # of a SurveyXact export: dataset, structure, labels
_TYPES = {
    "respondent": pa.string(),
    "kommune_kode": pa.int64(),
    "trial": pa.string(),
    "role": pa.string(),
    "wave": pa.int64(),
    "item": pa.string(),
    "answer": pa.string(),
    "weight": pa.float64(),
    "invited": pa.bool_(),
    "row": pa.int64(),
}


def made_of_survey(found: Recognised, keys: Keys) -> Made:
    """Make the table `survey` of a SurveyXact export or a flat survey.

    Raises:
        BadData: It has no mapping file, a part of the export is missing, or a file is not what it should be.
        UnknownName: The mapping names a trial or column that does not exist.
    """
    mapping = _mapping(found)
    survey, source = _read(found, mapping, keys)
    frame = survey.frame.assign(row=[survey.numbers[each] for each in survey.frame["respondent"]])
    arrow = pa.table({name: pa.array(_plain(frame[name]), kind) for name, kind in _TYPES.items()})
    notes = [f"made of {survey.rows} respondents, {survey.invited} invited, with {len(survey.items)} items"]
    if survey.open_items:
        notes.append(f"questions answered in words, left out: {', '.join(survey.open_items)}")
    aside = survey.set_aside.astype({"row": "int64"})
    return Made(
        in_engine(arrow), source.provenance, aside, unread=by_reason(aside), made_of=survey.rows, notes=tuple(notes)
    )


def _plain(values: pd.Series) -> list[object]:
    return [None if pd.isna(each) else each for each in values]


def _mapping(found: Recognised) -> SurveyMapping:
    if found.mapping is None:
        raise BadData(
            f"{shown(found.file.name)} is a SurveyXact export: say its trial and role in a file survey.toml beside it."
        )
    mapping = read_survey_mapping(found.mapping)
    if mapping.trial not in load_trials():
        raise UnknownName.among(f"trial in {found.mapping.name}", mapping.trial, load_trials())
    return mapping


def _read(found: Recognised, mapping: SurveyMapping, keys: Keys) -> tuple[Survey, Source]:
    names = [mapping.respondent] if mapping.respondent else RESPONDENT
    if not found.parts:
        source = keyed(found.file, names, keys)
        return flat(source, mapping), source
    if len(found.parts) != _PARTS:
        raise BadData(
            f"{shown(found.file.name)} is the dataset of a SurveyXact export: beside it one structure file and one "
            "labels file were expected, or a workbook with all three."
        )
    (dataset, sheet), (structure, its_sheet), labels = found.parts
    source = keyed(dataset, names, keys, sheet=sheet)
    return surveyxact(source, read(structure, table=its_sheet or None), _labels(*labels), mapping), source


def _labels(file: Path, sheet: str) -> Source:
    """Read a labels file, which has no heading: in text it is given one, or its first line would be taken for it."""
    if sheet:
        return read(file, table=sheet)
    text = as_utf8(file)
    copy = temporary(".csv")
    try:
        body = text.path.read_text(encoding="utf-8-sig")
        mark = delimiter_of(body.split("\n", 1)[0])
        width = body.split("\n", 1)[0].count(mark) + 1
        names = ["item", "value", "label", *(f"column_{n}" for n in range(4, width + 1))]
        copy.write_text(f"{mark.join(names)}\n{body}", encoding="utf-8", newline="")
        return read(copy)
    finally:
        copy.unlink(missing_ok=True)
        if text.copied:
            text.path.unlink(missing_ok=True)
