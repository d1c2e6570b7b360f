"""What is wrong with a table, in words: table, column, rule, count and rows, never a value."""

from dataclasses import dataclass

from frikommune.schema.nouns import FIRST_YEAR, LAST_YEAR, Contract

# How many row numbers a fault names: enough to find it, few enough to read.
SHOWN = 5

_PHRASES = {
    "missing": "no value where one is required",
    "no_text": "a value that is no text",
    "no_number": "a value that is no number",
    "no_whole_number": "a value that is no whole number",
    "ambiguous_number": "a number such as 1.234 that may be in thousands or have decimals: write it without a "
    "thousands mark, or with a decimal comma",
    "no_date": "a value that is no date: 2019-03-01, 01-03-2019, 01.03.2019 or 20190301 was expected",
    "outside_years": f"a year outside {FIRST_YEAR}-{LAST_YEAR}",
    "no_period": "a value that is no period: 2019, 2019Q1 (or 2019K1) or 2019M03 was expected",
    "wrong_frequency": "a period of another kind than this column takes",
    "no_boolean": "a value that is neither yes nor no: 1 or 0, ja or nej, true or false was expected",
    "municipality_name": "the name of a municipality where its code is expected, such as 851 for Aalborg",
    "no_municipality": "a code that is not one of the 98 municipalities",
    "outside_range": "a value outside the range of the column",
    "not_allowed": "a value that is not among those allowed",
    "unknown_trial": "a trial that is not one of those that `frikommune list` shows",
    "before_law": "a start before the law allowed it",
    "cpr": "what holds a CPR number: replace it with a key, or take it out",
    "repeated_row": "a row that repeats an earlier one; the earlier is kept",
    "repeated_key": "a key that another row has too, with other values: none of them is kept",
    "overlapping": "days that overlap those of another row: none of them is kept",
    "withheld": "no fault of its own: faults elsewhere, and nothing is kept (strict)",
    "two_files": "the same figures in two files: keep one of them",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule that some rows of a table break.

    Attributes:
        table: Name of the table.
        column: The column at fault; the columns of a key are joined with "+"; empty for what is no column's fault.
        rule: Short name of the rule.
        count: Rows that break it.
        first_rows: Numbers of the first of them; 1 is the first row of data.
        says: The fault in words.
    """

    table: str
    column: str
    rule: str
    count: int
    first_rows: tuple[int, ...]
    says: str

    def __str__(self) -> str:
        rows = "row" if self.count == 1 else "rows"
        more = ", ..." if self.count > len(self.first_rows) else ""
        places = ", ".join(map(str, self.first_rows)) + more
        where = f"{self.table}, column {self.column}" if self.column else self.table
        return f"{where}: {self.count} {rows} with {self.says} [{self.rule}; {rows} {places}]."


def phrase(rule: str, contract: Contract) -> str:
    """Return a rule in words, as it stands after "with"."""
    return {**_PHRASES, **{each.key: each.en for each in contract.rules}}[rule]
