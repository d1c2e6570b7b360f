"""Writes tables to Parquet in row groups of a fixed length, whatever the pieces that they come in."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 2**18
# What a reader skips row groups by; statistics of the other columns take as long as the rest of the writing.
_SOUGHT = {"kommune_kode", "month", "start", "opened", "period"}


class Sheet:
    """A Parquet file in the making: rows are added in pieces and written in whole row groups, while others are made.

    Used in a `with` block, at whose end what is left is written.

    The file holds no time and no name of a machine: the same rows make the same bytes.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.rows = 0
        self._waiting: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None
        self._hand = ThreadPoolExecutor(max_workers=1)  # one, so that row groups stay in order
        self._busy: Future[None] | None = None

    def add(self, table: pa.Table) -> None:
        """Add rows; the first piece decides the columns."""
        if self._writer is None:
            self._writer = _writer(self.file, table.schema)
        self.rows += table.num_rows
        self._waiting.append(table)
        while sum(each.num_rows for each in self._waiting) >= ROW_GROUP:
            every = pa.concat_tables(self._waiting)
            self._write(self._writer, every.slice(0, ROW_GROUP))
            self._waiting = [every.slice(ROW_GROUP)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._write_rest()
        finally:
            self._hand.shutdown()
            self._close(quietly=kind is not None)

    def _write_rest(self) -> None:
        if self._writer is None:
            return
        left = pa.concat_tables(self._waiting)
        if left.num_rows or not self.rows:
            self._write(self._writer, left)
        self._wait()

    def _close(self, *, quietly: bool) -> None:
        if self._writer is None:
            return
        with suppress(OSError) if quietly else nullcontext():  # a full disk is told of once
            self._writer.close()

    def _write(self, writer: pq.ParquetWriter, table: pa.Table) -> None:
        self._wait()
        # In one piece: where a page ends would otherwise depend on the pieces.
        self._busy = self._hand.submit(writer.write_table, table.combine_chunks(), row_group_size=ROW_GROUP)

    def _wait(self) -> None:
        if self._busy is not None:
            self._busy.result()


def _writer(file: Path, schema: pa.Schema) -> pq.ParquetWriter:
    # Without the Arrow schema, coded columns are read back as the words that they stand for.
    sought = [name for name in schema.names if name in _SOUGHT]
    return pq.ParquetWriter(file, schema, compression="zstd", store_schema=False, write_statistics=sought or True)
