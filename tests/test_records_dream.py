"""DREAM's weeks to spells and months."""

import csv
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from ibis.expr.types import Table

from frikommune.errors import BadData, BadDesign
from frikommune.records.dream import (
    CALENDAR_MONTH,
    CONSECUTIVE,
    FIVE_WEEK_MINIMUM,
    FOUR_WEEKS,
    DreamSpells,
    GapRule,
    dream_codes,
    dream_months,
    dream_spells,
)
from frikommune.shipped import data_file

# Ibis 12 calls what DuckDB 2.0 and pandas 3.1 have deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),
]

Weeks = tuple[date, ...]
State = tuple[str, str]

RULES = [CONSECUTIVE, FOUR_WEEKS, FIVE_WEEK_MINIMUM, CALENDAR_MONTH, GapRule("weeks", 1), GapRule("minimum", 2)]
WEEK = timedelta(weeks=1)
MONDAY = date(2017, 1, 2)


def week_name(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"y_{year % 100:02d}{week:02d}"


def wide(persons: Iterable[Sequence[object]], *, first: date = MONDAY, **more: Sequence[object]) -> Table:
    """One row a person, one value a week from `first` on."""
    rows = list(persons)
    columns = {week_name(first + k * WEEK): [row[k] for row in rows] for k in range(len(rows[0]))}
    keys = [f"p{number:05d}" for number in range(len(rows))]
    frame = pd.DataFrame({"person_key": keys, "kommune_kode": 851, **columns, **more})
    return stored(frame)


def stored(frame: pd.DataFrame) -> Table:
    """Put a frame into DuckDB; Ibis 12 cannot do it with DuckDB 2.0."""
    backend = ibis.duckdb.connect()
    backend.con.register("held", pa.Table.from_pandas(frame, preserve_index=False))
    backend.con.execute("CREATE TABLE dream AS SELECT * FROM held")
    return backend.table("dream")


def listed(spells: DreamSpells, *columns: str) -> list[tuple[object, ...]]:
    frame = spells.table.execute()
    frame = frame.astype(object).where(frame.notna(), None)
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def weeks(text: str) -> list[str]:
    """Codes by letter: s sick, j job clarification, k cash assistance, x an unknown code, d dead, . blank."""
    codes = {"s": "890", "j": "870", "k": "130", "f": "771", "x": "555", "d": "999", "u": "997", ".": ""}
    return [codes[letter] for letter in text]


# Claims


def test_a_spell_runs_from_monday_to_sunday_and_leads_to_the_next_benefit() -> None:
    """Three weeks sick, then job clarification, then nothing: each spell has its days and its exit."""
    spells = dream_spells(wide([weeks(".sssjj......")]))
    assert listed(spells, "benefit", "start", "end", "exit_to") == [
        ("sygedagpenge", pd.Timestamp(2017, 1, 9), pd.Timestamp(2017, 1, 29), "job_clarification"),
        ("jobafklaring", pd.Timestamp(2017, 1, 30), pd.Timestamp(2017, 2, 12), "self_support"),
    ]


@pytest.mark.parametrize(
    ("rule", "lengths"),
    [
        (CONSECUTIVE, [6, 2, 5, 3]),
        (FOUR_WEEKS, [12, 5, 3]),
        (FIVE_WEEK_MINIMUM, [6, 5]),
        (CALENDAR_MONTH, [12, 13]),
        (GapRule("weeks", 5), [30]),
    ],
)
def test_each_gap_rule_joins_as_it_says(rule: GapRule, lengths: list[int]) -> None:
    """Gaps of 4, 5 and 5 weeks join or not (the first 5 hold all of April); a run under five weeks counts or not."""
    text = "ssssss....ss.....sssss.....sss......"
    found = dream_spells(wide([weeks(text)]), rule=rule).table.execute()
    days = (found["end"] - found["start"]).dt.days + 1
    assert (days // 7).tolist() == lengths


@pytest.mark.parametrize(
    ("text", "exit_to"),
    [
        ("ssssssjj..jjjjjjj", "job_clarification"),  # the short spell is passed over, the long one is the exit
        ("ssssssjj.....", "self_support"),  # five weeks without benefit begin behind the short spell
        ("ssssss...jj...jj...", None),  # each short spell interrupts self-support
        ("ssssss.....jj", "self_support"),
        ("ssssssjj", None),  # cut by the last week: it may have been longer
        ("ssssssdd", "emigration_or_death"),
    ],
)
def test_under_a_minimum_no_short_spell_is_an_exit(text: str, exit_to: str | None) -> None:
    """A spell that the rule leaves out of the table is never what another one leads to."""
    found = dream_spells(wide([weeks(text)]), rule=FIVE_WEEK_MINIMUM)
    assert listed(found, "exit_to")[0] == (exit_to,)


def test_a_spell_names_the_row_of_its_person() -> None:
    """Spells and months carry the row of the extract, so that what is rejected can be found again."""
    people = wide([weeks("ssss....."), weeks("........."), weeks("..ss..ss.")])
    assert listed(dream_spells(people, rule=CONSECUTIVE), "row") == [(1,), (3,), (3,)]
    assert set(dream_months(people).table.execute()["row"]) == {1, 2, 3}


def test_only_a_whole_calendar_month_separates() -> None:
    """Blank from 30 January to 5 March holds all of February; from 6 February to 5 March it does not."""
    apart = dream_spells(wide([weeks("ssss" + "." * 5 + "ss" + "." * 12)]), rule=CALENDAR_MONTH)
    joined = dream_spells(wide([weeks("sssss" + "." * 4 + "ss" + "." * 12)]), rule=CALENDAR_MONTH)
    assert (apart.spells, joined.spells) == (2, 1)


def test_what_the_data_do_not_show_is_no_exit() -> None:
    """A spell in the last week, and one with fewer blank weeks after it than the rule asks, have no exit."""
    spells = dream_spells(wide([weeks("......ssss"), weeks(".ssss....."), weeks(".sssss....")]))
    assert listed(spells, "exit_to") == [(None,), ("self_support",), (None,)]
    assert spells.censored == 2
    assert spells.benefits == {"sygedagpenge": 3}


def test_death_and_emigration_end_a_spell_and_make_none() -> None:
    """Weeks outside the population are counted; the spell before says where it went."""
    spells = dream_spells(wide([weeks(".sssddddd"), weeks("uuusss...")]), rule=CONSECUTIVE)
    assert listed(spells, "benefit", "exit_to") == [
        ("sygedagpenge", "emigration_or_death"),
        ("sygedagpenge", "self_support"),
    ]
    assert spells.outside == 8


def test_unknown_codes_are_counted_and_kept() -> None:
    """A code that the table lacks is the benefit "ukendt"; what is no code is counted and never shown."""
    spells = dream_spells(wide([weeks("sxx....."), [*weeks("s"), "0101701234", "0x1F", *weeks(".....")]]))
    assert listed(spells, "benefit", "exit_to") == [
        ("sygedagpenge", "other"),
        ("ukendt", "self_support"),
        ("sygedagpenge", "other"),
        ("ukendt", "self_support"),
    ]
    assert spells.unknown == {"555": 2, "no three-digit code": 2}


def test_a_person_without_benefit_makes_no_spell() -> None:
    """Everybody is read; who never had a benefit is counted as such."""
    spells = dream_spells(wide([weeks("........"), weeks(".ss.....")]))
    assert (spells.persons, spells.without, spells.spells) == (2, 1, 1)
    assert dream_spells(wide([weeks("........")])).spells == 0


def test_week_53_is_a_week() -> None:
    """A spell across the end of 2015, a year of 53 weeks, is one spell."""
    table = wide([weeks(".ssss.....")], first=date(2015, 12, 14))
    assert "y_1553" in table.columns
    assert listed(dream_spells(table), "start", "end") == [(pd.Timestamp(2015, 12, 21), pd.Timestamp(2016, 1, 17))]


def test_the_century_turns() -> None:
    """y_9952 is of 1999, y_0001 of 2000, and DREAM opens with y_9132."""
    table = wide([weeks("." + "s" * 2 + "." * 7)], first=date(1999, 12, 20))
    assert listed(dream_spells(table), "start") == [(pd.Timestamp(1999, 12, 27),)]
    assert dream_spells(wide([weeks("ss")], first=date(1991, 8, 5))).first == date(1991, 8, 5)
    assert week_name(date(1991, 8, 5)) == "y_9132"


def test_blank_has_many_forms() -> None:
    """Empty, spaces, a full stop, NULL and 0 are no benefit, in text as in numbers."""
    text = dream_spells(wide([["", "  ", ".", None, "0", "890", "890 ", "890.0", "", ""]]), rule=CONSECUTIVE)
    number = dream_spells(wide([[float("nan"), 0, 890, 890.0, float("nan")]]), rule=CONSECUTIVE)
    for spells in (text, number):
        assert listed(spells, "benefit") == [("sygedagpenge",)]
        assert spells.unknown == {}


def test_the_municipality_is_that_of_the_first_day() -> None:
    """With dated columns, the latest one begun by the spell's first day; blank is counted."""
    table = wide([weeks(".s" + "." * 5 + "s" + "." * 5)] * 2, kom_2017_01=[851, None], kom_201702=[820, 840])
    spells = dream_spells(table, kommune="kom")
    assert listed(spells, "kommune_kode") == [(851,), (820,), (None,), (840,)]
    assert spells.unplaced == 1
    assert spells.passed_over == ("kommune_kode",)


def test_months_say_who_supports_themselves() -> None:
    """A week belongs to the month of its Thursday; no benefit in any of its weeks is self-support."""
    table = wide(
        [weeks("s" + "." * 12), weeks("." * 13), weeks("." * 8 + "ddddd")],
        beskgrad_2017_02=["0,5", None, "1.4"],
        grad_2017_03=["x", "1", ""],
        branche_2017_02=["1", "2", "3"],
    )
    months = dream_months(table)
    frame = months.table.execute()
    assert months.months == ("2017M01", "2017M02", "2017M03")
    assert (months.capped, months.unreadable, months.without_degree) == (1, 1, ("2017M01",))
    assert months.passed_over == ("branche_2017_02",)
    assert frame["self_supporting"].tolist()[:8] == [False, True, True, True, True, True, True, True]
    assert frame["self_supporting"].isna().tolist() == [False] * 8 + [True]
    shares = frame["employment_share"].astype(object).where(frame["employment_share"].notna(), None)
    assert shares.tolist() == [None, 0.5, None, None, 0.0, 1.0, None, 1.0, None]


def test_months_count_unknown_codes_as_a_benefit() -> None:
    """A code that the table lacks, or none at all, is not self-support; the weeks of whole months are counted."""
    months = dream_months(wide([weeks("xx......x"), ["abc", " 555", *weeks(".......")]]))
    assert months.unknown == {"555": 3, "no three-digit code": 1}
    assert months.table.execute()["self_supporting"].tolist() == [False, True, False, True]


def test_only_whole_months_are_made() -> None:
    """Weeks from 9 January to 12 March hold February whole, and neither January nor March."""
    assert dream_months(wide([weeks("." * 9)], first=date(2017, 1, 9))).months == ("2017M02",)


def test_an_edited_table_changes_what_counts(tmp_path: Path) -> None:
    """With the exit meaning self_support, education is no benefit any more."""
    path = tmp_path / "codes.csv"
    text = data_file("dream_codes.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("651,652,su,other", "651,652,su,self_support"), encoding="utf-8")
    table = wide([[*["890"] * 2, *["651"] * 8]])
    assert listed(dream_spells(table), "exit_to") == [("other",), (None,)]
    assert listed(dream_spells(table, codes=path), "exit_to") == [("self_support",)]
    assert dream_months(table, codes=path).table.execute()["self_supporting"].tolist() == [False, True]


def test_every_line_of_the_code_table_says_whether_it_is_verified() -> None:
    """A verified line names its source, and the result names the benefits that rest on others."""
    assert all(each.source for each in dream_codes().lines if each.verified)
    assert dream_spells(wide([[*["651"] * 3, *["890"] * 3]])).unverified == ("sygedagpenge",)


def test_a_rule_reads_as_a_sentence_in_both_languages() -> None:
    """The rule that made a result travels with it."""
    spells = dream_spells(wide([weeks("ss......")]), rule=GapRule("weeks", 3))
    assert "op til 3 uger" in spells.rule.text_da
    assert "up to 3 weeks" in spells.rule.text_en
    assert "p00000" not in repr(spells)


# Oracles


MEANINGS = {
    code: (line["benefit"], line["exit_meaning"])
    for line in csv.DictReader(data_file("dream_codes.csv").read_text(encoding="utf-8").splitlines())
    for code in range(int(line["code_from"]), int(line["code_to"]) + 1)
}


def slow_spells(row: Sequence[str], mondays: Weeks, rule: GapRule) -> list[tuple[str, date, date, str | None]]:
    """Make the spells of one person week by week, from the definition."""
    states: list[State] = [("", "") if code == "" else MEANINGS.get(int(code), ("ukendt", "other")) for code in row]
    spells, k = [], 0
    while k < len(row):
        if not states[k][0] or states[k][1] == "emigration_or_death":
            k += 1
            continue
        end = k
        while True:
            later = next((j for j in range(end + 1, len(row)) if states[j][0]), None)
            if later is None or states[later] != states[k] or not bridged(end, later, mondays, rule):
                break
            end = later
        if rule.kind != "minimum" or end - k + 1 >= rule.weeks:
            spells.append(
                (states[k][0], mondays[k], mondays[end] + timedelta(days=6), slow_exit(states, end, mondays, rule))
            )
        k = end + 1
    return spells


def whole_month_between(first_free: date, last_free: date) -> bool:
    ones = (date(year, month, 1) for year in (2017, 2020, 2021, 2022) for month in range(1, 13))
    return any(
        first_free <= one and (one + timedelta(days=31)).replace(day=1) - timedelta(days=1) <= last_free for one in ones
    )


def bridged(end: int, later: int, mondays: Weeks, rule: GapRule) -> bool:
    blank = later - end - 1
    if blank == 0:
        return True
    if rule.kind == "calendar_month":
        return not whole_month_between(mondays[end] + WEEK, mondays[later] - timedelta(days=1))
    return rule.kind == "weeks" and blank <= rule.weeks


def slow_exit(states: Sequence[State], end: int, mondays: Weeks, rule: GapRule) -> str | None:
    for j in range(end + 1, len(states) + 1):
        if rule.kind == "minimum" and j < len(states) and states[j][0]:
            last = next((k for k in range(j, len(states)) if states[k] != states[j]), len(states)) - 1
            if last - j + 1 < rule.weeks and states[j][1] != "emigration_or_death" and j - end - 1 < rule.weeks:
                return slow_exit(states, last, mondays, rule)  # too short to be an exit
        free = j - end - 1  # blank weeks seen so far
        if rule.kind == "calendar_month":
            enough = whole_month_between(mondays[end] + WEEK, mondays[end] + (free + 1) * WEEK - timedelta(days=1))
        else:
            enough = free >= {"consecutive": 1, "weeks": rule.weeks + 1, "minimum": rule.weeks}[rule.kind]
        if enough:
            return "self_support"
        if j < len(states) and states[j][0]:
            return states[j][1]
    return None


@pytest.fixture(scope="module")
def crowd() -> tuple[list[list[str]], tuple[date, ...]]:
    """Fifteen hundred random persons, 90 weeks across the 53rd week of 2020."""
    dice = random.Random(20171)  # a crowd, not a secret
    mondays = tuple(date(2020, 3, 2) + k * WEEK for k in range(90))
    people = []
    for _ in range(1500):
        row: list[str] = []
        while len(row) < len(mondays):
            code = dice.choice(["", "", "", "890", "890", "893", "870", "810", "130", "771", "783", "555", "997"])
            row += [code] * dice.choice([1, 1, 2, 3, 4, 5, 6, 8, 9, 15, 30])
        people.append(row[: len(mondays)])
    return people, mondays


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.weeks}")
def test_the_fast_way_agrees_with_the_definition(
    crowd: tuple[list[list[str]], tuple[date, ...]], rule: GapRule
) -> None:
    """Fifteen hundred random persons, week by week in plain Python, give the same spells and exits."""
    people, mondays = crowd
    found = dream_spells(wide(people, first=mondays[0]), rule=rule)
    edge = mondays[-1] + timedelta(days=6)  # who is on benefit in the last week has not left it
    want = [
        (f"p{number:05d}", benefit, pd.Timestamp(first), None if last == edge else pd.Timestamp(last), exit_to)
        for number, row in enumerate(people)
        for benefit, first, last, exit_to in slow_spells(row, mondays, rule)
    ]
    assert listed(found, "person_key", "benefit", "start", "end", "exit_to") == want
    assert found.spells == len(want)
    assert found.unknown == {"555": sum(row.count("555") for row in people)}


# Invariances


def test_the_order_of_persons_and_columns_does_nothing(crowd: tuple[list[list[str]], tuple[date, ...]]) -> None:
    """The same spells come out of a shuffled extract."""
    people, mondays = crowd
    table = wide(people[:300], first=mondays[0])
    shuffled = table.execute().sample(frac=1, random_state=3)
    shuffled = shuffled[list(shuffled.columns)[::-1]]
    other = stored(shuffled)
    columns = ("person_key", "benefit", "start", "end", "exit_to", "kommune_kode")
    one, two = listed(dream_spells(table), *columns), listed(dream_spells(other), *columns)
    assert sorted(one, key=str) == sorted(two, key=str)
    assert one != two


def test_a_longer_gap_never_gives_more_spells(crowd: tuple[list[list[str]], tuple[date, ...]]) -> None:
    """Joining across more weeks can only join."""
    people, mondays = crowd
    table = wide(people[:300], first=mondays[0])
    counts = [dream_spells(table, rule=GapRule("weeks", n)).spells for n in (1, 2, 4, 8, 16, 60)]
    assert counts == sorted(counts, reverse=True)
    assert dream_spells(table, rule=CONSECUTIVE).spells >= counts[0] > counts[-1]


def test_text_and_numbers_are_the_same_extract() -> None:
    """Codes as integers, as decimals and as text give the same spells."""
    rows = [[0, 890, 890, 0, 870, 1200, 0, 0]]
    one = dream_spells(wide(rows), rule=CONSECUTIVE)
    two = dream_spells(wide([[float(each) for each in rows[0]]]), rule=CONSECUTIVE)
    three = dream_spells(wide([[str(each or "") for each in rows[0]]]), rule=CONSECUTIVE)
    columns = ("benefit", "start", "end", "exit_to")
    assert listed(one, *columns) == listed(two, *columns) == listed(three, *columns)
    assert one.unknown == two.unknown == three.unknown == {"no three-digit code": 1}


def test_more_persons_than_a_batch_make_the_same_spells() -> None:
    """Where one batch ends and the next begins does nothing."""
    assert dream_spells(wide([weeks(".ss......")] * 40_000)).spells == 40_000


def test_padded_text_deep_in_a_file_is_read_as_well() -> None:
    """An odd cell after the first batch sends the whole extract through the exact way."""
    people = [weeks(".ss......")] * 20_000 + [["", " 890", "890 ", "890.0", *weeks(".....")]]
    spells = dream_spells(wide(people))
    assert (spells.spells, spells.unknown) == (20_001, {})
    assert listed(spells, "end")[-1] == (pd.Timestamp(2017, 1, 29),)


def test_an_extract_without_persons_makes_no_spells() -> None:
    """Nobody is nobody."""
    assert dream_spells(wide([weeks("ss")]).limit(0)).spells == 0


# Refusals


def test_missing_weeks_are_named() -> None:
    """An extract with a hole is refused: blank and not read are not the same."""
    table = wide([weeks("ssss..")]).drop("y_1703")
    with pytest.raises(BadData, match="lacks weeks between its first and last: y_1703"):
        dream_spells(table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop("person_key"), "no column person_key"),
        (lambda table: table.drop("kommune_kode"), "no column kommune_kode"),
        (lambda table: table.select("person_key", "kommune_kode"), "no week columns"),
        (lambda table: table.rename(y_1653="y_1704"), "y_1653 is no week"),
        (lambda table: table.mutate(person_key=ibis.literal("a")), "1 rows too many"),
        (lambda table: table.mutate(person_key=ibis.literal(" ")), "2 rows without a person key"),
        (lambda table: table.mutate(y_1701=ibis.literal(value=True)), "y_1701 holds neither text nor numbers"),
    ],
)
def test_an_extract_that_cannot_be_read_is_refused(change: Callable[[Table], Table], message: str) -> None:
    """The message says which column or how many rows."""
    with pytest.raises(BadData, match=message):
        dream_spells(change(wide([weeks("ssss")] * 2)))


def test_no_whole_month_is_refused() -> None:
    """Two weeks make no month."""
    with pytest.raises(BadData, match="no whole month"):
        dream_months(wide([weeks("ss")]))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("870,878", "870,890", "881 stands in two lines"),
        ("881,881", "881,", "code_to is empty"),
        ("881,881", "881,x", "whole numbers"),
        ("881,881", "882,881", "upwards"),
        ("barsel,other", "barsel,gone", "exit_meaning must be"),
        (
            "783,foertidspension,disability_pension,Førtidspension,Disability pension,no",
            "783,f,other,a,b,maybe",
            "yes or no",
        ),
        ("Efterløn,Early retirement pay,no", "E,E,yes", "must name its source"),
        ("124,128,a_dagpenge,other", "124,128,a_dagpenge,flex_job", "a_dagpenge has two exit meanings"),
        ("code_to", "to", "must have the columns"),
    ],
)
def test_a_faulty_code_table_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    """The message names the line and what is wrong with it."""
    text = data_file("dream_codes.csv").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "codes.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadData, match=message):
        dream_codes(path)


@pytest.mark.parametrize(("kind", "number"), [("weeks", 0), ("minimum", -1), ("consecutive", 4), ("month", 0)])
def test_a_rule_that_is_none_is_refused(kind: str, number: int) -> None:
    """A rule says how many weeks exactly when it counts them."""
    with pytest.raises(BadDesign, match="gap rule"):
        GapRule(kind, number)  # type: ignore[arg-type]
