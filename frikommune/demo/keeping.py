"""Makes a synthetic register where there is none, and keeps the one that is there."""

from collections.abc import Callable
from pathlib import Path

from frikommune.demo.mark import mark_of, read_mark, refuse_others
from frikommune.demo.writing import README, demo


def kept(folder: Path, *, size: float = 1.0, seed: int = 1, progress: Callable[[float], None] | None = None) -> bool:
    """Make the synthetic register of a size and seed in a folder, unless this version has made it there before.

    Args:
        folder: Where it lies.
        size: Ratio of the number of persons to that of size 1.
        seed: Seed of all chance.
        progress: Called with the share that is done.

    Returns:
        Whether it was there already.

    Raises:
        BadData: The folder holds something else.
    """
    refuse_others(folder)
    # The word of warning is written last: without it the register is not whole.
    if read_mark(folder) == mark_of(size=size, seed=seed) and (folder / README).is_file():
        if progress is not None:
            progress(1.0)
        return True
    demo(folder, size=size, seed=seed, progress=progress)
    return False
