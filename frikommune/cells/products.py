"""Cross-products by municipality: all that least squares and its clustered errors need of the register."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations_with_replacement
from operator import and_
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import BooleanValue, Table, Value
from numpy.typing import NDArray

from frikommune.cells.asking import ask
from frikommune.cells.columns import Where, counting
from frikommune.cells.noun import Counted
from frikommune.errors import BadData, BadDesign
from frikommune.sources import Register, Source, register

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CrossProducts:
    """Counts, means and cross-products of deviations, by unit and, where one is absorbed, by level of another column.

    Raw X'X, X'y and y'y follow from them, without the digits that raw sums of squares would lose.

    Attributes:
        n: Rows in each cell [cells].
        mean: Means of the regressors and, last, the outcome [cells x (regressors + 1), their units].
        within: Sums of products of deviations from those means [cells x (regressors + 1) x (regressors + 1)].
        unit: Which unit each cell is of, as a position [cells].
        level: Which level of the absorbed column, as a position [cells]; all 0 when none is absorbed.
        units: Names of the units.
        levels: Values of the absorbed column; one value when none is absorbed.
        x: Names of the regressors.
        y: Name of the outcome.
        absorbs_unit: Whether each unit has an intercept of its own.
        absorbs_level: Whether each level has.
        left_out: Rows that count nowhere, by reason.
        counted: How they were counted; none when they come from a panel.
    """

    n: Floats
    mean: Floats
    within: Floats
    unit: Ints
    level: Ints
    units: tuple[Any, ...]
    levels: tuple[Any, ...]
    x: tuple[str, ...]
    y: str
    absorbs_unit: bool = False
    absorbs_level: bool = False
    left_out: dict[str, int] = field(default_factory=dict)
    counted: Counted | None = None

    def __repr__(self) -> str:
        return f"CrossProducts of {self.y} on {', '.join(self.x)}: {int(self.n.sum())} rows of {len(self.units)} units"


def cross_products(
    data: Source | Table | Path | str,
    *,
    y: str,
    x: Sequence[str],
    unit: str = "kommune_kode",
    absorb: Sequence[str] = (),
    where: Where = None,
    table: str | None = None,
    no_cache: bool = False,
) -> CrossProducts:
    """Count what least squares of an outcome on regressors needs, in one query.

    Args:
        data: A file, the URL of a database or cluster, a source that was read before, or an Ibis table.
        y: Column of the outcome.
        x: Columns of the regressors; whole numbers, numbers or yes/no.
        unit: Column that names the unit to which treatment is assigned, the cluster of every standard error.
        absorb: Columns each of whose values gets an intercept: the unit, one other column, or both.
        where: Which rows to count.
        table: Table of a database, DuckDB file or cluster.
        no_cache: Neither look for a kept answer nor keep this one.

    Returns:
        The cross-products; rows that lack any of the columns are in `left_out`.

    Raises:
        BadData: A column is missing or no number, or holds a number that is not finite, or no row is complete.
        BadDesign: No regressor, one named twice, no condition in `where`, or more than one column besides the unit to
            absorb.
    """
    opened = register(data, table=table)
    level = _level(absorb, unit)
    _check(opened, unit, level, [*x, y])
    rows = counting(opened.table, where)
    question = _question(rows, {"unit": unit} | ({"level": level} if level else {}), [*x, y])
    keys = ["unit", "level"] if level else ["unit"]
    answer, counted = ask(opened, question, labels=keys, no_cache=no_cache)
    complete, left_out = _complete(answer.to_pandas(date_as_object=True), keys, opened.name)
    units, unit_at = _positions(complete["unit"])
    levels, level_at = _positions(complete["level"]) if level else (("all",), np.zeros(len(complete), np.int64))
    mean, within = _moments(complete, [*x, y])
    return CrossProducts(
        n=complete["n"].to_numpy(float), mean=mean, within=within, unit=unit_at, level=level_at, units=units,
        levels=levels, x=tuple(x), y=y, absorbs_unit=unit in absorb, absorbs_level=bool(level), left_out=left_out,
        counted=counted,
    )  # fmt: skip


def _level(absorb: Sequence[str], unit: str) -> str | None:
    others = [each for each in absorb if each != unit]
    if len(others) > 1:
        raise BadDesign(f"{', '.join(others)} cannot all be absorbed: the unit and one other column can.")
    return others[0] if others else None


def _check(data: Register, unit: str, level: str | None, columns: Sequence[str]) -> None:
    if len(columns) == 1 or len(set(columns)) < len(columns):
        raise BadDesign("At least one regressor is needed, and each column once.")
    schema = data.table.schema()
    missing = [each for each in (unit, level, *columns) if each is not None and each not in schema]
    if missing:
        raise BadData(f"{data.name} has no column {', '.join(missing)}; it has {', '.join(data.table.columns[:30])}.")
    wrong = [each for each in columns if not (schema[each].is_numeric() or schema[each].is_boolean())]
    if wrong:
        raise BadData(f"{data.name}: {', '.join(wrong)} hold no numbers: make columns of 0 and 1 of them first.")


def _question(rows: Table, keys: Mapping[str, str], columns: Sequence[str]) -> Table:
    by: list[Value] = [rows[column].name(key) for key, column in keys.items()]
    numbers = [_number(rows[each]) for each in columns]
    measures = {"n": rows.count()} | {f"mean:{at}": each.mean() for at, each in enumerate(numbers)}
    for one, other in combinations_with_replacement(range(len(numbers)), 2):
        pair = numbers[one].var(how="pop") if one == other else numbers[one].cov(numbers[other], how="pop")
        measures[f"cov:{one}:{other}"] = pair
    # Rows that lack a column are counted beside the others in the same query.
    return rows.aggregate(measures, by=[*by, _whole(rows, [*keys.values(), *columns]).name("complete")])


def _number(column: Value) -> Value:
    return (column.cast("int32") if column.type().is_boolean() else column).cast("float64")


def _whole(rows: Table, columns: Sequence[str]) -> BooleanValue:
    return reduce(and_, [rows[each].notnull() for each in columns])  # noqa: PD004 -- Ibis, not pandas


def _complete(frame: pd.DataFrame, keys: list[str], where: str) -> tuple[pd.DataFrame, dict[str, int]]:
    # A key that is NaN is as good as none, and DuckDB cannot be asked: of Parquet columns it says that none is.
    complete = frame["complete"].astype(bool) & frame[keys].notna().all(axis=1)
    missing = int(frame.loc[~complete, "n"].sum())
    if not complete.any():
        raise BadData(f"{where} has no row in which all the columns are filled.")
    return frame[complete].sort_values(keys, ignore_index=True), {"a column is empty": missing} if missing else {}


def _positions(labels: pd.Series) -> tuple[tuple[Any, ...], Ints]:
    codes, names = pd.factorize(labels, sort=True)
    return tuple(names.tolist()), codes.astype(np.int64)


def _moments(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[Floats, Floats]:
    size = len(columns)
    mean = frame[[f"mean:{at}" for at in range(size)]].to_numpy(float)
    within = np.empty((len(frame), size, size))
    for one, other in combinations_with_replacement(range(size), 2):
        within[:, one, other] = within[:, other, one] = frame[f"cov:{one}:{other}"].to_numpy(float)
    within *= frame["n"].to_numpy(float)[:, None, None]
    odd = [each for at, each in enumerate(columns) if not np.isfinite(within[:, at, at]).all()]
    if odd:
        raise BadData(f"{', '.join(odd)} hold values that are no finite number: leave those rows out with where=.")
    return mean, within
