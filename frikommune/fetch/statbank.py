"""StatBank tables, fetched: `tableinfo` says what there is, `data` sends it as CSV.

References:
    Statistics Denmark: StatBank API, https://www.dst.dk/en/Statistik/hjaelp-til-statistikbanken/api
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx

from frikommune.errors import BadData, UnknownName
from frikommune.fetch.store import Fetched, Order, save, stored
from frikommune.fetch.transport import Service, as_json, ask

STATBANK = "https://api.statbank.dk/v1"

_LICENCE = "CC BY 4.0; source: Statistics Denmark, StatBank"
# A request for CSV is answered with a million cells at most: a larger table comes in spans of time.
_CELLS = 500_000


def fetch_statbank(
    table: str,
    folder: Path,
    *,
    variables: Mapping[str, Sequence[str]] | None = None,
    lang: str = "da",
    refresh: bool = False,
    service: Service | None = None,
) -> Fetched:
    """Fetch a StatBank table as CSV, `;` between its columns.

    Args:
        table: Key of the table, such as "AUK01".
        folder: The data room.
        variables: Values by variable: keys, patterns with * and ?, or ">=2015K1" and "<=2019K4". A variable that is
            not named is left out where the table has a total for it, and taken whole otherwise.
        lang: Language of the texts: "da" or "en".
        refresh: Whether to fetch it again although it is there.
        service: Where to ask; the public service by default.

    Raises:
        BadData: The service cannot be reached or refuses, or its answer is cut off or of another form.
        UnknownName: There is no such variable or value.
    """
    service = service or Service(STATBANK)
    wanted = {key: list(values) for key, values in sorted((variables or {}).items())}
    order = Order(Path(folder), "statbank", table, {**wanted, "lang": lang}, f"{service.url}/data", _LICENCE, ".csv")
    if not refresh and (there := stored(order)):
        return there
    asked = {"table": table.upper(), "lang": lang}
    with httpx.Client(timeout=service.patience.timeout) as client:
        entity = {**asked, "format": "JSON"}
        about = as_json(ask(client, "POST", f"{service.url}/tableinfo", service.patience, entity=entity), table)
        known = _variables(about, table)
        chosen = {each["id"]: _values(each, wanted, table) for each in known}
        _check_names(wanted, known, table)
        chosen = {key: values for key, values in chosen.items() if values}
        time = next((each["id"] for each in known if each.get("time")), None)
        heading: list[str] = []
        rows: list[list[str]] = []
        for span in _spans(chosen, time):
            page = _page(client, service, asked, span)
            heading = _same(heading, page[0], table)
            rows += page[1:]
    return save(order, _written([heading, *rows]), len(rows))


def _variables(about: Mapping[str, Any], table: str) -> list[dict[str, Any]]:
    """Return the variables that `tableinfo` names, each with its values."""
    found = about.get("variables")
    listed: list[Any] = found if isinstance(found, list) else []
    if not listed or not all(_is_variable(each) for each in listed):
        raise BadData(f"StatBank described {table} in another form than documented; nothing was saved.")
    return listed


def _is_variable(each: object) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("id"), str) or not isinstance(each.get("values"), list):
        return False
    return bool(each["values"]) and all(isinstance(value, dict) and "id" in value for value in each["values"])


def _check_names(wanted: Mapping[str, Sequence[str]], known: Sequence[Mapping[str, Any]], table: str) -> None:
    names = {each["id"].casefold() for each in known}
    for key in wanted:
        if key.casefold() not in names:
            raise UnknownName.among(f"variable in {table}", key, (each["id"] for each in known))


def _values(variable: Mapping[str, Any], wanted: Mapping[str, Sequence[str]], table: str) -> list[str]:
    """Return the values to ask for of a variable; none when it may be left out."""
    known = [str(value["id"]) for value in variable["values"]]
    asked = next((values for key, values in wanted.items() if key.casefold() == variable["id"].casefold()), None)
    if asked is None:
        return [] if variable.get("elimination") else known
    found = {value: None for each in asked for value in _matching(each, known, f"{variable['id']} in {table}")}
    return list(found)


def _matching(asked: str, known: Sequence[str], what: str) -> list[str]:
    if asked.startswith((">=", "<=")):
        bound = asked[2:]
        found = [each for each in known if (each >= bound if asked[0] == ">" else each <= bound)]
    else:
        found = [each for each in known if fnmatchcase(each.casefold(), asked.casefold())]
    if not found:
        raise UnknownName.among(f"value of {what}", asked, known[:1000])
    return found


def _spans(chosen: Mapping[str, list[str]], time: str | None) -> Iterator[dict[str, list[str]]]:
    """Take a request apart into spans of time, each small enough to be answered."""
    if time is None or time not in chosen:
        yield dict(chosen)
        return
    others = math.prod(len(values) for key, values in chosen.items() if key != time)
    length = max(1, _CELLS // max(1, others))
    for start in range(0, len(chosen[time]), length):
        yield {**chosen, time: chosen[time][start : start + length]}


def _page(
    client: httpx.Client, service: Service, asked: Mapping[str, str], span: Mapping[str, list[str]]
) -> list[list[str]]:
    """Ask for one span; the answer has a row for every combination of values, or it is not whole."""
    entity = {
        **asked,
        "format": "CSV",
        "delimiter": "Semicolon",
        "valuePresentation": "Value",
        "variables": [{"code": key, "values": values} for key, values in span.items()],
    }
    answer = ask(client, "POST", f"{service.url}/data", service.patience, entity=entity)
    table = asked["table"]
    try:
        rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))
    except (UnicodeDecodeError, csv.Error) as fault:
        raise BadData(f"StatBank's answer on {table} is no CSV in UTF-8, or cut off; nothing was saved.") from fault
    columns = len(span) + 1
    if not rows or any(len(row) != columns for row in rows):
        raise BadData(f"StatBank's answer on {table} has not the {columns} columns asked for; nothing was saved.")
    announced = math.prod(len(values) for values in span.values())
    if len(rows) - 1 != announced:
        raise BadData(f"StatBank sent {len(rows) - 1} of the {announced} rows of {table} asked for; nothing was saved.")
    return rows


def _same(heading: list[str], found: list[str], table: str) -> list[str]:
    if heading and heading != found:
        raise BadData(f"StatBank changed the columns of {table} between two spans of time; nothing was saved.")
    return found


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")
