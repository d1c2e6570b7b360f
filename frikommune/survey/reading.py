"""Surveys, to the `survey` table: SurveyXact's three-file export and flat surveys, one column an item.

Everybody invited is in the table, with or without an answer, so that non-response can be seen and bounded. What a
person wrote in words stays out: free text is where names and CPR numbers are.

SurveyXact writes the boxes of a multiple choice as 0 for people who were never asked; such zeros are no answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from ibis.expr.types import Table

from frikommune.disclosure import MARK
from frikommune.errors import BadData, UnknownName
from frikommune.exports import local_text, opened, opened_with_marks
from frikommune.municipalities import area_code
from frikommune.sources import Source
from frikommune.survey import layout
from frikommune.survey.mapping import SurveyMapping


@dataclass(frozen=True, slots=True, repr=False)
class Survey:
    """Answers, and everybody who was asked for one.

    Attributes:
        frame: Columns respondent, kommune_kode, trial, role, wave, item, answer, weight and invited; one row a
            respondent and item, the answer missing where there is none.
        items: Columns item, question and choice, type ("single", "multiple" or "number") and answers given.
        labels: Columns item, value and label.
        statuses: Respondents by status.
        set_aside: Rows of the file that could not be read: row and reason.
        open_items: Questions answered in words, left out.
        rows: Rows read: respondents in `frame` and rows in `set_aside`.
        numbers: Row of the file, by respondent; 1 is the first row of data.
    """

    frame: pd.DataFrame
    items: pd.DataFrame
    labels: pd.DataFrame
    statuses: dict[str, int]
    set_aside: pd.DataFrame
    open_items: tuple[str, ...]
    rows: int
    numbers: dict[str, int]

    @property
    def invited(self) -> int:
        """People who were asked: all but those whose questionnaire was made and never sent."""
        return sum(self.statuses.values()) - self.statuses.get("new", 0)

    def __repr__(self) -> str:
        return (
            f"Survey: {self.rows} rows read, {self.invited} invited, {self.statuses.get('completed', 0)} completed, "
            f"{len(self.items)} items, {len(self.set_aside)} set aside"
        )


def surveyxact(
    dataset: Source | Table, structure: Source | Table, labels: Source | Table, mapping: SurveyMapping
) -> Survey:
    """Read SurveyXact's export: the three files, or the three sheets of its workbook.

    Args:
        dataset: One row a respondent, one column a variable; a box of a multiple choice is a column of 0 and 1.
        structure: What each variable asks.
        labels: What each value means; without a heading.
        mapping: What the files do not say.

    Raises:
        BadData: A file is not what it should be, or the export has no status columns, so that nobody who did not
            answer can be seen.
        UnknownName: A column that the mapping names is not there.
    """
    data = local_text(opened_with_marks(dataset)[0])
    asked, meanings = layout.structure(opened(structure)[0]), layout.labels(opened(labels)[0])
    codes = layout.status_columns(data, asked)
    if not codes:
        raise BadData(
            "The dataset has no status columns (stato_1, stato_2, ...): export it again with them, for without them "
            "nobody who did not answer can be seen."
        )
    status, unclear = layout.one_status(data, codes)
    faults = _faults(unclear, "not exactly one status", data.index)
    known = asked[asked["variableName"].isin(data.columns)].drop_duplicates("variableName")
    if known.empty:
        raise BadData("The structure file describes none of the columns of the dataset: they are of two surveys.")
    ours = ~known["variableName"].str.fullmatch(layout.OWN.pattern) & ~known["variableName"].isin(_taken(mapping))
    items = known[ours & (known["variableName"].isin(mapping.items) if mapping.items else True)]
    return _survey(data, items, labels=meanings, status=status, faults=faults, mapping=mapping)


def flat(table: Source | Table, mapping: SurveyMapping) -> Survey:
    """Read a flat survey: one row a respondent, one column an item.

    Raises:
        BadData: The mapping names no items, or no status although not everybody answered.
        UnknownName: A column that the mapping names is not there.
    """
    data = local_text(opened_with_marks(table)[0])
    if not mapping.items:
        raise BadData("The mapping names no items: items = [...] with the columns of the questions was expected.")
    items = pd.DataFrame({"variableName": list(mapping.items), "questionText": list(mapping.items)})
    status, faults = _flat_status(data, mapping)
    labels = pd.DataFrame(columns=["item", "value", "label"])
    return _survey(data, items, labels=labels, status=status, faults=faults, mapping=mapping)


def _survey(
    data: pd.DataFrame,
    items: pd.DataFrame,
    *,
    labels: pd.DataFrame,
    status: pd.Series,
    faults: pd.Series,
    mapping: SurveyMapping,
) -> Survey:
    for column in (*_taken(mapping), *mapping.items):
        _check_column(column, data)
    people = _people(data, labels, mapping)
    kind = items.apply(lambda item: _kind(item, data[item["variableName"]]), axis="columns") if len(items) else []
    items = items.assign(type=kind)
    closed = items.loc[items["type"] != "open", "variableName"]
    faults = faults + _people_faults(people) + _marked(data, (*_taken(mapping), *closed))
    right = faults == ""
    answers = _answers(data, items[items["type"] != "open"], status)[right]
    long = answers.assign(respondent=people["respondent"]).melt("respondent", var_name="item", value_name="answer")
    invited = people[right].assign(
        invited=status[right] != "new", trial=mapping.trial, role=mapping.role, wave=mapping.wave
    )
    order = ["respondent", "kommune_kode", "trial", "role", "wave", "item", "answer", "weight", "invited"]
    frame = long.merge(invited, on="respondent")[order]
    return Survey(
        frame=frame.sort_values(["respondent", "item"], ignore_index=True, kind="stable"),
        items=_described(items[items["type"] != "open"], answers),
        labels=labels[labels["item"].isin(answers.columns)].reset_index(drop=True),
        statuses={
            name: int((status[right] == name).sum()) for name in layout.STATUSES if (status[right] == name).any()
        },
        set_aside=_aside(faults),
        open_items=tuple(items.loc[items["type"] == "open", "variableName"]),
        rows=len(data),
        numbers={str(each): row for row, each in enumerate(people["respondent"], start=1) if right.iloc[row - 1]},
    )


def _taken(mapping: SurveyMapping) -> tuple[str, ...]:
    named = (mapping.respondent, mapping.kommune, mapping.weight, mapping.status)
    return tuple(each for each in named if each is not None)


def _check_column(column: str, data: pd.DataFrame) -> None:
    if column not in data.columns:
        raise UnknownName.among("column in the survey", column, data.columns)


def _flat_status(data: pd.DataFrame, mapping: SurveyMapping) -> tuple[pd.Series, pd.Series]:
    """Read the status column; without one everybody in the file has answered, and must have."""
    if mapping.status is None:
        present = [column for column in mapping.items if column in data.columns]
        silent = int((data[present] == "").all(axis="columns").sum())
        if silent:
            raise BadData(
                f"{silent} of {len(data)} rows hold no answer, and the mapping names no status column: name one, "
                "or leave these rows out of the file."
            )
        return pd.Series("completed", index=data.index, dtype=object), _faults(data.index < 0, "", data.index)
    _check_column(mapping.status, data)
    wrong = set(mapping.statuses.values()) - set(layout.STATUSES)
    if wrong:
        raise UnknownName.among("status", min(wrong), layout.STATUSES)
    status = data[mapping.status].map(dict(mapping.statuses))
    return status.fillna(""), _faults(status.isna(), "a status that the mapping does not name", data.index)


def _people(data: pd.DataFrame, labels: pd.DataFrame, mapping: SurveyMapping) -> pd.DataFrame:
    """Return respondent, municipality and weight of every row."""
    found = {column.casefold(): column for column in data.columns}
    column = mapping.respondent or next((found[each] for each in layout.RESPONDENT if each in found), None)
    numbers = pd.Series([str(row) for row in range(1, len(data) + 1)], index=data.index, dtype=object)
    respondent = numbers if column is None else data[column].str.replace(r"[.,]0$", "", regex=True)
    weight = pd.Series("1", index=data.index) if mapping.weight is None else data[mapping.weight]
    weights = pd.to_numeric(weight.str.replace(",", "."), errors="coerce")
    return pd.DataFrame(
        {
            "respondent": respondent,
            "kommune_kode": _kommune(data, labels, mapping),
            "weight": weights.where((weights >= 0) & (weights < float("inf"))),
        }
    )


def _kommune(data: pd.DataFrame, labels: pd.DataFrame, mapping: SurveyMapping) -> pd.Series:
    if mapping.kommune is None:
        return pd.Series(mapping.kommune_kode, index=data.index, dtype="Int64")
    ours = labels[labels["item"] == mapping.kommune]
    texts = data[mapping.kommune].replace(dict(zip(ours["value"], ours["label"], strict=True)))
    return texts.map({each: area_code(each) for each in texts.unique()}).astype("Int64")


def _people_faults(people: pd.DataFrame) -> pd.Series:
    none, twice = people["respondent"] == "", people["respondent"].duplicated(keep="first")
    return (
        _faults(none, "no respondent", people.index)
        + _faults(twice & ~none, "a respondent that is there already", people.index)
        + _faults(people["kommune_kode"].isna(), "no municipality of the 98", people.index)
        + _faults(people["weight"].isna(), "a weight that is no number", people.index)
    )


def _marked(data: pd.DataFrame, columns: Iterable[str]) -> pd.Series:
    """Return the rows in which the reader found a CPR number; those in answers in words stay out with them."""
    faults = pd.Series("", index=data.index, dtype=object)
    for column in dict.fromkeys(columns):
        faults = faults + _faults(data[column] == MARK, f"a CPR number in {column}", data.index)
    return faults


def _faults(where: pd.Series, reason: str, index: pd.Index) -> pd.Series:
    return pd.Series(where, index=index, dtype=bool).map({True: f"{reason}; ", False: ""}).astype(object)


def _aside(faults: pd.Series) -> pd.DataFrame:
    rows = pd.Series(range(1, len(faults) + 1), index=faults.index)
    aside = pd.DataFrame({"row": rows, "reason": faults.str.removesuffix("; ")})
    return aside[aside["reason"] != ""].reset_index(drop=True)


def _kind(item: pd.Series, answers: pd.Series) -> str:
    """Return the kind of an item: as the structure file has it, else from its answers."""
    told = str(item.get("subType", "")).casefold()
    if told in ("single", "multiple", "string"):
        return "open" if told == "string" else told
    given = answers[~answers.isin(["", MARK])]
    if given.str.fullmatch(r"-?\d+(?:[.,]\d+)?").all():
        return "number"
    return "open" if told or given.nunique() > max(12, len(given) // 4) else "single"


def _answers(data: pd.DataFrame, items: pd.DataFrame, status: pd.Series) -> pd.DataFrame:
    """Return the answers, one column an item; boxes that nobody could tick are no answers."""
    answers = data[list(items["variableName"])].replace("", None).astype(object)
    answered = status.isin(["partly", "completed"])
    for _, boxes in items[items["type"] == "multiple"].groupby("questionText"):
        columns = list(boxes["variableName"])
        ticked = answers[columns].isin(["1", "1.0", "1,0"]).any(axis="columns")
        answers.loc[~ticked & (status != "completed"), columns] = None
    answers.loc[~answered & ~status.isin(["rejected", "screened out"])] = None
    return answers


def _described(items: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item": list(items["variableName"]),
            "question": list(items["questionText"]),
            "choice": list(items.get("choiceText", pd.Series("", index=items.index))),
            "type": list(items["type"]),
            "answered": [int(answers[each].notna().sum()) for each in items["variableName"]],
        }
    )
