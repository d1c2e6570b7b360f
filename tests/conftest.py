"""What several tests need: a small panel with a known answer, a database server, the real series where they are."""

import os
import shutil
import socket
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune import Panel
from frikommune.municipalities import municipalities

REAL = Path(__file__).parents[2] / "shared" / "data" / "dst"


@pytest.fixture
def real() -> Path:
    """Return the folder of real official series, which are no part of the project."""
    if not REAL.is_dir():
        pytest.skip("The official series of Statistics Denmark are not beside the project (shared/data/dst).")
    return REAL


def made_panel(
    *, units: int = 12, treated: int = 3, periods: int = 8, start: int = 5, effect: float = 0.0, seed: int = 1
) -> Panel:
    """Make a panel of unit levels, a shared trend and noise, with a constant effect on the first units."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(units, 1)) * 5 + np.arange(periods) + rng.normal(size=(units, periods))
    values[:treated, start:] += effect
    frame = pd.DataFrame(values, index=range(units), columns=range(periods)).stack().reset_index()
    frame.columns = pd.Index(["unit", "period", "y"])
    people = {unit: 10.0 * (1 + unit) for unit in range(units)}
    return Panel.from_frame(
        frame.assign(start=frame["unit"].map(dict.fromkeys(range(treated), start)), n=frame["unit"].map(people)),
        unit="unit",
        period="period",
        outcome="y",
        start="start",
        n="n",
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own on the loopback interface, gone with the test."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.get_exec_path())]
    tools = next((each for each in folders if (each / "initdb").exists() and (each / "postgres").exists()), None)
    if tools is None:
        pytest.skip("PostgreSQL is not installed")
    if os.geteuid() == 0 and not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and there is no runuser")
    folder = Path("/tmp") / f"frikommune-postgres-{os.getpid()}"
    folder.mkdir(mode=0o755)
    user: list[str | Path] = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "nobody")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "password").write_text("hemmelig")
    try:
        subprocess.run(
            [*user, tools / "initdb", "-D", folder / "data", "-U", "evaluator", "-A", "scram-sha-256", "-N",
             "--pwfile", folder / "password", "-E", "UTF8", "--locale=C"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        control = [*user, tools / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
        subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd="/")
        try:
            yield f"postgres://evaluator:hemmelig@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    finally:
        shutil.rmtree(folder)


def sizeless(panel: Panel) -> Panel:
    """Return a panel without persons, so that its units count as equally large."""
    return replace(panel, n=np.full(panel.Y.shape, np.nan))


def municipal_panel(
    codes: Sequence[int], treated: Collection[int], *, shared: float = 0.0, effect: float = 0.0, seed: int = 1
) -> Panel:
    """Make a panel of municipalities of their real sizes, whose provinces share a shock, with an effect in period 5."""
    rng = np.random.default_rng(seed)
    known = municipalities()
    names = sorted({each.province for each in known.values()})
    province = np.array([names.index(known[code].province) for code in codes])
    values = rng.normal(size=(len(codes), 8)) + shared * rng.normal(size=(len(names), 8))[province]
    starts = np.where(np.isin(codes, list(treated)), 5, 8)
    values[starts == 5, 5:] += effect
    people = np.repeat([[float(known[code].population)] for code in codes], 8, axis=1)
    return Panel(values, people, np.full(values.shape, np.nan), tuple(codes), tuple(range(8)), starts)
