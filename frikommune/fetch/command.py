"""The command line of fetching: `frikommune fetch {statbank, jobindsats}`."""

from pathlib import Path
from typing import Annotated

import typer

from frikommune.errors import BadData
from frikommune.fetch.jobindsats import fetch_jobindsats
from frikommune.fetch.statbank import fetch_statbank
from frikommune.fetch.store import Fetched

fetch = typer.Typer(help="Fetch official tables into a data room.", no_args_is_help=True)

_Table = Annotated[str, typer.Argument(help="Key of the table, such as AUK01 or y25i07.")]
_Out = Annotated[Path, typer.Option(help="Folder of the data room.")]
_Var = Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUES", help="Values, commas between them.")]
_Refresh = Annotated[bool, typer.Option("--refresh", help="Fetch it again although it is there.")]


@fetch.command()
def statbank(
    table: _Table,
    *,
    out: _Out,
    var: _Var = None,
    lang: Annotated[str, typer.Option(help="Language of the texts: da or en.")] = "da",
    refresh: _Refresh = False,
) -> None:
    """Fetch a table of Statistics Denmark's StatBank, such as AUK01 --var OMRÅDE=* --var Tid=>=2015K1."""
    variables = {name: values.split(",") for name, values in _pairs(var or []).items()}
    _say(fetch_statbank(table, out, variables=variables, lang=lang, refresh=refresh))


@fetch.command()
def jobindsats(table: _Table, *, out: _Out, var: _Var = None, refresh: _Refresh = False) -> None:
    """Fetch a table of jobindsats, such as y25i07 --var period.M=latest:60 --var hierarchy._nykom=*.

    The token is read from the environment variable JOBINDSATS_TOKEN.
    """
    _say(fetch_jobindsats(table, out, query=_pairs(var or []), refresh=refresh))


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    wrong = sum(not sign or not name or not values for name, sign, values in pairs)
    if wrong:
        raise BadData(f"--var takes NAME=VALUES; {wrong} of {len(texts)} are not of this form.")
    return {name: values for name, _, values in pairs}


def _say(fetched: Fetched) -> None:
    state = "was there already" if fetched.cached else "fetched"
    typer.echo(f"{fetched.path}: {fetched.rows} rows, {state} ({fetched.fetched}). {fetched.licence}")
