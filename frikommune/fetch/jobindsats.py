"""jobindsats tables, fetched with a token: JSON, page after page where the service sends pages.

The token is read from JOBINDSATS_TOKEN and goes into one header of the request, and nowhere else: not into an address,
a file, a log or an error, and never to another host than the one it is for.

References:
    https://jobindsats.dk/api/kom-i-gang/brugervejledning-til-version-3/
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from frikommune.errors import BadData
from frikommune.fetch.store import Fetched, Order, save, stored
from frikommune.fetch.transport import Answer, Service, as_json, ask

JOBINDSATS = "https://api.jobindsats.dk/v3"
TOKEN = "JOBINDSATS_TOKEN"  # noqa: S105 - the name of a variable, not a token

_LICENCE = "Source: jobindsats.dk, the Danish Agency for Labour Market and Recruitment"
_PAGES = 1_000


def fetch_jobindsats(
    table: str,
    folder: Path,
    *,
    query: Mapping[str, str] | None = None,
    refresh: bool = False,
    service: Service | None = None,
) -> Fetched:
    """Fetch a table of jobindsats as JSON, `{"columns": [...], "rows": [[...]]}`.

    Args:
        table: Key of the table, such as "y25i07".
        folder: The data room.
        query: What to ask for, as in the guide to version 3: "period.M": "latest:60", "hierarchy._nykom": "*", ...; all
            measures by default.
        refresh: Whether to fetch it again although it is there.
        service: Where to ask; the public service by default.

    Raises:
        BadData: There is no token, the service cannot be reached or refuses, or its answer is cut off or of another
            form.
    """
    service = service or Service(JOBINDSATS)
    asked = {"mgroup.*": "*", **(query or {}), "format": "json"}
    url = f"{service.url}/data/{table.lower()}"
    order = Order(Path(folder), "jobindsats", table, asked, url, _LICENCE, ".json")
    if not refresh and (there := stored(order)):
        return there
    with httpx.Client(timeout=service.patience.timeout, headers={"Authorization": f"Bearer {_token()}"}) as client:
        columns, rows = _pages(client, service, order)
    body = json.dumps({"columns": columns, "rows": rows}, ensure_ascii=False).encode()
    return save(order, body, len(rows))


def _token() -> str:
    token = os.environ.get(TOKEN, "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise BadData(f"jobindsats needs a token: set {TOKEN} to the one that the service has given you.")
    return token


def _pages(client: httpx.Client, service: Service, order: Order) -> tuple[list[str], list[list[Any]]]:
    columns: list[str] = []
    rows: list[list[Any]] = []
    announced: int | None = None
    here: str | None = str(httpx.URL(order.url, params=order.query))
    seen: set[str] = set()
    while here is not None:
        if here in seen or len(seen) == _PAGES:
            raise BadData(f"jobindsats sends the pages of {order.table} in a circle; nothing was saved.")
        seen.add(here)
        answer = ask(client, "GET", here, service.patience)
        page = as_json(answer, order.table)
        columns = _columns(page, columns, order.table)
        rows += page["rows"]
        announced = _announced(page, answer, announced)
        here = _next(page, answer, here)
    if announced is not None and announced != len(rows):
        raise BadData(
            f"jobindsats announced {announced} rows of {order.table} and sent {len(rows)}; nothing was saved."
        )
    return columns, rows


def _columns(page: Mapping[str, Any], before: list[str], table: str) -> list[str]:
    """Check a page, and return its columns: those of the pages before it."""
    columns, rows = page.get("columns"), page.get("rows")
    if not isinstance(columns, list) or not columns or not all(isinstance(each, str) for each in columns):
        raise BadData(
            f"jobindsats answered on {table} without the columns that its guide describes; nothing was saved."
        )
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        raise BadData(f"jobindsats answered on {table} with rows that do not fit its columns; nothing was saved.")
    if before and columns != before:
        raise BadData(f"jobindsats changed the columns of {table} between two pages; nothing was saved.")
    return columns


def _announced(page: Mapping[str, Any], answer: Answer, before: int | None) -> int | None:
    """Return how many rows there are in all, where the service says so."""
    told = page.get("totalRows", page.get("total", answer.headers.get("X-Total-Count")))
    return int(told) if str(told).isdigit() else before


def _next(page: Mapping[str, Any], answer: Answer, here: str) -> str | None:
    """Return the address of the next page; on another host it is refused, for the token would go there."""
    link = page.get("next")
    if link is None:
        link = httpx.Response(200, headers={"Link": answer.headers.get("Link", "")}).links.get("next", {}).get("url")
    if not link:
        return None
    try:
        there, origin = httpx.URL(here).join(str(link)), httpx.URL(here)
    except httpx.InvalidURL as fault:
        raise BadData("jobindsats names a next page that is no address; nothing was saved.") from fault
    if (there.scheme, there.host, there.port) != (origin.scheme, origin.host, origin.port):
        raise BadData("jobindsats names a next page on another host; nothing was saved, and no token was sent there.")
    return str(there)
