from pathlib import Path

import pandas as pd
import pytest
from exported import Rows, rows_of, survives, table, table_of

from frikommune.errors import BadData, UnknownName
from frikommune.sources import read as source
from frikommune.survey import Survey, SurveyMapping, flat, read_survey_mapping, surveyxact

STRUCTURE = """questionName;variableName;questionType;subType;questionText;choiceValue;choiceText;
s_1;s_1;Closed;Single;Hvor tilfreds er du?;;;
s_2;s_2_1;Closed;Multiple;Hvad brugte I tiden på?;1;Samtaler;
s_2;s_2_2;Closed;Multiple;Hvad brugte I tiden på?;2;Virksomheder;
s_3;s_3;Open;String;Hvad vil du tilføje?;;;
s_4;s_4;Open;Double;Hvor mange sager har du?;;;
kom;kom;Background;Single;Kommune;;;
statoverall;stato_1;Internal;Multiple;Samlet status;1;Ny;
statoverall;stato_2;Internal;Multiple;Samlet status;2;Distribueret;
statoverall;stato_3;Internal;Multiple;Samlet status;3;Nogen svar;
statoverall;stato_4;Internal;Multiple;Samlet status;4;Gennemført;
statoverall;stato_5;Internal;Multiple;Samlet status;5;Frafaldet;
statoverall;stato_6;Internal;Multiple;Samlet status;6;Screenet ud;"""
LABELS = """s_1;1;1
s_1;2;Utilfreds
s_1;5;Tilfreds
s_2_1;0;Ikke valgt
s_2_1;1;Valgt
kom;1;Aalborg
kom;2;Rebild Kommune"""
DATA = """responde;kom;s_1;s_2_1;s_2_2;s_3;s_4;stato_1;stato_2;stato_3;stato_4;stato_5;stato_6;email
101;1;5;1;0;Bedre tid til Jens Jensen;12;0;0;0;1;0;0;a@b.dk
102;1;2;0;0;;7,5;0;0;0;1;0;0;a@b.dk
103;2;1;0;0;;;0;0;1;0;0;0;a@b.dk
104;2;;0;0;;;0;1;0;0;0;0;a@b.dk
105;2;;0;0;;;0;0;0;0;1;0;a@b.dk
106;1;;0;0;;;0;0;0;0;0;1;a@b.dk
107;1;;0;0;;;1;0;0;0;0;0;a@b.dk"""
MAPPING = SurveyMapping(trial="rehab_jaf", role="caseworker", kommune="kom")
DESIGN = ["respondent", "kommune_kode", "trial", "role", "wave", "item", "answer", "weight", "invited"]


def read(
    data: str = DATA, structure: str = STRUCTURE, labels: str = LABELS, mapping: SurveyMapping = MAPPING
) -> Survey:
    return surveyxact(table(data), table(structure), table(labels), mapping)


def answer(found: Survey, respondent: str, item: str) -> str | None:
    rows = found.frame[(found.frame["respondent"] == respondent) & (found.frame["item"] == item)]
    value = rows["answer"].iloc[0]
    return None if pd.isna(value) else value


# Claims


def test_everybody_is_there() -> None:
    """Everybody in the file is in the table, with every item, and non-response can be counted."""
    found = read()
    assert list(found.frame.columns) == DESIGN
    assert len(found.frame) == 7 * 4
    assert found.statuses == {
        "new": 1, "distributed": 1, "partly": 1, "completed": 2, "rejected": 1, "screened out": 1,
    }  # fmt: skip
    assert found.invited == 6
    assert found.frame.groupby("respondent")["invited"].first().to_dict()["107"] is False


def test_zeros_of_boxes_are_no_answers() -> None:
    """The zeros that SurveyXact writes in the boxes of people who never answered are missing; completed ones count."""
    found = read()
    assert answer(found, "101", "s_2_1") == "1"
    assert answer(found, "102", "s_2_1") == "0"
    assert answer(found, "103", "s_2_1") is None
    assert answer(found, "104", "s_2_2") is None
    assert answer(found, "105", "s_2_2") is None


def test_words_stay_out() -> None:
    """What people wrote stays out, and so do addresses: the questions are named as left out."""
    found = read()
    assert found.open_items == ("s_3",)
    assert "Jens" not in found.frame.to_string()
    assert "a@b.dk" not in found.frame.to_string()


def test_items_and_labels() -> None:
    """Items carry their question and choice, answers their labels, the first line of the labels file too."""
    found = read()
    items = found.items.set_index("item")
    assert items.loc["s_2_2", "question"] == "Hvad brugte I tiden på?"
    assert items.loc["s_2_2", "choice"] == "Virksomheder"
    assert list(items.loc[["s_1", "s_2_1", "s_4"], "type"]) == ["single", "multiple", "number"]
    assert list(items.loc[["s_1", "s_4"], "answered"]) == [3, 2]
    assert {("s_1", "1", "1"), ("s_1", "5", "Tilfreds")} <= set(found.labels.itertuples(index=False, name=None))


def test_municipality_by_label() -> None:
    """A municipality that is a code of the questionnaire is found through its label."""
    people = read().frame.groupby("respondent")["kommune_kode"].first()
    assert (people["101"], people["103"]) == (851, 840)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("104;2;;0;0;;;0;1", "104;2;;0;0;;;0;0", "not exactly one status"),
        ("104;2;;0;0;;;0;1", "104;2;;0;0;;;1;1", "not exactly one status"),
        ("104;2;", "104;9;", "no municipality of the 98"),
        ("104;2;", "103;2;", "a respondent that is there already"),
        ("104;2;", ";2;", "no respondent"),
    ],
)
def test_set_aside(old: str, new: str, reason: str) -> None:
    """A respondent who cannot be placed is set aside with the row and reason."""
    found = read(DATA.replace(old, new))
    assert found.set_aside.to_dict("records") == [{"row": 4, "reason": reason}]
    assert found.frame["respondent"].nunique() == 6


def test_a_cpr_number_among_answers_sets_the_row_aside(tmp_path: Path) -> None:
    """In an item that is counted the row is set aside with the reason; in words it stays out with the words."""
    answers = [f"{n};851;{n % 4};svar nummer {n}" for n in range(20)]
    answers[3], answers[5] = "3;851;010170-1234;svar", "5;851;1;ring til 010170-1234"
    (tmp_path / "a.csv").write_text("\n".join(["id;kom;q1;q2", *answers]) + "\n", encoding="utf-8")
    about = SurveyMapping(trial="rehab_jaf", role="caseworker", kommune="kom", respondent="id", items=("q1", "q2"))
    found = flat(source(tmp_path / "a.csv"), about)
    assert found.set_aside.to_numpy().tolist() == [[4, "a CPR number in q1"]]
    assert (found.rows, found.open_items) == (20, ("q2",))
    assert "[CPR]" not in found.frame.to_csv()


def test_flat() -> None:
    """A flat survey has one column an item, a status column and weights with a decimal comma."""
    text = "id;kommune;q1;q2;vægt;status\n1;Aalborg;4;Ja;1,5;svaret\n2;0851;;;0,5;udsendt\n3;Læsø;2;Nej;1;svaret"
    mapping = SurveyMapping(
        trial="rehab_jaf", role="citizen", respondent="id", kommune="kommune", weight="vægt", status="status",
        statuses={"svaret": "completed", "udsendt": "distributed"}, items=("q1", "q2"),
    )  # fmt: skip
    found = flat(table(text), mapping)
    assert found.statuses == {"distributed": 1, "completed": 2}
    assert found.frame.groupby("respondent")["weight"].first().to_dict() == {"1": 1.5, "2": 0.5, "3": 1.0}
    assert answer(found, "2", "q1") is None
    assert answer(found, "3", "q2") == "Nej"


def test_mapping_file(tmp_path: Path) -> None:
    """The mapping of a survey can stand in a file."""
    path = tmp_path / "survey.toml"
    path.write_text('trial = "rehab_jaf"\nrole = "citizen"\nwave = 2\nitems = ["q1"]\n', encoding="utf-8")
    assert read_survey_mapping(path) == SurveyMapping("rehab_jaf", "citizen", wave=2, items=("q1",))


# Invariances


def test_words_of_other_languages() -> None:
    """Statuses are read by their words, whatever language and order the export has them in."""
    swapped = STRUCTURE.replace("4;Gennemført", "4;Distribuert").replace("2;Distribueret", "2;Gjennomført")
    assert read(structure=swapped).statuses["completed"] == 1
    assert read(DATA.replace("stato_", "statoverall_"), STRUCTURE.replace("stato_", "statoverall_")).invited == 6


# Refusals


def test_no_status() -> None:
    """An export without status columns hides who did not answer, and is refused."""
    with pytest.raises(BadData, match="no status columns"):
        read(DATA.replace("stato_", "x_"))


def test_wrong_file() -> None:
    """One of the three files in another's place is named."""
    with pytest.raises(BadData, match="structure file lacks variableName"):
        read(structure=LABELS)
    with pytest.raises(BadData, match="labels file has 1 columns"):
        read(labels="a\nb")


def test_missing_column() -> None:
    """A column that the mapping names and the file lacks is answered with the nearest."""
    with pytest.raises(UnknownName, match="kom"):
        read(mapping=SurveyMapping("rehab_jaf", "caseworker", kommune="kommun"))


def test_flat_with_silent_rows() -> None:
    """A flat survey with empty rows and no status column is refused: silence must be told from absence."""
    mapping = SurveyMapping("rehab_jaf", "citizen", kommune_kode=851, items=("q1",))
    with pytest.raises(BadData, match="1 of 2 rows hold no answer"):
        flat(table("id;q1\n1;4\n2;"), mapping)


def test_unknown_entry(tmp_path: Path) -> None:
    """A misspelt entry of a mapping file is answered with the nearest."""
    path = tmp_path / "survey.toml"
    path.write_text('trial = "rehab_jaf"\nrole = "citizen"\nweigth = "v"\n', encoding="utf-8")
    with pytest.raises(UnknownName, match="weight"):
        read_survey_mapping(path)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["dataset", "structure", "labels"])
def test_damaged_exports(which: int) -> None:
    """A hundred damaged exports are read with everybody kept or set aside, or refused in a sentence."""
    texts = [DATA, STRUCTURE, LABELS]

    def again(rows: Rows) -> tuple[int, int]:
        files = [table(text) for text in texts]
        files[which] = table_of(rows)
        found = surveyxact(files[0], files[1], files[2], MAPPING)
        return found.rows, found.frame["respondent"].nunique() + len(found.set_aside)

    good, bad = survives(again, rows_of(texts[which]), range(which * 34, which * 34 + 34))
    assert good + bad == 34
    assert good > 0
    assert bad > 0
