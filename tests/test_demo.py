import hashlib
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frikommune.dataroom import check
from frikommune.demo import country, demo, load_effects
from frikommune.demo import truth as demo_truth
from frikommune.demo.benefits import EXITS, RUNNING, benefits
from frikommune.demo.calibration import calibrated
from frikommune.demo.cases import cases
from frikommune.demo.effects import Effect
from frikommune.demo.months import status
from frikommune.demo.people import People, people, pools
from frikommune.demo.plans import Plan, Uses, plans
from frikommune.demo.spells import Spells, first_onsets, follow
from frikommune.demo.truth import Sums, Truth, clean_until, truth_table
from frikommune.demo.weeks import BEGINS, END_WEEK, FIRST_WEEK, HORIZON, monday, week_after, week_from
from frikommune.demo.world import World
from frikommune.errors import BadData, BadDesign, UnknownName
from frikommune.schema import contracts

KINDS = list(benefits())
KEYS = [plan.key for plan in plans()]
COUNTED = [(plan, uses) for plan in plans() for uses in plan.uses if uses.count is not None]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo(tmp_path_factory.mktemp("demo") / "room", size=0.05).folder


@pytest.fixture(scope="module")
def about() -> World:
    return calibrated(country(1), load_effects())


@pytest.fixture(scope="module")
def network(about: World) -> tuple[People, Spells]:
    """Return the eleven municipalities at size 1."""
    return lived(about, only=about.inside)


@pytest.fixture(scope="module")
def others(about: World) -> tuple[People, Spells]:
    """Return the other municipalities at a quarter of the size."""
    return lived(about, size=0.25, only=~about.inside)


def lived(about: World, *, size: float = 1.0, only: np.ndarray | None = None) -> tuple[People, Spells]:
    candidates = pools(about, size=size, only=only)
    persons = people(about, candidates, first=0, last=candidates.candidates)
    return persons, follow(about, persons, first_onsets(persons), until=HORIZON)


def used(spells: Spells, trial: str) -> np.ndarray:
    return (spells.used >> KEYS.index(trial)) & 1 == 1


def could(spells: Spells, trial: str) -> np.ndarray:
    return (spells.could >> KEYS.index(trial)) & 1 == 1


def table(room: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(room / f"{name}.parquet")


def truth_of(room: Path, trial: str, measure: str, horizon: str = "") -> pd.Series:
    truth = pd.read_csv(room / "truth.csv", keep_default_na=False)
    return truth[(truth.trial == trial) & (truth.measure == measure) & (truth.horizon == horizon)].iloc[0]


def hashes(room: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(room.iterdir())}


def test_every_table_passes_the_check_without_a_fault(room: Path) -> None:
    """The register is a data room like any other: seven tables, every row kept, in every municipality."""
    report = check(room)
    assert {each.table for each in report.tables} == set(contracts())
    assert [(each.table, each.faults, each.unusable) for each in report.tables if each.faults or each.unusable] == []
    assert all(each.kept == each.rows > 0 for each in report.tables)
    assert len(table(room, "spells").kommune_kode.unique()) == 98


def test_the_room_says_that_it_is_synthetic(room: Path) -> None:
    """Whoever opens the folder reads that nobody in it is real."""
    assert "Nothing here is about real people" in (room / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("plan", "uses"), COUNTED, ids=lambda each: each.key if isinstance(each, Plan) else None)
def test_uses_agree_with_what_was_published(
    network: tuple[People, Spells], about: World, plan: Plan, uses: Uses
) -> None:
    """At size 1 a waiver is used as often as was published, but for chance."""
    persons, spells = network
    here = np.isin(about.country.codes[persons.where[spells.who]], uses.codes)
    assert uses.until is not None
    assert uses.count is not None
    found = (used(spells, plan.key) & here & (spells.start < week_after(uses.until))).sum()
    assert abs(found - uses.count) <= 3 * np.sqrt(uses.count)


def test_four_of_five_job_clarification_cases_are_exempt(network: tuple[People, Spells]) -> None:
    """About 1,200 of about 1,500 cases up to April 2019, as the status note tells."""
    _, spells = network
    until = spells.start < week_after(plans()[KEYS.index("rehab_jaf")].uses[0].until)  # type: ignore[arg-type]
    cases_there = (could(spells, "rehab_jaf") & until).sum()
    assert abs(cases_there - 1500) <= 3 * np.sqrt(1500)
    assert (used(spells, "rehab_jaf") & until).sum() / cases_there == pytest.approx(0.8, abs=0.03)


def test_some_municipalities_never_use_their_trial(room: Path) -> None:
    """They adopted it, have eligible cases, and not one use: participation is not treatment."""
    uptake, adoption = table(room, "uptake"), table(room, "adoption")
    never = [("ressourceforloeb_forlaengelse", 849), ("ivaerksaetteri_dimittender", 813)]
    for trial, code in [*never, ("forholdstal_ledighedsydelse", 820)]:
        assert ((adoption.trial == trial) & (adoption.kommune_kode == code)).any()
        assert uptake[(uptake.trial == trial) & (uptake.kommune_kode == code)].used.sum() == 0
    assert "indsatsplan_6mdr" not in set(adoption.trial)


def test_uptake_counts_the_cases(room: Path) -> None:
    """The table `uptake` and the marks in the case system tell the same uses, but for cases opened too late."""
    uptake, marked = table(room, "uptake"), table(room, "cases")
    by = ["trial", "kommune_kode"]
    told = uptake.groupby(by)[["eligible", "used"]].sum()
    cases_of = marked.dropna(subset=["trial"]).astype({"waiver_used": int}).groupby(by).waiver_used
    found = pd.DataFrame({"eligible": cases_of.size(), "used": cases_of.sum()}).reindex(told.index, fill_value=0)
    assert ((told - found) >= 0).all(axis=None)
    assert (told - found).sum().sum() <= 0.01 * told.eligible.sum()


def test_used_against_not_used_turns_harm_into_benefit(network: tuple[People, Spells], about: World) -> None:
    """Fewer interviews lengthen spells by over a week, yet who got fewer left sooner: caseworkers chose them so."""
    persons, spells = network
    table_ = truth_table(measured(about, persons, spells)).set_index(["trial", "measure", "horizon"])
    per_use = table_.per_use["formkrav_samtaler", "weeks", "52w"]
    window = could(spells, "formkrav_samtaler") & (spells.start < clean_until()[KEYS.index("formkrav_samtaler")])
    weeks = np.minimum(spells.weeks, 52)
    naive = (
        weeks[window & used(spells, "formkrav_samtaler")].mean()
        - weeks[window & ~used(spells, "formkrav_samtaler")].mean()
    )
    assert 1.0 < per_use < 3.0
    assert naive < -1.0


def measured(about: World, persons: People, spells: Spells) -> Truth:
    truth = Truth()
    truth.add(about, persons, spells)
    return truth


def test_an_apparent_effect_can_be_the_regions(
    network: tuple[People, Spells], others: tuple[People, Spells], about: World
) -> None:
    """In North Jutland spells on the allowance shorten from the trial's start, and the trial did nothing."""
    kind, start = KINDS.index("flex_unemployed"), about.adopted[KEYS.index("ledighedsydelse_revurdering")].min()
    changes = []
    for _, spells in (network, others):
        of_it = (spells.kind == kind) & (spells.start < END_WEEK - 104)
        weeks = np.minimum(spells.weeks, 52)
        before, after = of_it & (spells.start < start - 52), of_it & (spells.start >= start)
        changes.append(weeks[after].mean() - weeks[before].mean())
    assert changes[0] - changes[1] < -1.0
    truth = truth_table(measured(about, *network))
    assert not truth[truth.trial == "ledighedsydelse_revurdering"].effect.any()


def test_inflow_alone_moves_mean_durations(network: tuple[People, Spells], about: World) -> None:
    """A trial that only draws in people who leave soon changes nobody's spell, and the mean all the same."""
    persons, spells = network
    truth = truth_table(measured(about, persons, spells)).set_index(["trial", "measure", "horizon"]).loc["forholdstal"]
    assert truth.effect["inflow", ""] > 0.1
    assert not truth.effect.drop(("inflow", "")).any()
    drawn = persons.drawn_by[spells.who] == KEYS.index("forholdstal")
    of_it = (spells.kind == KINDS.index("cash_active")) & (spells.turn == 0)
    assert spells.weeks[of_it & drawn].mean() < 0.8 * spells.weeks[of_it & ~drawn].mean()


def test_the_law_makes_many_leave_in_week_22(others: tuple[People, Spells]) -> None:
    """Sickness benefit has its legal spike, and none while the sick-pay extension held people on it."""
    _, spells = others
    sick = (spells.kind == KINDS.index("sick")) & (spells.exit != RUNNING)
    left = np.bincount(spells.weeks[sick], minlength=60)
    assert left[22] > 5 * left[20:25][[0, 1, 3, 4]].max()
    to_jaf = spells.exit == EXITS.index("job_clarification")
    assert to_jaf[sick & (spells.weeks == 22)].mean() > 0.6
    extended = sick & (spells.start + 22 > week_from(pd.Timestamp("2020-05-01").date()))
    extended &= spells.start + 22 < week_from(pd.Timestamp("2021-05-31").date())
    left = np.bincount(spells.weeks[extended], minlength=60)
    assert left[22] < 2 * left[20:25][[0, 1, 3, 4]].max()


def test_spells_follow_one_another(room: Path) -> None:
    """A person's spells never overlap, and who leaves for job clarification begins it the next day."""
    spells = table(room, "spells").sort_values(["person_key", "start"])
    same = spells.person_key == spells.person_key.shift(-1)
    following = spells.shift(-1)
    assert same.mean() > 0.3
    assert (pd.to_datetime(following.start)[same] > pd.to_datetime(spells.end)[same]).all()
    moved = (spells.exit_to == "job_clarification") & same
    assert set(following.benefit[moved]) == {"jobafklaring"}
    assert ((pd.to_datetime(following.start) - pd.to_datetime(spells.end)).dt.days[moved] == 1).all()


def test_spells_are_weeks_as_dream_has_them(room: Path) -> None:
    """They begin on a Monday and end on a Sunday; one that runs on has no end and no exit."""
    spells = table(room, "spells")
    start, end = pd.to_datetime(spells.start), pd.to_datetime(spells.end)
    assert (start.dt.day_of_week == 0).all()
    assert (end.dropna().dt.day_of_week == 6).all()
    assert (end.isna() == spells.exit_to.isna()).all()
    assert start.min() >= pd.Timestamp("2014-01-01")
    assert end.max() <= pd.Timestamp("2021-12-31")
    assert set(spells.exit_to.dropna()) == set(EXITS)


def test_months_follow_a_person_for_two_years(room: Path) -> None:
    """Months run from the first spell on without a gap inside two years, and never further from the last start."""
    months, spells = table(room, "months"), table(room, "spells")
    number = months.month.str[:4].astype(int) * 12 + months.month.str[5:].astype(int)
    starts = pd.to_datetime(spells.start)
    begun = (starts.dt.year * 12 + starts.dt.month).groupby(spells.person_key)
    by_person = number.groupby(months.person_key)
    assert (by_person.min() == begun.min()).all()
    assert ((by_person.max() - begun.max()) <= 24).all()
    ended = pd.to_datetime(spells.end)
    first = months[number == months.person_key.map(begun.max())]
    assert not first.self_supporting.any()
    assert ended.notna().any()
    assert months.self_supporting.mean() == pytest.approx(0.5, abs=0.2)


def test_shares_of_the_truth_answer_to_the_trials_outcomes(room: Path) -> None:
    """Every outcome of a trial that the register can show has its row, on the scale of its unit."""
    row = truth_of(room, "rehab_jaf", "weeks", "52w")
    assert (row.outcome, row.unit) == ("jobclarification_weeks", "weeks")
    assert float(row.effect) < 0
    assert float(row.per_use) < float(row.effect)
    assert float(truth_of(room, "laegeattest_sdp", "weeks", "52w").effect) == 0
    assert float(truth_of(room, "laegeattest_sdp", "meeting").effect) < -2


def test_a_twin_is_the_person_in_a_register_without_the_trial(about: World, network: tuple[People, Spells]) -> None:
    """First spells of the whole register made anew without the trial give the same difference as the twins do."""
    trial = KEYS.index("rehab_laegeattest")
    persons, spells = network
    effects = {**about.effects, "rehab_laegeattest": Effect(hazard=1.5)}
    acting = replace(about, effects=effects)
    with_it = follow(acting, persons, first_onsets(persons), until=HORIZON)
    first = with_it.take(with_it.turn == 0)
    without = spells.take(spells.turn == 0)
    truth = Truth()
    truth.add(acting, persons, first)
    window = (
        (first.start < clean_until()[trial]) & could(first, "rehab_laegeattest") & (persons.turned_by[first.who] < 0)
    )
    difference = np.minimum(first.weeks, 104)[window] - np.minimum(without.weeks, 104)[window]
    assert difference.sum() < 0
    assert truth.sums[trial, "weeks", "104w"].total == difference.sum()


def test_what_follows_from_a_twin_is_what_would_have_followed(about: World, network: tuple[People, Spells]) -> None:
    """Jobs a year after a first spell began, with all that came in between, differ as in two whole registers."""
    trial = KEYS.index("formkrav_samtaler")
    persons, _ = network
    worlds = [
        replace(about, effects={**about.effects, "formkrav_samtaler": effect})
        for effect in (Effect(hazard=1.5, employment=0.2), Effect())
    ]
    chains = [follow(each, persons, first_onsets(persons), until=HORIZON) for each in worlds]
    found = []
    focal = np.flatnonzero(could(chains[0], "formkrav_samtaler") & (chains[0].turn == 0))
    who, month = chains[0].who[focal], BEGINS[chains[0].start[focal]] + 12
    for each, chain in zip(worlds, chains, strict=True):
        latest = np.searchsorted(chain.who * 1000 + BEGINS[chain.start], who * 1000 + month, side="right") - 1
        found.append(status(each, persons, chain, latest, month)[0])
    pairs = demo_truth._pairs(worlds[0], persons, chains[0], trial, focal)
    assert demo_truth._difference(worlds[0], pairs, "employment", "12m").sum() == (found[0] - found[1]).sum() > 0


def test_without_effects_a_spell_and_its_twin_are_the_same(about: World, network: tuple[People, Spells]) -> None:
    """With every effect set to nothing, truth is nothing everywhere: not nearly, exactly."""
    persons, _ = network
    neutral = replace(about, effects=dict.fromkeys(KEYS, Effect()))
    spells = follow(neutral, persons, first_onsets(persons), until=HORIZON)
    usual = persons.drawn_by[spells.who] < 0
    truth = truth_table(measured(neutral, persons, spells.take(usual)))
    assert (truth.used > 0).any()
    assert not truth.effect.any()
    assert not truth.mc_error.any()


def test_who_is_kept_out_is_in_the_twin_only(tmp_path: Path) -> None:
    """A trial that halves the inflow takes spells from the register, and truth says how many."""
    file = tmp_path / "effects.toml"
    file.write_text("[integration_kontakt]\ninflow = 0.5\n", encoding="utf-8")
    about = calibrated(country(1), load_effects(file))
    candidates = pools(about, size=20.0, only=about.country.codes == 820)
    persons = people(about, candidates, first=0, last=candidates.candidates)
    spells = follow(about, persons, first_onsets(persons), until=HORIZON)
    truth = truth_table(measured(about, persons, spells)).set_index(["trial", "measure"])
    assert truth.effect["integration_kontakt", "inflow"] == pytest.approx(-0.5, abs=0.1)


def test_waived_cases_meet_sooner(about: World, network: tuple[People, Spells]) -> None:
    """The certificate left out brings the meeting forward, and an exempt case has none."""
    persons, spells = network
    trial = KEYS.index("laegeattest_sdp")
    actual, twin = (cases(about, persons, spells, trial, off=off) for off in (False, True))
    ratio = actual.meeting[actual.used].mean() / twin.meeting[twin.used].mean()
    assert ratio == pytest.approx(0.85, abs=0.02)
    exempt = cases(about, persons, spells, KEYS.index("rehab_jaf"))
    assert (exempt.meeting[exempt.used] < 0).all()
    assert (exempt.meeting[~exempt.used] > 0).all()


def test_the_same_arguments_give_the_same_bytes(room: Path, tmp_path: Path) -> None:
    """Made again, in pieces of another length, every file is the same to the byte."""
    again = demo(tmp_path / "again", size=0.05, at_once=3_001)
    assert hashes(again.folder) == hashes(room)


def test_another_seed_is_another_country(about: World) -> None:
    """Seeds share no shock and no person."""
    other = calibrated(country(2), load_effects())
    assert not np.isin(lived(about, size=0.05)[0].uid, lived(other, size=0.05)[0].uid).any()


def test_a_person_is_the_same_whoever_else_is_made(about: World) -> None:
    """Any stretch of candidates can be made alone."""
    candidates = pools(about, size=0.05)
    every = people(about, candidates, first=0, last=2_000)
    some = people(about, candidates, first=700, last=900)
    among = np.isin(every.number, some.number)
    assert (every.take(among).uid == some.uid).all()
    assert (every.take(among).start == some.start).all()


def test_effects_leave_other_municipalities_alone(about: World) -> None:
    """Whatever the trials do, nobody outside the eleven municipalities notices."""
    changed = replace(about, effects=dict.fromkeys(KEYS, Effect(hazard=3.0, employment=0.3)))
    candidates = pools(about, size=0.05, only=~about.inside)
    persons = people(about, candidates, first=0, last=candidates.candidates)
    one, two = (follow(each, persons, first_onsets(persons), until=END_WEEK) for each in (about, changed))
    assert (one.weeks == two.weeks).all()


def test_size_scales_the_number_of_persons(about: World) -> None:
    """Four times the size is four times the persons and spells."""
    small, large = (lived(about, size=size) for size in (0.05, 0.2))
    assert len(large[0].number) / len(small[0].number) == pytest.approx(4.0, rel=0.05)
    shown = [(spells.start >= FIRST_WEEK).sum() for _, spells in (small, large)]
    assert shown[1] / shown[0] == pytest.approx(4.0, rel=0.05)


def test_faults_are_planted_on_request_only(room: Path, tmp_path: Path) -> None:
    """A room with faults says so, and tells which rows were spoilt by which rule in which table."""
    written = demo(tmp_path / "faulty", size=0.02, plant=True)
    assert set(written.planted.table) == set(contracts())
    assert "was planted" in (written.folder / "README.md").read_text(encoding="utf-8")
    assert "was planted" not in (room / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "error", "found"),
    [
        ("[rehab_jaff]\nhazard = 1.1", UnknownName, "rehab_jaf"),
        ("[rehab_jaf]\nhazzard = 1.1", UnknownName, "hazard"),
        ("[rehab_jaf]\nhazard = 9", BadData, "0.2 to 5.0"),
        ("[rehab_jaf]\nhazard = true", BadData, "0.2 to 5.0"),
        ("[rehab_jaf]\nemployment = -0.9", BadData, "-0.5 to 0.5"),
        ("rehab_jaf = 1.1", BadData, "[rehab_jaf]"),
        ("rehab_jaf", BadData, "TOML"),
    ],
)
def test_wrong_effects_are_refused(tmp_path: Path, text: str, error: type[Exception], found: str) -> None:
    """The message names what was found and what would do."""
    file = tmp_path / "effects.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=found.replace("[", r"\[")):
        load_effects(file)


def test_effects_that_are_not_there_are_refused(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(BadData, match=r"none\.toml"):
        load_effects(tmp_path / "none.toml")


def test_overrides_replace_part_by_part(tmp_path: Path) -> None:
    """What the file does not set stays as shipped."""
    file = tmp_path / "effects.toml"
    file.write_text("[rehab_laegeattest]\nmeeting = 1.0\n", encoding="utf-8")
    shipped, changed = load_effects()["rehab_laegeattest"], load_effects(file)["rehab_laegeattest"]
    assert (changed.meeting, changed.decision) == (1.0, shipped.decision)


@pytest.mark.parametrize("size", [0, -1, float("nan"), 10_000])
def test_impossible_sizes_are_refused(tmp_path: Path, size: float) -> None:
    """No register is begun that cannot be finished."""
    with pytest.raises(BadDesign, match="size"):
        demo(tmp_path / "never", size=size)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("fault", "error"), [(OSError(28, "No space left on device"), BadData), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_what_breaks_off_leaves_nothing_behind(
    room: Path, tmp_path: Path, fault: BaseException, error: type[BaseException]
) -> None:
    """A full disk ended in a traceback, and a half-written folder stayed: now a sentence, and all is as it was."""
    written = Path(shutil.copytree(room, tmp_path / "room"))

    def break_off(_: float) -> None:
        raise fault

    with pytest.raises(error, match="No space left on device" if error is BadData else None):
        demo(written, size=0.001, progress=break_off)
    assert [each.name for each in tmp_path.iterdir()] == ["room"]
    assert hashes(written) == hashes(room)


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    """A folder inside a file ended in a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(BadData, match="cannot be written to"):
        demo(tmp_path / "file" / "sub", size=0.001)


def test_a_register_of_nobody_is_a_register(tmp_path: Path) -> None:
    """The smallest sizes asked nobody anything, and that was a KeyError: now all seven tables are there, and clean."""
    report = check(demo(tmp_path / "nobody", size=1e-9).folder)
    assert {each.table: each.faults for each in report.tables} == dict.fromkeys(contracts(), ())
    assert {each.table: each.rows for each in report.tables}["spells"] == 0


def test_an_inflow_of_those_drawn_in_alone_has_no_ratio() -> None:
    """Where nobody would have come without the trial, the ratio to those was a division by zero: now it is blank."""
    truth = Truth()
    truth.sums[KEYS.index("forholdstal"), "inflow", ""] = Sums(total=3, squares=3, count=3, used=1, persons=3)
    assert truth_table(truth).set_index("measure").effect.isna()["inflow"]


def test_a_last_day_is_counted() -> None:
    """A spell that began on the very day, a Monday, fell out: 30 September 2019, of the published numbers, is one."""
    assert week_after(monday(400)) == 401
    assert week_after(monday(400) - timedelta(days=1)) == 400
