"""What happens to CPR numbers on the way in: keys are hashed before they are stored, others replaced by a marker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from frikommune.disclosure import Secret, cpr_found, cpr_keys, keyed, without_cpr
from frikommune.errors import BadData
from frikommune.sources.copying import local
from frikommune.sources.workspace import function, kept


class AbsentKey(BadData):
    """A key column that is not there."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Which columns are person keys, and the secret that hides them.

    Attributes:
        keys: Names of the key columns.
        secret: What the keyed hash is made with; without, keys stay as they are, and may hold no CPR number.
    """

    keys: tuple[str, ...] = ()
    secret: Secret | None = None

    @property
    def hashed(self) -> tuple[str, ...]:
        """Return the columns that are to be hashed."""
        return self.keys if self.secret else ()

    def check(self, columns: Iterable[str], where: str) -> None:
        """Refuse key columns that are not there.

        Raises:
            AbsentKey: One is not.
        """
        columns = tuple(columns)
        absent = [each for each in self.keys if each not in columns]
        if absent:
            raise AbsentKey(
                f"{where} has no column {', '.join(absent)} to take as key; it has {', '.join(columns[:30])}."
            )

    def kept(self, table: Table) -> Table:
        """Write a table to the engine with its keys hashed on the way: the keys themselves are never stored."""
        if not self.hashed:
            return kept(table)
        with function(self._hashed_array) as name:
            # The engine knows the function by this name; its body never runs.
            call = ibis.udf.scalar.builtin(_in_engine, name=name, signature=(("string",), "string"))
            return kept(table.mutate(**{each: call(table[each].cast("string")) for each in self.hashed}))

    def batch(self, batch: pa.Table) -> pa.Table:
        """Return a table with its keys hashed, as text."""
        for each in self.hashed:
            place = batch.schema.get_field_index(each)
            batch = batch.set_column(place, each, self._hashed_array(batch[each]))
        return batch

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """Return a schema in which hashed keys are text."""
        for each in self.hashed:
            schema = schema.set(schema.get_field_index(each), pa.field(each, pa.string()))
        return schema

    def guard(self, table: Table, columns: Sequence[str], where: str) -> None:
        """Refuse a table whose key columns hold CPR numbers while there is no secret to hide them.

        Args:
            table: The table, its keys hashed.
            columns: Columns in which one can be.
            where: Which file.

        Raises:
            BadData: One does.
        """
        open_keys = [] if self.secret else [each for each in self.keys if each in columns]
        for column, count in cpr_keys(table, open_keys).items():
            raise BadData(
                f"{where}: the key column {column} holds CPR numbers in {count} rows: give a secret, and they are "
                f"replaced by a keyed hash."
            )

    def masked(self, table: Table, columns: Sequence[str]) -> tuple[Table, dict[str, int]]:
        """Put the marker in place of every CPR number outside the keys; a table that holds any is written anew.

        Args:
            table: The table, its keys hashed.
            columns: Columns in which one can be.

        Returns:
            The table, and the number of values replaced by column.
        """
        found = cpr_found(table, [each for each in columns if each not in self.keys])
        counts = {column: each.count for column, each in found.items()}
        return (kept(without_cpr(local(table), found)), counts) if found else (table, counts)

    def _hashed_array(self, values: pa.ChunkedArray | pa.Array) -> pa.Array:
        """Hash each different value once."""
        if self.secret is None:
            raise AssertionError
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        encoded = whole.dictionary_encode()
        keys = keyed(encoded.dictionary.to_pylist(), self.secret)
        return pa.array(keys, pa.string()).take(encoded.indices)


def _in_engine(value: str) -> str:
    raise AssertionError(value)
