"""DREAM and BFL in a folder: to `spells` and `months`, with what there is to say of them."""

from collections.abc import Iterator, Mapping

from ibis.expr.types import Table

from frikommune.dataroom.made import Keys, Made, Outcome, beside, by_reason, keyed, none_aside
from frikommune.dataroom.noun import Recognised, shown
from frikommune.dataroom.settings import SETTINGS, RoomSettings
from frikommune.errors import BadData, UserError
from frikommune.records import DreamMonths, DreamSpells, bfl_months, dream_months, dream_spells
from frikommune.sources import Source


def made_of_dream(found: Recognised, settings: RoomSettings, keys: Keys) -> Iterator[tuple[str, Outcome]]:
    """Make the tables `spells` and `months` of a DREAM extract, each with what is wrong where it cannot be made."""
    try:
        told = settings.dream
        if told is None:
            raise BadData(
                f"{shown(found.file.name)} is a DREAM extract: say in {SETTINGS} how its weeks become spells, as in "
                '[dream] with gap_rule = "weeks" and weeks = 4 below it.'
            )
        rule, codes = told.rule, None if told.codes is None else beside(found.file, told.codes)
        source = keyed(found.file, [told.person], keys)
    except UserError as fault:
        yield found.tables[0], fault
        return
    where = {"person": told.person, "kommune": told.kommune, "codes": codes}
    for table in found.tables:
        try:
            if table == "spells":
                yield table, _of_spells(dream_spells(source, rule=rule, **where), source)  # type: ignore[arg-type]
            else:
                yield table, _of_months(dream_months(source, **where), source)  # type: ignore[arg-type]
        except UserError as fault:
            yield table, fault


def _of_spells(spells: DreamSpells, source: Source) -> Made:
    notes = [
        f"made of {spells.persons} persons, {spells.without} without a spell, from {spells.first} to {spells.last}",
        f"gap rule: {spells.rule.text_en.removesuffix('.')}",
        f"{spells.under_way} spells under way in the first week, {spells.censored} without an exit that the data show",
    ]
    if spells.short:
        notes.append(
            f"{spells.short} spells too short to count, {spells.short_cut} of them cut by the first or last week"
        )
    if spells.unverified:
        notes.append(f"benefits whose codes no public source confirms: {', '.join(spells.unverified)}")
    return _of_dream(spells.table, source, spells.persons, (*notes, *_codes(spells.unknown)))


def _of_months(months: DreamMonths, source: Source) -> Made:
    notes = [
        f"made of {months.persons} persons, {months.months[0]} to {months.months[-1]}",
        months.text_en.removesuffix("."),
    ]
    if months.without_degree:
        notes.append(f"{len(months.without_degree)} months without an employment degree: the share is unknown")
    if months.capped or months.unreadable:
        notes.append(f"employment degrees: {months.capped} above 1 set to 1, {months.unreadable} that cannot be read")
    return _of_dream(months.table, source, months.persons, (*notes, *_codes(months.unknown)))


def _codes(unknown: Mapping[str, int]) -> tuple[str, ...]:
    if not unknown:
        return ()
    listed = ", ".join(f"{code} ({weeks})" for code, weeks in unknown.items())
    return (f"person-weeks with a code that the code table lacks, taken as a benefit of its own: {listed}",)


def _of_dream(table: Table, source: Source, persons: int, notes: tuple[str, ...]) -> Made:
    return Made(table, source.provenance, none_aside(), made_of=persons, notes=notes, sources=(source,))


def made_of_bfl(found: Recognised, settings: RoomSettings, keys: Keys) -> Made:
    """Make the table `months` of BFL.

    Raises:
        BadData: The settings name no population, or a file is not what it should be.
    """
    told = settings.bfl
    if told is None or told.population is None:
        raise BadData(
            f"{shown(found.file.name)} has the columns of BFL: name in {SETTINGS} the file that says whom the study "
            'holds, as in [bfl] with population = "population.csv" below it.'
        )
    people = keyed(beside(found.file, told.population), ["person_key"], keys)
    source = keyed(found.file, [told.person], keys)
    months = bfl_months(source, population=people, person=told.person, month=told.month, hours=told.hours)
    outside = {
        "persons whom the population does not hold": months.strangers,
        "months that the population does not hold": months.elsewhen,
    }
    notes = (
        f"made of {months.persons} persons in {len(months.months)} months, {months.used} of {months.rows} rows used",
        f"{months.empty} person-months without a row, {months.below_zero} below zero, {months.capped} above full time",
        f"{months.unknown} person-months with a row whose hours cannot be read: their share is unknown",
        f"{months.negative} rows of negative hours, netted against the others of the month",
        months.text_en.removesuffix("."),
    )
    return Made(
        table=months.table,
        provenance=source.provenance,
        aside=months.set_aside,
        set_aside={reason: rows for reason, rows in outside.items() if rows},
        unread=by_reason(months.set_aside),
        made_of=months.rows,
        notes=notes,
        sources=(source, people),
    )
