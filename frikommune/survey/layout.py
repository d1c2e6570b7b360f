"""The layout of SurveyXact's export: structure, labels and status columns.

References:
    The layout (structure: questionName, variableName, questionType, subType, questionText, choiceValue, choiceText;
    labels: variable, value, label, without a heading; status in stato_1..5) as in https://github.com/NIFU-NO/readSX
"""

import re

import pandas as pd
from ibis.expr.types import Table

from frikommune.errors import BadData
from frikommune.exports import local_text

STATUSES = ("new", "distributed", "partly", "completed", "rejected", "screened out")

_STATUS = re.compile(r"(?:stato|statoverall)_(?P<number>\d+)")
# Columns that SurveyXact adds by itself: they describe the collection, and are no questions.
OWN = re.compile(
    r"(?:stat(?:o|c|d|s|ov\w*|comp\w*|crea\w*|dist\w*|sour\w*|coll\w*|inte\w*)?_\d+|respondent?(?:id)?|organi[sz]a\w*|survey|created|modified|"
    r"closetim\w*|starttim\w*|difftime|responsec?\w*|numberof\w*|importgr\w*|distribu\w*|email|digit\w*|lang)"
)
RESPONDENT = ("respondentid", "responde", "respondent")
_STRUCTURE = ("variableName", "questionText")
# How the statuses are called in Danish, Norwegian, Swedish, German and English exports.
_STATUS_WORDS = {
    "screened out": ("screen",),
    "partly": ("nogen svar", "noen svar", "några svar", "delvi", "einige", "some answer", "partial"),
    "completed": ("gennemf", "gjennomf", "genomf", "fuldf", "fullf", "abgeschl", "complete"),
    "rejected": ("frafald", "frafalt", "afvist", "avvist", "abgelehnt", "reject", "bortfall"),
    "distributed": ("distribu", "udsendt", "verteilt", "verschickt"),
    "new": ("ny", "neu", "new", "oprettet", "created"),
}
_BY_NUMBER = dict(enumerate(STATUSES[:5], start=1))


def structure(table: Table) -> pd.DataFrame:
    """Return what each variable asks; SurveyXact's text files have an empty column too many."""
    found = local_text(table)
    missing = [column for column in _STRUCTURE if column not in found.columns]
    if missing:
        raise BadData(
            f"The structure file lacks {' and '.join(missing)}; its columns are {', '.join(found.columns)}: "
            "it may be another of the three files."
        )
    return found.reindex(columns=["variableName", "questionText", "subType", "choiceText"], fill_value="")


def labels(table: Table) -> pd.DataFrame:
    """Return what each value means. The file has no heading, so its first row may have been read as one."""
    found = local_text(table).iloc[:, :3]
    if found.shape[1] < len(("item", "value", "label")):
        raise BadData(f"The labels file has {found.shape[1]} columns; variable, value and label were expected.")
    heading = [str(column) for column in found.columns]
    found.columns = pd.Index(["item", "value", "label"])
    if heading[0].casefold() in ("variablename", "variable", "item") or heading[0].casefold().startswith("column"):
        return found
    # A reader tells two equal headings apart with a number: "2", "2_1".
    label = heading[1] if re.fullmatch(rf"{re.escape(heading[1])}_\d", heading[2]) else heading[2]
    first = pd.DataFrame({"item": [heading[0]], "value": [heading[1]], "label": [label]})
    return pd.concat([first, found], ignore_index=True)


def status_columns(data: pd.DataFrame, asked: pd.DataFrame) -> dict[str, str]:
    """Return the status that each status column stands for: by its words, else by its number."""
    words = dict(zip(asked["variableName"], asked["choiceText"], strict=True))
    found = {}
    for column in data.columns:
        if match := _STATUS.fullmatch(column):
            text = str(words.get(column, "")).casefold()
            named = (name for name, parts in _STATUS_WORDS.items() if any(text.startswith(part) for part in parts))
            found[column] = next(named, _BY_NUMBER.get(int(match["number"]), "screened out"))
    return found


def one_status(data: pd.DataFrame, codes: dict[str, str]) -> tuple[pd.Series, pd.Series]:
    """Return the status of every row, and whether it has not exactly one."""
    ticked = data[list(codes)].isin(["1", "1.0", "1,0"])
    one = ticked.sum(axis="columns") == 1
    status = ticked.idxmax(axis="columns").map(codes) if len(data) else pd.Series(dtype=object)
    return status.where(one, ""), ~one
