"""The limit: a bare GROUP BY of DuckDB over the same columns of the same file."""

from pathlib import Path

import duckdb


def answer(path: Path) -> dict[str, float]:
    """Return how many rows and cells there are."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    sql = "SELECT kommune_kode, month, count(y) AS n, sum(y), sum(y * y) FROM read_parquet(?) GROUP BY ALL"
    found = connection.execute(sql, [str(path)]).fetchall()
    return {"value": float(sum(n for _, _, n, _, _ in found)), "cells": len(found)}
