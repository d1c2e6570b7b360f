import itertools
import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from exported import table
from typer.testing import CliRunner

from frikommune.errors import BadData, UnknownName
from frikommune.fetch import TOKEN, Patience, Service, fetch_jobindsats, fetch_statbank
from frikommune.fetch.command import fetch as command
from frikommune.municipalities import municipalities
from frikommune.records import json_table, municipal

SECRET = "tok-7f3a9c-secret"  # noqa: S105 - made up
VARIABLES: list[dict[str, Any]] = [
    {
        "id": "OMRÅDE",
        "elimination": True,
        "time": False,
        "values": [{"id": each, "text": each} for each in ("000", "851")],
    },
    {
        "id": "KØN",
        "elimination": True,
        "time": False,
        "values": [{"id": "TOT", "text": "I alt"}, {"id": "M", "text": "Mænd"}],
    },
    {
        "id": "Tid",
        "elimination": False,
        "time": True,
        "values": [{"id": f"20{each}", "text": f"20{each}"} for each in range(10, 20)],
    },
]
PAGE = {"columns": ["Periode", "Område", "Antal"], "rows": [["2019M01", "Aalborg", 1.5], ["2019M01", "Læsø", None]]}


class Asked(NamedTuple):
    """A request that the server saw."""

    path: str
    body: Any
    headers: dict[str, str]


class Reply(NamedTuple):
    """An answer that the server gives; "_" in the name of a header stands for "-"."""

    body: bytes
    status: int
    headers: dict[str, str]


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Reply:
    return Reply(body, status, headers)


def as_json(value: object, **headers: str) -> Reply:
    return Reply(json.dumps(value).encode(), 200, headers)


@contextmanager
def server(reply: Callable[[Asked], Reply]) -> Iterator[tuple[str, list[Asked]]]:
    """Serve on this machine: `reply(request)` makes each answer; requests are kept."""
    seen: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.handle_any()

        def do_POST(self) -> None:
            self.handle_any()

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Asked(self.path, json.loads(body) if body else None, dict(self.headers))
            seen.append(request)
            found = reply(request)
            self.send_response(found.status)
            headers = {"Content-Length": str(len(found.body)), **found.headers}
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_: object) -> None:
            pass

    service = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}", seen
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


def patient(url: str, attempts: int = 5) -> tuple[Service, list[float]]:
    waits: list[float] = []
    return Service(url, Patience(first=0.5, longest=30.0, timeout=5.0, sleep=waits.append, attempts=attempts)), waits


def in_turn(*answers: Reply) -> Callable[[Asked], Reply]:
    left = itertools.chain(answers, itertools.repeat(answers[-1]))
    return lambda _: next(left)


def statbank(request: Asked) -> Reply:
    """Answer as StatBank does: tableinfo, and CSV with a row for every combination."""
    if request.path == "/tableinfo":
        return as_json({"id": request.body["table"], "variables": VARIABLES})
    chosen = request.body["variables"]
    heading = ";".join([each["code"].upper() for each in chosen] + ["INDHOLD"])
    lines = [";".join([*row, "1,5"]) for row in itertools.product(*(each["values"] for each in chosen))]
    return answer("\r\n".join(["\ufeff" + heading, *lines, ""]).encode())


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, SECRET)


def files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.rglob("*")) if folder.exists() else []


# Claims


def test_statbank(tmp_path: Path) -> None:
    """A table is fetched with what was asked for, saved, and described beside it."""
    with server(statbank) as (url, seen):
        found = fetch_statbank(
            "auk01", tmp_path, variables={"område": ["*"], "Tid": [">=2018"]}, service=patient(url)[0]
        )
    assert found.rows == 4
    assert found.path.read_text(encoding="utf-8-sig").splitlines()[:2] == ["OMRÅDE;TID;INDHOLD", "000;2018;1,5"]
    assert {each["code"]: each["values"] for each in seen[1].body["variables"]} == {
        "OMRÅDE": ["000", "851"],
        "Tid": ["2018", "2019"],
    }
    told = json.loads(found.path.with_name(found.path.name + ".provenance.json").read_text())
    assert told["sha256"] == found.sha256
    assert (told["table"], told["rows"], told["service"]) == ("auk01", 4, "statbank")
    assert "CC BY" in told["licence"]
    assert found.path.match("auk01*.csv")


def test_spans_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table too large for one answer comes in spans of time, and is put together under one heading."""
    monkeypatch.setattr("frikommune.fetch.statbank._CELLS", 6)
    with server(statbank) as (url, seen):
        found = fetch_statbank("AUK01", tmp_path, variables={"OMRÅDE": ["*"]}, service=patient(url)[0])
    assert len(seen) == 1 + math.ceil(10 / 3)
    lines = found.path.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + 20
    assert lines.count("OMRÅDE;TID;INDHOLD") == 1


def test_jobindsats_pages(tmp_path: Path) -> None:
    """Page after page is followed, by `next` or by a link, and put together."""
    pages = [
        as_json({**PAGE, "next": "/data/y25i07?page=2"}),
        as_json(PAGE, Link='</data/y25i07?page=3>; rel="next"'),
        as_json({**PAGE, "totalRows": 6}),
    ]
    with server(in_turn(*pages)) as (url, seen):
        found = fetch_jobindsats("Y25I07", tmp_path, query={"period.M": "latest:2"}, service=patient(url)[0])
    assert found.rows == 6
    assert [each.path for each in seen][1:] == ["/data/y25i07?page=2", "/data/y25i07?page=3"]
    assert "period.M=latest" in seen[0].path
    assert all(each.headers["Authorization"] == f"Bearer {SECRET}" for each in seen)
    assert json_table(found.path.read_bytes(), "y25i07").count().to_pyarrow().as_py() == 6


def test_cached(tmp_path: Path) -> None:
    """What lies there is not fetched again, unless it is asked for, damaged, or of another query."""
    with server(statbank) as (url, seen):
        service = patient(url)[0]
        first = fetch_statbank("AUK01", tmp_path, service=service)
        again = fetch_statbank("AUK01", tmp_path, service=service)
        assert (again.cached, again.sha256, len(seen)) == (True, first.sha256, 2)
        assert not fetch_statbank("AUK01", tmp_path, refresh=True, service=service).cached
        first.path.write_bytes(b"damaged")
        assert not fetch_statbank("AUK01", tmp_path, service=service).cached
        other = fetch_statbank("AUK01", tmp_path, variables={"Tid": ["2019"]}, service=service)
        assert other.path != first.path


def test_tried_again(tmp_path: Path) -> None:
    """A 500 and a 503 are tried again with longer and longer waits."""
    with server(in_turn(answer(status=500), answer(status=503), as_json(PAGE))) as (url, seen):
        service, waits = patient(url)
        assert fetch_jobindsats("y25i07", tmp_path, service=service).rows == 2
    assert len(seen) == 3
    assert waits == [0.5, 1.0]


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("7", 7, 7),
        ("999", 30, 30),
        ("99999999999999999999", 0.5, 0.5),
        ("soon", 0.5, 0.5),
        (format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True), 30, 30),
    ],
    ids=["seconds", "too many", "absurd", "no number", "a date"],
)
def test_retry_after(tmp_path: Path, asked: str, least: float, most: float) -> None:
    """The wait that a 429 asks for is kept, in seconds or as a date, and never beyond the longest."""
    with server(in_turn(answer(status=429, Retry_After=asked), as_json(PAGE))) as (url, _):
        service, waits = patient(url)
        fetch_jobindsats("y25i07", tmp_path, service=service)
    assert len(waits) == 1
    assert least <= waits[0] <= most


def test_cut_off_then_whole(tmp_path: Path) -> None:
    """An answer that is cut off is asked for again."""
    whole = as_json(PAGE)
    cut = answer(whole.body[:20], Content_Length=str(len(whole.body)))
    with server(in_turn(cut, whole)) as (url, seen):
        assert fetch_jobindsats("y25i07", tmp_path, service=patient(url)[0]).rows == 2
    assert len(seen) == 2


def test_read_afterwards(tmp_path: Path) -> None:
    """What was fetched from StatBank is read as a StatBank table."""
    from_codes = [{**VARIABLES[0], "values": [{"id": str(code)} for code in _codes()]}, *VARIABLES[1:]]

    def reply(request: Asked) -> Reply:
        found = statbank(request)
        return as_json({"variables": from_codes}) if request.path == "/tableinfo" else found

    with server(reply) as (url, _):
        found = fetch_statbank("AUK01", tmp_path, variables={"OMRÅDE": ["*"]}, service=patient(url)[0])
    assert len(municipal(table(found.path.read_text(encoding="utf-8")), "x").frame) == 98 * 10


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes NAME=VALUES, also with = in the values, and says what it has done."""
    with server(statbank) as (url, _):
        monkeypatch.setattr("frikommune.fetch.statbank.STATBANK", url)
        done = CliRunner().invoke(command, ["statbank", "AUK01", "--var", "Tid=>=2018,2010", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "3 rows, fetched" in done.output


# Refusals


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (answer(status=401), "did not accept the token"),
        (answer(status=404), "no such table"),
        (answer(status=429), "asked too often"),
        (answer(status=500), "status 500"),
        (answer(b'{"columns": ["a"], "rows": [[1', 200), "no whole JSON"),
        (answer(b'{"columns": ["a"]', Content_Length="9999"), "cut off"),
        (answer(b"<html>maintenance</html>"), "no whole JSON"),
        (as_json([1, 2]), "no JSON object"),
        (as_json({"data": []}), "without the columns"),
        (as_json({"columns": ["a"], "rows": [[1, 2]]}), "rows that do not fit"),
        (as_json({**PAGE, "totalRows": 5}), "announced 5 rows of y25i07 and sent 2"),
        (as_json({**PAGE, "next": "http://example.org/data"}), "another host"),
        (as_json({**PAGE, "next": "?page=2"}), "in a circle"),
        (answer(status=302, Location="http://example.org/"), "status 302"),
    ],
)
def test_refused_and_nothing_saved(tmp_path: Path, reply: Reply, message: str) -> None:
    """Every failure is one sentence without the token, and leaves no file behind."""
    with server(in_turn(reply)) as (url, _), pytest.raises(BadData, match=message) as fault:
        fetch_jobindsats("y25i07", tmp_path / "room", service=patient(url, attempts=2)[0])
    assert SECRET not in str(fault.value)
    assert "saved" in str(fault.value)
    assert files(tmp_path / "room") == []


def test_401_is_not_tried_again(tmp_path: Path) -> None:
    """A token that is not accepted is not sent again."""
    with server(in_turn(answer(status=401))) as (url, seen), pytest.raises(BadData):
        fetch_jobindsats("y25i07", tmp_path, service=patient(url)[0])
    assert len(seen) == 1


@pytest.mark.parametrize("value", ["", "  ", "tok\nen", "tøken"])
def test_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Without a token, or with one that no service gives, nothing is sent."""
    monkeypatch.setenv(TOKEN, value)
    with server(in_turn(as_json(PAGE))) as (url, seen), pytest.raises(BadData, match=TOKEN):
        fetch_jobindsats("y25i07", tmp_path, service=patient(url)[0])
    assert seen == []


def test_token_is_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """The token is in no file, address, log or output."""
    caplog.set_level(0)
    with server(in_turn(as_json({**PAGE, "next": "?page=2"}), as_json(PAGE))) as (url, seen):
        found = fetch_jobindsats("y25i07", tmp_path, service=patient(url)[0])
    told = [caplog.text, *capfd.readouterr(), repr(found), *(each.path for each in seen)]
    told += [each.read_text(encoding="utf-8") for each in tmp_path.rglob("*") if each.is_file()]
    assert len(files(tmp_path)) == 2
    assert not any(SECRET in each for each in told)


def test_nobody_there(tmp_path: Path) -> None:
    """A service that cannot be reached is a sentence."""
    with server(in_turn(answer())) as (url, _):
        pass
    with pytest.raises(BadData, match="the connection failed"):
        fetch_jobindsats("y25i07", tmp_path, service=patient(url, attempts=2)[0])


def test_unknown_variables(tmp_path: Path) -> None:
    """A variable or value that the table does not have is answered with the nearest, before data are asked for."""
    with server(statbank) as (url, seen):
        with pytest.raises(UnknownName, match="KØN"):
            fetch_statbank("AUK01", tmp_path, variables={"KOEN": ["*"]}, service=patient(url)[0])
        with pytest.raises(UnknownName, match="2019"):
            fetch_statbank("AUK01", tmp_path, variables={"Tid": ["2029"]}, service=patient(url)[0])
    assert {each.path for each in seen} == {"/tableinfo"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "has not the 2 columns"),
        (b"TID;INDHOLD\r\n2010;1\r\n", "sent 1 of the 10 rows"),
        (b"TID;INDHOLD\r\n2010;1;9\r\n", "has not the 2 columns"),
        (b"\xff\xfe\xff", "no CSV in UTF-8"),
        (b'TID;INDHOLD\r\n"2010;1', "no CSV in UTF-8"),
    ],
)
def test_statbank_in_another_form(tmp_path: Path, body: bytes, message: str) -> None:
    """An answer of StatBank that is not what was asked for is refused, and nothing is saved."""

    def reply(request: Asked) -> Reply:
        return statbank(request) if request.path == "/tableinfo" else answer(body)

    with server(reply) as (url, _), pytest.raises(BadData, match=message):
        fetch_statbank("AUK01", tmp_path / "room", service=patient(url)[0])
    assert files(tmp_path / "room") == []


@pytest.mark.parametrize(
    "about", [{}, {"variables": []}, {"variables": [{"id": "A"}]}, {"variables": [{"id": 1, "values": []}]}]
)
def test_statbank_described_in_another_form(tmp_path: Path, about: dict[str, object]) -> None:
    """A description that is not as documented is refused."""
    with server(in_turn(as_json(about))) as (url, _), pytest.raises(BadData, match="another form than documented"):
        fetch_statbank("AUK01", tmp_path, service=patient(url)[0])


@pytest.mark.parametrize("name", ["../../etc", "a b", "", "AUK01?x=1"])
def test_strange_table(tmp_path: Path, name: str) -> None:
    """The key of a table cannot lead out of the folder or change the address."""
    with pytest.raises(BadData, match="letters and digits"):
        fetch_statbank(name, tmp_path)


def test_wrong_var(tmp_path: Path) -> None:
    """A --var without NAME=VALUES is told, not guessed."""
    done = CliRunner().invoke(command, ["statbank", "AUK01", "--var", "Tid", "--out", str(tmp_path)])
    assert isinstance(done.exception, BadData)


def test_damaged_answers(tmp_path: Path) -> None:
    """A hundred answers cut off or changed are saved whole or refused in a sentence."""
    body = json.dumps({**PAGE, "totalRows": 2}).encode()
    damaged = [body[:end] for end in range(0, len(body), 2)]
    damaged += [body[:place] + b'"' + body[place + 1 :] for place in range(0, len(body), 3)]
    left = iter(damaged)
    saved = 0
    with server(lambda _: answer(next(left))) as (url, _):
        service = patient(url, attempts=1)[0]
        for _ in damaged:
            try:
                found = fetch_jobindsats("y25i07", tmp_path, refresh=True, service=service)
            except BadData as fault:
                assert str(fault).endswith("nothing was saved.")  # noqa: PT017 - one of two right answers
            else:
                saved += 1
                assert found.rows == 2
    assert saved < len(damaged) // 2


def _codes() -> Iterator[int]:
    return iter(municipalities())
