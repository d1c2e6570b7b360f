from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune.errors import UnknownName
from frikommune.municipalities import area_code, code_of, codes_in, is_municipality, municipalities, name_of, network


def test_there_are_98_with_mutual_neighbours() -> None:
    """Every neighbour exists and knows of it; islands without a bridge have none."""
    known = municipalities()
    assert len(known) == 98
    assert all(code in known[other].neighbours for code, each in known.items() for other in each.neighbours)
    assert {each.name for each in known.values() if not each.neighbours} == {"Læsø", "Samsø", "Fanø", "Ærø", "Bornholm"}


def test_the_eleven_are_all_of_north_jutland() -> None:
    """The network is the whole region, which is why one regional shock moves them all."""
    assert set(network()) == {code for code, each in municipalities().items() if each.region == "Nordjylland"}
    assert len(network()) == 11


def test_the_eleven_provinces_lie_in_the_five_regions() -> None:
    """Statistics Denmark's landsdele: as many municipalities each as it says, none of them in two regions."""
    known = municipalities().values()
    assert Counter(each.province for each in known) == {
        "Byen København": 4, "Københavns omegn": 13, "Nordsjælland": 11, "Bornholm": 1, "Østsjælland": 5,
        "Vest- og Sydsjælland": 12, "Fyn": 10, "Sydjylland": 12, "Østjylland": 11, "Vestjylland": 8, "Nordjylland": 11,
    }  # fmt: skip
    assert len({(each.province, each.region) for each in known}) == 11


def test_the_provinces_add_up_to_the_official_figures(real: Path) -> None:
    """Municipalities sum to the province's own figures of social assistance, but for the rounding of each."""
    rows = pd.read_csv(real / "auk01_net_unemployed_social_assistance.csv", sep=";", encoding="utf-8-sig")
    rows = rows[rows["TID"] == "2019Q4"].set_index("OMRÅDE")["INDHOLD"].astype(float)
    ours = pd.Series(
        {area: municipalities()[code].province for area in rows.index if (code := area_code(area)) is not None}
    )
    sums = rows[ours.index].groupby(ours).sum()
    official = rows[[f"Province {name}" for name in sums.index]].to_numpy()
    assert np.abs(sums.to_numpy() - official).max() <= 3


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Vesthimmerland", 820), ("Vesthimmerlands Kommune", 820), ("Mors", 773), ("Århus", 751), ("Copenhagen", 101),
        ("Brønderslev-Dronninglund", 810), ("  allerød ", 201), ("851", 851), ("0851", 851), ("Ålborg", 851),
    ],
)  # fmt: skip
def test_names_are_repaired_through_aliases(name: str, code: int) -> None:
    """Old, short and English names, codes with a lost zero and stray blanks all find their municipality."""
    assert code_of(name) == code


def test_a_pair_is_two_municipalities() -> None:
    """Frederikshavn/Læsø, which the documents count as one, is two."""
    assert codes_in("Frederikshavn/Læsø") == (813, 825)


def test_totals_and_regions_are_no_municipalities() -> None:
    """Allerød is no total, and neither a region nor the country is a municipality."""
    assert is_municipality("Allerød")
    assert not any(
        map(is_municipality, ["All Denmark", "Region Nordjylland", "Province Fyn", "Christiansø", "411", "81"])
    )


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """A misspelt name is answered with the names that it may have been."""
    with pytest.raises(UnknownName, match="nearest are Hjørring"):
        code_of("Hjorring")
    with pytest.raises(UnknownName, match="municipality code"):
        name_of(999)
