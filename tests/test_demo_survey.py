import numpy as np
import pandas as pd
import pytest

from frikommune.demo import country
from frikommune.demo.survey import asked, survey_table, survey_truth
from frikommune.schema import contract
from frikommune.trials import load_trials

BY = ["trial", "role", "wave", "item"]


@pytest.fixture(scope="module")
def uptake() -> pd.DataFrame:
    """Return a table in which half of those who could use a waiver did, and 64 saw a psychologist."""
    rows = [
        (key, code, f"{year}Q{quarter}", 16, 8)
        for key, each in load_trials().items()
        for code in each.municipalities
        for year in (2018, 2019, 2020)
        for quarter in range(1, 5)
    ]
    frame = pd.DataFrame(rows, columns=list(contract("uptake").names))
    rare = frame["trial"] == "psykolog"
    return frame[~rare | (frame["period"] == "2018Q1")].assign(used=frame["used"].where(~rare, 20))


def as_numbers(answers: pd.Series) -> pd.Series:
    return pd.to_numeric(answers.replace({"ja": "1", "nej": "0"}))


def naive(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of the answers of those invited, as one would compute it without a thought."""
    invited = table[table["invited"]]
    values = invited.assign(value=as_numbers(invited["answer"])).groupby(BY, sort=False)["value"]
    return values.agg(["mean", "count", "size"])


def test_the_naive_mean_is_biased_by_silence(uptake: pd.DataFrame) -> None:
    """Satisfied clients answer more often: on a scale of 1 to 5 the mean of the answers is some 0.3 too high."""
    table = survey_table(asked(country(1), uptake, 1, 20.0))
    truth = survey_truth(asked(country(1), uptake, 1, 20.0)).set_index(BY)["mean"]
    bias = naive(table)["mean"] - truth
    clients = bias[
        [("rehab_jaf", "borger", "2019", "tilfredshed"), ("formkrav_samtaler", "borger", "2019", "tilfredshed")]
    ]
    assert clients.to_numpy() == pytest.approx(0.3, abs=0.12)
    doctors = bias[("laegeattest_sdp", "læge", "2019", "bedre_tid")]
    assert doctors < -0.05


def test_everybody_invited_is_there_and_a_part_of_them_answers(uptake: pd.DataFrame) -> None:
    """The rows are those of the truth; a third of the doctors and two thirds of the caseworkers answer."""
    found = naive(survey_table(asked(country(1), uptake, 1, 20.0))).reset_index()
    truth = survey_truth(asked(country(1), uptake, 1, 20.0))
    assert (found["size"] == truth["persons"]).all()
    share = (found["count"] / found["size"]).groupby(found["role"]).mean()
    assert share["læge"] == pytest.approx(0.33, abs=0.05)
    assert share["sagsbehandler"] == pytest.approx(0.68, abs=0.05)


def test_use_moves_opinions_and_only_use_does(uptake: pd.DataFrame) -> None:
    """Where nobody used the waiver, or use has no effect, the answers are those without use."""
    truth = survey_truth(asked(country(1), uptake, 1, 5.0)).set_index(BY)
    moved = truth["mean"] - truth["without_use"]
    before = moved[moved.index.get_level_values("wave") == "2017"]
    assert (before == 0).all()
    assert moved[("rehab_jaf", "borger", "2019", "tilfredshed")] == 0
    assert moved[("rehab_jaf", "sagsbehandler", "2019", "bedre_tid")] == pytest.approx(0.4, abs=0.15)
    assert moved[("integration_kontakt", "borger", "2019", "for_mange_samtaler")] < 0


def test_numbers_invited_are_those_of_real_surveys(uptake: pd.DataFrame) -> None:
    """At size 1: 60 of 60 who saw a psychologist, and staff surveys of at least 137."""
    persons = survey_truth(asked(country(1), uptake, 1, 1.0)).set_index(BY)["persons"]
    assert persons[("psykolog", "borger", "2019", "tilfredshed")] == 60
    assert persons[("rehab_jaf", "sagsbehandler", "2019", "bedre_tid")] >= 137
    assert persons[("mikrolaan", "borger", "2019", "udbytte")] == 21


def test_weights_add_up_to_those_who_could_be_asked(uptake: pd.DataFrame) -> None:
    """The weights of the invited doctors sum to one doctor for 1,700 inhabitants."""
    table = survey_table(asked(country(1), uptake, 1, 1.0))
    doctors = table[(table["role"] == "læge") & (table["item"] == "bedre_tid")]
    people = dict(zip(country(1).codes.tolist(), country(1).people, strict=True))
    expected = sum(people[code] // 1700 for code in load_trials()["laegeattest_sdp"].municipalities)
    assert doctors["weight"].sum() == pytest.approx(expected, rel=0.01)


def test_the_table_is_as_its_contract_says(uptake: pd.DataFrame) -> None:
    """One row a respondent and item; silence is blank; open links have no weight, and everybody there answered."""
    table = survey_table(asked(country(1), uptake, 1, 1.0))
    assert list(table.columns) == list(contract("survey").names)
    assert not table.duplicated(list(contract("survey").keys)).any()
    assert set(table["answer"].dropna()) == {"1", "2", "3", "4", "5", "ja", "nej"}
    links = table[~table["invited"]]
    assert set(links["role"]) == {"virksomhed"}
    assert links["weight"].isna().all()
    assert links["answer"].notna().mean() > 0.9
    assert set(table["role"]) == {"borger", "sagsbehandler", "læge", "virksomhed", "a-kasse"}


def test_the_same_arguments_give_the_same_answers(uptake: pd.DataFrame) -> None:
    """Made twice it is the same, also when the rows of uptake come in another order; another seed answers otherwise."""
    first = survey_table(asked(country(1), uptake, 1, 1.0))
    pd.testing.assert_frame_equal(first, survey_table(asked(country(1), uptake.iloc[::-1], 1, 1.0)))
    other = survey_table(asked(country(1), uptake, 2, 1.0))
    assert not np.array_equal(first["answer"].isna(), other["answer"].isna())


def test_nobody_is_asked_about_what_was_never_used() -> None:
    """Without a use there are no users to ask; surveys of staff go on."""
    rows = [(key, code, "2018Q1", 10, 0) for key, each in load_trials().items() for code in each.municipalities]
    unused = pd.DataFrame(rows, columns=list(contract("uptake").names))
    table = survey_table(asked(country(1), unused, 1, 1.0))
    assert not ((table["trial"] == "psykolog") & (table["role"] == "borger")).any()
    assert ((table["trial"] == "psykolog") & (table["role"] == "sagsbehandler")).any()
