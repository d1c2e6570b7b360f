"""The fresh process: import one way, answer twice, and write what it took. Runs under any Python, with any packages."""

import json
import resource
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path

LONG = 30.0  # seconds: whatever takes longer is not asked twice


def main(way: str, data: str, result: str, gigabytes: str = "16") -> None:
    """Measure one way on one file and write the result as JSON.

    Args:
        way: Name of a module in this folder, with a function `answer(path)`; where it also has `ready(path)`, that is
            called before the clock runs, and what it returns is handed to `answer` in place of the path.
        data: The Parquet file.
        result: Where to write.
        gigabytes: Memory that the process may ask for.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (int(gigabytes) * 10**9,) * 2)
    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    module = import_module(way)
    imported = time.perf_counter()
    given = module.ready(Path(data)) if hasattr(module, "ready") else Path(data)
    asked = time.perf_counter()
    found = module.answer(given)
    first = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    took = {"import": imported - begun, "first": first - asked, "gigabytes": peak, "answer": found}
    # Written now, so that the first call counts even when there is no time for a second.
    _write(result, took)
    if took["first"] > LONG:
        return
    begun = time.perf_counter()
    module.answer(given)
    _write(result, took | {"second": time.perf_counter() - begun})


def _write(result: str, took: dict) -> None:
    unfinished = Path(result + ".part")
    unfinished.write_text(json.dumps(took), encoding="utf-8")
    unfinished.replace(result)


if __name__ == "__main__":
    main(*sys.argv[1:])
