import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune import __main__, open_room
from frikommune.demo import country, keeping, kept, municipal_table
from frikommune.demo.country import coverage
from frikommune.demo.draws import autoregressive, exponential, generator, normal, quantised
from frikommune.demo.mark import MARK, mark_of, write_mark
from frikommune.errors import BadData, UnknownName
from frikommune.municipalities import municipalities
from frikommune.schema import contract, contracts

PROCESSES = ("inflow", "exit", "sick_exit", "employment", "assistance", "unemployment")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["frikommune", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        __main__.main()
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Make a small register with faults through the command line, as a user does; its folder and its last line."""
    folder = tmp_path_factory.mktemp("room") / "demo"
    command = [sys.executable, "-m", "frikommune", "demo", "--out", str(folder), "--size", "0.01", "--plant"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout.strip().splitlines()[-1]


def without_own(path: np.ndarray) -> np.ndarray:
    """Take municipality and month effects out of a process."""
    return path - path.mean(axis=1, keepdims=True) - path.mean(axis=0) + path.mean()


def test_the_country_is_the_98_municipalities_in_96_months() -> None:
    """Codes, inhabitants, regions and months are those of Denmark, 2014-2021."""
    made = country(1)
    assert made.codes.tolist() == list(municipalities())
    assert made.people.sum() == sum(each.population for each in municipalities().values())
    assert made.region[list(made.codes).index(851)] == made.region[list(made.codes).index(825)]
    assert (made.months[0], made.months[-1], len(made.months)) == ("2014-01", "2021-12", 96)
    assert all(made.shock(process).shape == (98, 96) for process in PROCESSES)


def test_covid_lowers_exits_in_its_months_and_raises_inflow() -> None:
    """The months of the first closure stand out from the same months of the year before."""
    made = country(1)
    closed, usual = made.months.index("2020-04"), made.months.index("2019-04")
    exits = (made.shock("exit")[:, closed] - made.shock("exit")[:, usual]).mean()
    inflow = (made.shock("inflow")[:, closed] - made.shock("inflow")[:, usual]).mean()
    assert exits == pytest.approx(-0.35, abs=0.06)
    assert inflow == pytest.approx(0.2, abs=0.06)


def test_sick_pay_extensions_hold_the_sick_alone() -> None:
    """From the end of March 2020 to June 2021 the sick leave more slowly than others, and only then."""
    made = country(1)
    extra = made.shock("sick_exit") - made.shock("exit")
    held = slice(made.months.index("2020-04"), made.months.index("2021-06") + 1)
    assert (extra[:, : made.months.index("2020-01")] == 0).all()
    assert extra[:, held].mean() < -0.15
    assert extra[:, made.months.index("2021-07")].mean() > 0


def test_aabenraa_drifts_from_february_2019_and_nobody_else_does() -> None:
    """The drift is what Aabenraa has beyond the same country without it: nothing before, and most at the end."""
    made = country(1)
    here = list(made.codes).index(580)
    others = [at for at in range(98) if made.region[at] == made.region[here] and at != here]
    gap = made.shock("exit")[here] - made.shock("exit")[others].mean(axis=0)
    before = gap[made.months.index("2017-02") : made.months.index("2019-02")].mean()
    assert coverage("aabenraa_dispensation")[made.history.index("2019-01")] == 0
    assert gap[made.months.index("2021-01") :].mean() - before > 0.05


def test_an_event_covers_its_share_of_a_month() -> None:
    """The first closure covers 20 of the 31 days of March 2020 and all of April."""
    share = coverage("covid_1")
    at = country(1).history.index("2020-03")
    assert share[at - 1 : at + 3].tolist() == pytest.approx([0, 20 / 31, 1, 27 / 31])


def test_official_series_are_as_the_contract_says_and_end_with_the_register() -> None:
    """Three indicators, every municipality, 2012-2021, whole persons and percent."""
    table = municipal_table(country(1))
    assert list(table.columns) == list(contract("municipal").names)
    assert table.groupby("indicator").size().to_dict() == {
        "employees": 98 * 40,
        "social_assistance": 98 * 40,
        "unemployment": 98 * 10,
    }
    persons = table.loc[table["indicator"] != "unemployment", "value"]
    assert (persons == persons.round()).all()
    assert (table["value"] >= 0).all()
    assert not table.duplicated(["kommune_kode", "period", "indicator"]).any()


@pytest.mark.parametrize(
    ("indicator", "between", "within"),
    [("employees", 0.077, 0.021), ("unemployment", 0.222, 0.076)],
)
def test_series_spread_as_the_real_ones(indicator: str, between: float, within: float) -> None:
    """Spread between and within municipalities is near that of the official series (see benchmarks/demo_realism.md)."""
    people = pd.Series({code: each.population for code, each in municipalities().items()})
    spreads = []
    for seed in (1, 2, 3):
        table = municipal_table(country(seed))
        rows = table[table["indicator"] == indicator]
        wide = rows.pivot_table(index="kommune_kode", columns="period", values="value")
        values = wide.to_numpy() / people.loc[wide.index].to_numpy()[:, None] if indicator == "employees" else wide
        levels = np.log(np.asarray(values))
        spreads.append((levels.mean(axis=1).std(), without_own(levels).std()))
    assert np.mean(spreads, axis=0) == pytest.approx((between, within), rel=0.2)


def test_neighbours_of_a_region_share_more_than_others() -> None:
    """After municipality and month effects, exits move together within a region, over many seeds."""
    same, apart = [], []
    for seed in range(1, 9):
        made = country(seed)
        together = np.corrcoef(without_own(made.shock("exit")))
        region = made.region[:, None] == made.region
        same.append(together[region & ~np.eye(98, dtype=bool)].mean())
        apart.append(together[~region].mean())
    assert np.mean(same) > np.mean(apart) + 0.1


def test_streams_depend_on_their_names_alone() -> None:
    """The same names give the same numbers, whatever was drawn before; other names and seeds give others."""
    first = generator(1, "spells", 851).random(5)
    generator(1, "months").random(100)
    assert (generator(1, "spells", 851).random(5) == first).all()
    assert not (generator(1, "spells", 85, 1).random(5) == first).any()
    assert not (generator(2, "spells", 851).random(5) == first).any()


def test_normal_numbers_and_exponentials_are_what_they_are_called() -> None:
    """Mean 0, spread 1, a known persistence, and numpy's exponential to 11 digits."""
    drawn = normal(generator(1, "test"), 200_000)
    assert (drawn.mean(), drawn.std()) == pytest.approx((0, 1), abs=0.01)
    paths = autoregressive(generator(1, "paths"), (2000, 60), size=2.0, memory=0.8)
    assert paths[:, [0, -1]].std(axis=0) == pytest.approx(2.0, rel=0.05)
    assert np.corrcoef(paths[:, 30], paths[:, 31])[0, 1] == pytest.approx(0.8, abs=0.03)
    x = np.linspace(-20, 20, 4001)
    assert exponential(x) == pytest.approx(np.exp(x), rel=1e-11)
    assert (quantised(np.array([0.12345678949])) == 0.123456789).all()


def test_a_country_is_the_same_twice_and_cannot_be_changed() -> None:
    """Made anew, every process is the same to the last bit; another seed is another country."""
    made, again = country(7), country.__wrapped__(7)
    for process in PROCESSES:
        assert made.since_2012(process).tobytes() == again.since_2012(process).tobytes()
        assert not np.array_equal(made.shock(process), country(8).shock(process))
    with pytest.raises(ValueError, match="read-only"):
        made.since_2012("exit")[0, 0] = 1.0


def test_an_unknown_process_is_refused() -> None:
    """The nearest name is offered."""
    with pytest.raises(UnknownName, match="the nearest are employment"):
        country(1).shock("employmnt")


def test_the_command_says_where_and_how_much(register: tuple[Path, str]) -> None:
    """The last line names the folder and the rows of every table, and those at fault."""
    folder, last = register
    assert last.startswith(f"{folder}: ")
    assert all(f" {table}" in last for table in contracts())
    assert len(pd.read_csv(folder / "planted.csv")) > 100
    assert f"{len(pd.read_csv(folder / 'planted.csv'))} rows at fault" in last


def test_a_register_with_planted_faults_makes_no_pages(register: tuple[Path, str]) -> None:
    """Its figures are wrong on purpose."""
    with pytest.raises(BadData, match="planted faults"):
        open_room(register[0])


def test_a_register_is_made_once_and_opened_as_synthetic(
    register: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is there and whole is kept; with faults, half-written or of another seed it is made anew."""
    made: list[int] = []
    out = Path(shutil.copytree(register[0], tmp_path / "demo"))

    def write(folder: Path, *, size: float, seed: int, **_: object) -> None:
        made.append(seed)
        write_mark(mark_of(size=size, seed=seed), folder)
        (folder / "README.md").touch()

    monkeypatch.setattr(keeping, "demo", write)
    assert not kept(out, size=0.01)
    assert kept(out, size=0.01)
    (out / "README.md").unlink()
    assert not kept(out, size=0.01)
    assert not kept(out, size=0.01, seed=2)
    assert not kept(out, size=0.02, seed=2)
    assert made == [1, 1, 2, 2]
    municipal_table(country(1)).to_parquet(out / "municipal.parquet")
    assert open_room(out).synthetic
    assert open_room(out).municipal.equals(open_room().municipal)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--size", "0"), "--size is 0: a number above 0 was expected."),
        (("--size", "nan"), "--size is nan: a number above 0 was expected."),
        (("--seed", "-1"), "--seed is -1: 0 or a whole number above it was expected."),
        (("--effects", "none.toml"), "The effects none.toml cannot be read"),
    ],
)
def test_bad_arguments_are_refused_in_one_sentence(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 2, and nothing is written."""
    assert run(monkeypatch, "demo", "--out", tmp_path / "demo", *arguments) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    """What no demo wrote is never replaced, nor is a file; a mark that cannot be read is said to be so."""
    (tmp_path / "spells.parquet").write_bytes(b"mine")
    with pytest.raises(BadData, match="holds something else"):
        kept(tmp_path, size=0.01)
    assert (tmp_path / "spells.parquet").read_bytes() == b"mine"
    with pytest.raises(BadData, match="is a file"):
        kept(tmp_path / "spells.parquet", size=0.01)
    (tmp_path / MARK).write_text("[]", encoding="utf-8")
    with pytest.raises(BadData, match="make the synthetic register again"):
        kept(tmp_path, size=0.01)
