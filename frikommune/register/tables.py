"""From the tables of a room to risk tables and cells: spells, what follows them, cases, and months since a start."""

import re
from datetime import date

import ibis
from ibis.expr.types import Table

from frikommune.calendar import period_label
from frikommune.cells import Cells, RiskTable, cells, risk_table
from frikommune.dataroom import DataRoom
from frikommune.dataroom.manifest import read_manifest
from frikommune.errors import BadData
from frikommune.records import FOUR_WEEKS, GapRule
from frikommune.register.measures import Measure, benefits_of
from frikommune.trials import Trial

_SELF_SUPPORT = "self_support"
_MOST_GAP = 52  # weeks of a gap rule that is looked for
_ENTRY = "entry"


def risk_of(
    room: DataRoom, about: Trial, how: Measure, *, end_of_data: date, event: date | None = None, horizon: int = 0
) -> RiskTable:
    """Count the risk table that an outcome is reckoned from.

    A case comes to its meeting, or is decided or closed without one; its decision, or it is closed without. A relapse
    is a new spell on the same benefit, from the day after one that ended in self-support.

    Args:
        room: The data room.
        about: The trial, whose target group is counted.
        how: The outcome.
        end_of_data: Last day that the data cover.
        event: First day of the event that ends the observation of spells under way; none keeps them.
        horizon: Weeks to count; those of the outcome by default.

    Raises:
        BadData: The room has no such table, or none of the target group in it.
    """
    rows = {"cases": cases_table, "spells": spells_table}[how.table](room, about, how)
    return risk_table(rows, end_of_data=end_of_data, event=event, horizon=horizon or how.horizon)


def spells_table(room: DataRoom, about: Trial, how: Measure) -> Table:
    """Return the spells of a trial's target group, or for a relapse the time after them.

    Raises:
        BadData: The room has no spells.
    """
    spells = room.table("spells")
    mine = spells.filter(spells["benefit"].cast("string").isin(list(benefits_of(about))))
    return _after(mine) if how.measure == "relapse" else mine


def _after(spells: Table) -> Table:
    window = ibis.window(group_by=["person_key", "benefit"], order_by="start")
    following = spells.mutate(frk_next=spells["start"].lead().over(window))
    free = following.filter(following["exit_to"].cast("string") == _SELF_SUPPORT)
    return free.select(
        "kommune_kode",
        start=free["end"].cast("date") + ibis.interval(days=1),
        end=free["frk_next"].cast("date") - ibis.interval(days=1),
        exit_to=ibis.ifelse(free["frk_next"].notnull(), "relapse", ibis.null("string")),
    ).filter(lambda t: t["end"].isnull() | (t["end"] >= t["start"]))


def cases_table(room: DataRoom, about: Trial, how: Measure) -> Table:
    """Return the cases of a trial's target group in the whole country, as spells from opening to meeting or decision.

    The target group is that of the cases in which the trial's waiver could be used.

    Raises:
        BadData: The room has no cases, or none of them is marked with the trial.
    """
    cases = room.table("cases")
    named = cases.filter(cases["trial"].cast("string") == about.key).select("target_group").distinct()
    groups = [str(each) for each in named.to_pyarrow()["target_group"].to_pylist() if each is not None]
    if not groups:
        raise BadData(f"No case is marked with the trial {about.key}: its target group among the cases is not known.")
    mine = cases.filter(cases["target_group"].cast("string").isin(sorted(groups)))
    meeting, decided, closed = (mine[each].cast("date") for each in ("meeting", "decided", "closed"))
    ends = (meeting, decided, closed) if how.measure == "meeting" else (decided, closed)
    words = ("meeting", "decided", "closed") if how.measure == "meeting" else ("decided", "closed")
    named_ends = [(end.notnull(), word) for end, word in zip(ends, words, strict=True)]
    return mine.select(
        "kommune_kode",
        start=mine["opened"].cast("date"),
        end=ibis.coalesce(*ends),
        exit_to=ibis.cases(*named_ends, else_=ibis.null("string")),
    )


def weeks_in_job(room: DataRoom, about: Trial, how: Measure, *, until: str) -> Cells:
    """Count the employment share so many months after the start of the target group's spells, by quarter of the start.

    Args:
        room: The data room.
        about: The trial.
        how: The outcome, whose horizon is in months.
        until: Last month that the table of months covers; who cannot be followed so far is not counted.

    Returns:
        Cells of `employed` [share of full time] and `unseen` [share without a row in that month]. Who has no row then,
        having emigrated or died, has no job.

    Raises:
        BadData: The room lacks spells or months.
    """
    spells, months = spells_table(room, about, how), room.table("months")
    ahead = spells["start"].cast("date") + ibis.interval(months=how.horizon)
    label = ahead.strftime("%YM%m")
    mine = spells.mutate(frk_month=label).filter(lambda t: t["frk_month"] <= period_label(until))
    then = months.select(
        frk_person=months["person_key"], frk_then=months["month"].cast("string"), frk_share=months["employment_share"]
    )
    joined = mine.left_join(then, [mine["person_key"] == then["frk_person"], mine["frk_month"] == then["frk_then"]])
    gone = joined["frk_person"].isnull()
    rows = joined.select(
        "kommune_kode",
        "start",
        employed=ibis.ifelse(gone, 0.0, joined["frk_share"]),
        unseen=ibis.ifelse(gone, 1.0, 0.0),
    )
    return cells(rows, outcomes={"employed": "employed", "unseen": "unseen"}, period="start", every="quarter")


def last_day(room: DataRoom, table: str) -> date:
    """Return the last day that is seen in a table of the room.

    Raises:
        BadData: The room has no such table, or it holds no day.
    """
    columns = {"spells": ("start", "end"), "cases": ("opened", "decided", "closed")}
    rows = room.table(table)
    if table == "months":
        found = rows["month"].cast("string").max().to_pyarrow().as_py()
        return date(int(found[:4]), int(found[5:]), 28)
    days = rows.aggregate(**{each: rows[each].cast("date").max() for each in columns[table]}).to_pyarrow().to_pylist()
    known = [each for each in days[0].values() if each is not None]
    if not known:
        raise BadData(f"The table {table} holds no day: say in end_of_data how far the data reach.")
    return max(known)


def gap_rule(room: DataRoom) -> GapRule | None:
    """Return the rule by which weeks were joined into spells; none where the spells came as they are."""
    if room.synthetic and "spells" in room.checked:
        return FOUR_WEEKS  # nobody there is back on benefits sooner than six weeks after self-support
    file = room.checked.get("spells")
    manifest = None if file is None else read_manifest(file.parent)
    told = [note for each in (manifest or {"tables": []})["tables"] for note in each.get("notes", [])]
    text = next((each.partition(": ")[2] for each in told if each.startswith("gap rule: ")), "")
    weeks = [int(each) for each in re.findall(r"\d+", text) if 0 < int(each) <= _MOST_GAP] or [0]
    tried = [GapRule("consecutive"), GapRule("calendar_month")]
    tried += [GapRule(kind, weeks[0]) for kind in ("weeks", "minimum") if weeks[0]]
    return next((each for each in tried if each.text_en.removesuffix(".") == text), None)
