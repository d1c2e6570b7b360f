"""Requests that are tried again when it helps, and read to their end or refused."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from frikommune.errors import BadData

_AGAIN = (429, 500, 502, 503, 504)
_REASONS = {
    401: "it did not accept the token",
    403: "it does not allow this",
    404: "there is no such table",
    429: "it was asked too often",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a service is waited for.

    Attributes:
        attempts: How often a request is sent at most.
        first: First wait, doubled every time [seconds].
        longest: Longest wait, also when the service asks for a longer one [seconds].
        timeout: How long to wait for an answer to begin or go on [seconds].
        largest: Largest answer that is read [bytes].
        sleep: What waits.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 60.0
    timeout: float = 60.0
    largest: int = 2_000_000_000
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is, and how patiently it is asked.

    Attributes:
        url: Base address.
        patience: Attempts, waits and limits.
    """

    url: str
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """An answer, read to its end.

    Attributes:
        body: What was sent.
        headers: The headers, lower case.
    """

    body: bytes
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Answer: {len(self.body)} bytes"


def ask(
    client: httpx.Client,
    method: str,
    url: str,
    patience: Patience,
    *,
    params: Mapping[str, str] | None = None,
    entity: Mapping[str, Any] | None = None,
) -> Answer:
    """Send a request until it is answered whole, and no longer than patience allows.

    Args:
        client: Who sends it; headers of the client (a token) never get into a message.
        method: "GET" or "POST".
        url: Where.
        patience: Attempts and waits.
        params: What stands in the address.
        entity: What is posted, as JSON.

    Raises:
        BadData: The service cannot be reached, refuses, or cuts its answer off every time.
    """
    host, fault = httpx.URL(url).host, ""
    for attempt in range(patience.attempts):
        wait = min(patience.first * 2**attempt, patience.longest)
        try:
            with client.stream(method, url, params=params, json=entity) as response:
                if response.status_code == HTTPStatus.OK:
                    return Answer(_whole(response, patience.largest), response.headers)
                fault = _REASONS.get(response.status_code, f"it answered with status {response.status_code}")
                if response.status_code not in _AGAIN:
                    break
                wait = min(_asked_wait(response, wait), patience.longest)
        except httpx.RemoteProtocolError:  # shorter than its Content-Length, or a chunk that does not end
            fault = "its answer was cut off"
        except httpx.HTTPError as reason:
            # The message of an exception may hold the address or a header: only its kind is told.
            fault = f"the connection failed ({type(reason).__name__})"
        if attempt + 1 < patience.attempts:
            patience.sleep(wait)
    raise BadData(f"{host} gave no table: {fault}; nothing was saved.")


def as_json(answer: Answer, what: str) -> dict[str, Any]:
    """Read an answer that should be a JSON object.

    Raises:
        BadData: It does not end, or is something else.
    """
    try:
        found = json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise BadData(
            f"The answer on {what} is no whole JSON: it was cut off or damaged; nothing was saved."
        ) from fault
    if not isinstance(found, dict):
        raise BadData(f"The answer on {what} is no JSON object as documented; nothing was saved.")
    return found


def _whole(response: httpx.Response, largest: int) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > largest:
            raise BadData(f"The answer is larger than {largest} bytes: ask for fewer periods; nothing was saved.")
        parts.append(part)
    return b"".join(parts)


def _asked_wait(response: httpx.Response, otherwise: float) -> float:
    """Return the wait that the service asks for, in seconds or as a date."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdigit() and len(asked) < len("999999"):
        return float(asked)
    try:
        when = parsedate_to_datetime(asked)
    except ValueError:
        return otherwise
    return max(0.0, (when.astimezone(UTC) - datetime.now(UTC)).total_seconds())
