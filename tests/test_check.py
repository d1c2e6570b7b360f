"""The command `frikommune check`."""

import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

from frikommune import __main__ as command
from frikommune.dataroom import check
from frikommune.terminal import show

GOOD = "trial;kommune_kode;start\nrehab_jaf;851;2018-01-01\n"
BAD = "trial;kommune_kode;start\nrehab_jaf;851;2018-01-01\nrehab_jaf;Hjørring;2018-01-01\n"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["frikommune", "check", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        command.main()
    return int(str(end.value.code or 0))


# Claims


def test_the_exit_code_says_how_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 clean, 1 faults, 2 unusable or not there."""
    room = tmp_path / "room"
    room.mkdir()
    assert run(monkeypatch, room) == 2
    assert "holds none of the tables of a data room" in capsys.readouterr().out
    (room / "adoption.csv").write_text(GOOD, encoding="utf-8")
    assert run(monkeypatch, room) == 0
    assert "Clean: 1 rows, 1 kept, 0 rejected." in capsys.readouterr().out
    (room / "adoption.csv").write_text(BAD, encoding="utf-8")
    assert run(monkeypatch, room) == 1
    said = capsys.readouterr().out
    assert "adoption, column kommune_kode: 1 row with the name of a municipality" in said
    assert "Faults: 2 rows, 1 kept, 1 rejected." in said
    assert "Hjørring" not in said
    assert run(monkeypatch, tmp_path / "nowhere") == 2
    assert "There is no folder" in capsys.readouterr().err


def test_json_is_all_that_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json the output is the report, for a program to read; --strict, --out and --rejects are obeyed."""
    (tmp_path / "adoption.csv").write_text(BAD, encoding="utf-8")
    rejects, out = tmp_path / "rejects", tmp_path / "out"
    assert run(monkeypatch, tmp_path, "--json", "--strict", "--rejects", rejects, "--out", out) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["strict"], report["tables"][0]["kept"], report["tables"][0]["rejected"]) == (True, 0, 2)
    assert report["tables"][0]["municipalities_covered"] == []
    assert (rejects / "adoption.csv").is_file()
    assert not out.exists()


def test_templates_need_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--templates alone writes the templates; with neither, the command says what it takes."""
    assert run(monkeypatch, "--templates", tmp_path / "new") == 0
    assert "10 templates" in capsys.readouterr().err
    assert (tmp_path / "new" / "cases.csv").read_bytes().startswith(b"\xef\xbb\xbfperson_key;")
    assert run(monkeypatch) == 2
    assert "takes a data room" in capsys.readouterr().err


def test_a_terminal_gets_a_table(tmp_path: Path) -> None:
    """In a terminal the counts are a table; every fault is told below it all the same."""
    (tmp_path / "adoption.csv").write_text(BAD, encoding="utf-8")
    (tmp_path / "uptake.csv").write_text("x\n1\n", encoding="utf-8")
    console = Console(force_terminal=True, width=140, record=True, color_system=None)
    with console.capture() as shown:
        show(check(tmp_path), console)
    said = shown.get()
    assert "Rejected" in said.splitlines()[0]
    assert "municipality_name; row 2" in said
    assert "uptake (uptake.csv) cannot be used: uptake lacks the required columns" in said
    assert "Unusable: uptake: 3 rows, 1 kept, 2 rejected." in said
