"""What the one pass gives: how many, the sum and the spread of each outcome, cell by cell, and how it was counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from frikommune.errors import UnknownName

KEYS = ("unit", "period", "group")


@dataclass(frozen=True, slots=True)
class Counted:
    """How a table was counted.

    Attributes:
        name: File name without its folder, or URL without user, password and options.
        sha256: Digest of the file that was counted; empty for a database server or an Ibis table, which has none, and
            for a file that was counted with `no_cache` and not read for its digest.
        sql: The one query, in the engine's own words.
        version: Version of this package.
        reused: Whether the answer was kept from an earlier question, word for word the same, to the same content.
        notes: What there is to say about it, a sentence part each.
    """

    name: str
    sha256: str
    sql: str
    version: str
    reused: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Cells:
    """Sums of one or many outcomes by unit and period, and by group and stratum where asked for.

    Cells count people, few of them in places: they stay in the house, and only what `disclosure` releases leaves it.

    Attributes:
        frame: A row a cell: `unit`, `period`, `group` where asked for, a column for each of `strata`, `rows` [rows of
            the register], and for each outcome `n:NAME` [rows with a value], `sum:NAME` [unit of the outcome; exact
            for whole numbers and yes/no] and `m2:NAME` [its square; sum of squared deviations from the cell mean].
        outcomes: Names of the outcomes.
        strata: Names of the strata.
        left_out: Rows that are in no cell, by reason: those without a unit, period or group.
        counted: How they were counted.
    """

    frame: pd.DataFrame
    outcomes: tuple[str, ...]
    counted: Counted
    strata: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the columns that name a cell."""
        return tuple(each for each in (*KEYS, *self.strata) if each in self.frame.columns)

    def check(self, outcome: str) -> None:
        """Refuse an outcome that was not counted.

        Raises:
            UnknownName: It was not.
        """
        if outcome not in self.outcomes:
            raise UnknownName.among("outcome", outcome, self.outcomes)

    def over(self, *keys: str) -> "Cells":
        """Return the cells by these keys only, everything else summed over."""
        strata = tuple(each for each in self.strata if each in keys)
        return replace(self, frame=combined(self.frame, keys, self.outcomes), strata=strata)

    def of_group(self, group: object) -> "Cells":
        """Return the cells of one group.

        Raises:
            UnknownName: There is no such group.
        """
        groups = set(self.frame["group"]) if "group" in self.frame.columns else set()
        if group not in groups:
            raise UnknownName.among("group", group, groups)
        return replace(self, frame=self.frame[self.frame["group"] == group].drop(columns="group"))

    def __repr__(self) -> str:
        return (
            f"Cells of {', '.join(self.outcomes)} by {', '.join(self.keys)}: {len(self.frame)} cells, "
            f"{self.frame['unit'].nunique()} units x {self.frame['period'].nunique()} periods"
        )


def combined(frame: pd.DataFrame, keys: Sequence[str], outcomes: Sequence[str]) -> pd.DataFrame:
    """Sum cells that share their keys; deviations from several means become deviations from their common mean.

    Args:
        frame: Cells, in the columns of `Cells.frame`.
        keys: Columns that name a cell of the result; a missing value is a value of its own.
        outcomes: Names of the outcomes.

    Returns:
        A row a cell, sorted by its keys.

    References:
        Chan, T. F., Golub, G. H. & LeVeque, R. J. (1983). Algorithms for computing the sample variance. The American
        Statistician 37(3), 242-247, equation 2.1b for many parts at once.
    """
    names = list(keys)
    sums = [f"{kind}:{each}" for each in outcomes for kind in ("n", "sum", "m2")]
    if not frame.duplicated(names).any():
        return frame.sort_values(names, ignore_index=True)[[*names, "rows", *sums]]
    grouped = frame.groupby(names, sort=True, dropna=False, observed=True)
    found = grouped[["rows", *sums]].sum()
    for each in outcomes:
        shift = frame[f"sum:{each}"] / frame[f"n:{each}"] - grouped[f"sum:{each}"].transform("sum") / grouped[
            f"n:{each}"
        ].transform("sum")
        between = (frame[f"n:{each}"] * shift**2).fillna(0.0)
        # By position: pandas cannot align an index that holds missing values.
        found[f"m2:{each}"] += between.groupby([frame[key] for key in names], sort=True, dropna=False).sum().to_numpy()
    return found.reset_index()
