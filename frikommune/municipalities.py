"""The 98 municipalities: code, name and its aliases, region and province, neighbours, groups.

Source: Statistics Denmark (codes, groups, population of 1 January 2019 to the nearest hundred);
neighbours by land or fixed link, ferries apart. `data/municipalities.csv` holds them all.
"""

import re
from dataclasses import dataclass
from functools import cache

from frikommune.errors import BadData, ShippedDataError, UnknownName
from frikommune.shipped import read_rows

COUNT = 98

_AREA = re.compile(r"(?P<code>\d{3,4})\s+(?P<name>\D.*)")
_CODE = re.compile(r"0?\d{3}")


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality.

    Attributes:
        code: Official three-digit code (kommunekode).
        name: Official name, without "Kommune".
        aliases: Other spellings met in data.
        region: One of the five regions.
        province: One of the eleven provinces (landsdele) of Statistics Denmark.
        group: Statistics Denmark's municipality group.
        population: Inhabitants on 1 January 2019 [persons, to the nearest hundred].
        lon: Longitude of a point inside [degrees east].
        lat: Latitude of a point inside [degrees north].
        area: Area [square kilometres].
        neighbours: Codes of municipalities that share a land border or fixed link.
        ferries: Codes of municipalities reached by a ferry that is the only link.
        fk2: One of the eleven of the North Jutland network, 2017-2021.
        fk1: Held waivers in the first free-municipality trial, 2012-2015.
    """

    code: int
    name: str
    aliases: tuple[str, ...]
    region: str
    province: str
    group: str
    population: int
    lon: float
    lat: float
    area: float
    neighbours: frozenset[int]
    ferries: frozenset[int]
    fk2: bool
    fk1: bool


@cache
def municipalities() -> dict[int, Municipality]:
    """Return the 98 municipalities by code, checked once.

    Raises:
        ShippedDataError: A neighbour is unknown or not mutual, or there are not 98.
    """
    known = {int(row["code"]): _municipality(row) for row in read_rows("municipalities.csv")}
    if len(known) != COUNT:
        raise ShippedDataError(f"data/municipalities.csv holds {len(known)} municipalities, not {COUNT}.")
    for each in known.values():
        for other in each.neighbours | each.ferries:
            if other not in known:
                raise ShippedDataError(f"{each.name} has the unknown neighbour {other}.")
        for other in each.neighbours:
            if each.code not in known[other].neighbours:
                raise ShippedDataError(f"{each.name} borders {known[other].name}, but not the other way round.")
    return known


def code_of(name: str) -> int:
    """Return the code of one municipality by name, alias or code, in any case, with or without "Kommune".

    Raises:
        UnknownName: No municipality is called that.
    """
    found = _codes_by_name().get(_plain(name))
    if found is None:
        raise UnknownName.among("municipality", name, (each.name for each in municipalities().values()))
    return found


def codes_in(text: str) -> tuple[int, ...]:
    """Return the codes named in a text such as "Frederikshavn/Læsø": a pair is two municipalities."""
    return tuple(code_of(part) for part in text.replace("|", "/").split("/"))


def area_code(text: str) -> int | None:
    """Return the code of the municipality that a text names: "101", "0101", "København" or "101 København".

    Regions ("081 Region Nordjylland"), provinces and the country are none, even where a code looks alike.

    Raises:
        BadData: Code and name are those of two municipalities.
    """
    both = _AREA.fullmatch(text)
    if both is None:
        known = is_municipality(text) and (not text.isdigit() or _CODE.fullmatch(text) is not None)
        return code_of(text) if known else None
    code = int(both["code"])
    if code not in municipalities():
        return None
    if is_municipality(both["name"]) and code_of(both["name"]) != code:
        raise BadData(
            f"The area {text!r} has the code of {name_of(code)} and the name of another municipality: "
            "download the table again."
        )
    return code


def is_municipality(name: str) -> bool:
    """Tell whether a name, alias or code is that of one of the 98."""
    return _plain(name) in _codes_by_name()


def name_of(code: int) -> str:
    """Return the official name of a code.

    Raises:
        UnknownName: The code is not one of the 98.
    """
    if code not in municipalities():
        raise UnknownName.among("municipality code", code, municipalities())
    return municipalities()[code].name


def network() -> tuple[int, ...]:
    """Return the codes of the eleven municipalities of the North Jutland network, in order."""
    return tuple(code for code, each in municipalities().items() if each.fk2)


@cache
def _codes_by_name() -> dict[str, int]:
    names = {}
    for each in municipalities().values():
        for name in (each.name, str(each.code), *each.aliases):
            names[_plain(name)] = each.code
    return names


def _plain(name: str) -> str:
    return name.strip().casefold().removesuffix(" kommune").removeprefix("0")


def _municipality(row: dict[str, str]) -> Municipality:
    return Municipality(
        code=int(row["code"]),
        name=row["name"],
        aliases=tuple(part for part in row["aliases"].split("|") if part),
        region=row["region"],
        province=row["province"],
        group=row["group"],
        population=int(row["population_2019"]),
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        area=float(row["area_km2"]),
        neighbours=frozenset(int(code) for code in row["neighbours"].split()),
        ferries=frozenset(int(code) for code in row["ferries"].split()),
        fk2=row["fk2"] == "1",
        fk1=row["fk1"] == "1",
    )
