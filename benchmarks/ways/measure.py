"""The fresh process: import one way, answer twice, and write what it took. Runs under any Python, with any packages."""

import json
import resource
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path


def main(way: str, data: str, result: str) -> None:
    """Measure one way on one file and write the result as JSON.

    Args:
        way: Name of a module in this folder, with a function `answer(path)`.
        data: The Parquet file.
        result: Where to write.
    """
    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    answer = import_module(way).answer
    imported = time.perf_counter()
    found = answer(Path(data))
    first = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    took = {"import": imported - begun, "first": first - imported, "gigabytes": peak, "answer": found}
    # Written now, so that the first call counts even when there is no time for a second.
    _write(result, took)
    begun = time.perf_counter()
    answer(Path(data))
    _write(result, took | {"second": time.perf_counter() - begun})


def _write(result: str, took: dict) -> None:
    unfinished = Path(result + ".part")
    unfinished.write_text(json.dumps(took), encoding="utf-8")
    unfinished.replace(result)


if __name__ == "__main__":
    main(*sys.argv[1:])
