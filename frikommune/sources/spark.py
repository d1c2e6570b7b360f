"""Tables that a Spark cluster counts; pyspark is needed only here, and only when a cluster is named."""

from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import ibis
from ibis.expr.types import Table

from frikommune.errors import BadData
from frikommune.sources.columns import check_names

SCHEMES = ("spark", "sc")
_LOCAL = "spark://local"


def spark_table(url: str, table: str | None) -> Table:
    """Return a table of a Spark cluster where it lies; not a value of it is read.

    Args:
        url: `sc://host:15002` (Spark Connect), `spark://host:7077` (a cluster of its own), or `spark://local` (this
            machine). A session that is already there in this process is used, so that YARN, Kubernetes and
            Databricks work as they are set up.
        table: Name in the catalogue (`name` or `database.name`), or the path of a Parquet folder that the cluster sees.

    Raises:
        BadData: pyspark is not installed, the cluster does not answer, or there is no such table.
    """
    if table is None:
        raise BadData("A Spark cluster holds many tables: say which one with table=, by name or by path of Parquet.")
    session = _session(url)
    backend = ibis.pyspark.connect(session)  # Ibis loads this part of itself here, and it needs pyspark
    where = f"{urlsplit(url).scheme}://{urlsplit(url).hostname}"
    try:
        found = backend.read_parquet(table) if "/" in table else backend.table(*_named(table))
    except Exception:  # noqa: BLE001 -- Spark raises whatever the cluster raised; its message may repeat paths and users
        raise BadData(f"{where} has no table {table}, or it cannot be read: name one that it has.") from None
    check_names(found.columns, where)
    return found


def _session(url: str) -> Any:  # noqa: ANN401 -- pyspark may not be there
    try:
        spark = import_module("pyspark.sql")
    except ImportError:
        raise BadData("To count on a Spark cluster, install pyspark (and Java): pip install pyspark.") from None
    builder = spark.SparkSession.builder
    there = spark.SparkSession.getActiveSession()
    if there is not None:
        return there
    named = builder.remote(url) if url.startswith("sc://") else builder.master("local[*]" if url == _LOCAL else url)
    try:
        return named.appName("frikommune").getOrCreate()
    except Exception:  # noqa: BLE001 -- as above
        raise BadData(f"The Spark cluster of {urlsplit(url).hostname} does not answer: is it there?") from None


def _named(table: str) -> tuple[str, ...]:
    database, _, name = table.rpartition(".")
    return (name, database) if database else (name,)
