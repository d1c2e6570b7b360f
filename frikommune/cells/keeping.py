"""Answers kept from one question to the next, in the data room's own folder; whatever is damaged is made again."""

import hashlib
import time
import uuid
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc

MOST = 256 * 2**20  # bytes kept in one folder: thousands of answers
_DIGEST = hashlib.sha256().digest_size
_ABANDONED = 3600.0  # seconds: no answer takes so long to be written


def key(parts: Sequence[str]) -> str:
    """Return the name under which an answer is kept.

    Args:
        parts: Everything that it depends on.
    """
    told = hashlib.sha256()
    for each in parts:
        told.update(f"{len(each.encode())}:".encode() + each.encode())
    return told.hexdigest()


def kept_answer(folder: Path, name: str) -> tuple[pa.Table | None, bool]:
    """Return the answer that is kept under a name, if any, and whether what was there is damaged."""
    try:
        whole = (folder / f"{name}.cells").read_bytes()
    except OSError:  # there is none, or it is another user's
        return None, False
    seal, body = whole[:_DIGEST], whole[_DIGEST:]
    if _seal(name, body) != seal:
        return None, True
    return ipc.open_file(pa.BufferReader(body)).read_all(), False


def keep(folder: Path, name: str, answer: pa.Table) -> None:
    """Keep an answer: written beside its place and put there when it is whole; the oldest make room for it.

    Raises:
        OSError: It cannot be written there.
    """
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, answer.schema) as writer:
        writer.write_table(answer)
    body = sink.getvalue().to_pybytes()
    # Threads, and machines that share a drive, may keep the same answer at once.
    part = folder / f"{name}.{uuid.uuid4().hex}.part"
    try:
        part.write_bytes(_seal(name, body) + body)
        part.replace(folder / f"{name}.cells")
        _make_room(folder)
    finally:
        part.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    """Drop what was kept first, down to the limit, and what a process that was killed left half written."""
    left = [each for each in folder.glob("*.part") if _written(each)[0] < time.time() - _ABANDONED]
    kept = sorted(folder.glob("*.cells"), key=_written, reverse=True)
    sizes = accumulate(_written(each)[1] for each in kept)
    for each in (*left, *(each for each, so_far in zip(kept, sizes, strict=True) if so_far > MOST)):
        each.unlink(missing_ok=True)


def _written(file: Path) -> tuple[float, int]:
    """Return when a file was written, and its length; another process may have dropped it."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return 0.0, 0
    return found.st_mtime, found.st_size


def _seal(name: str, body: bytes) -> bytes:
    return hashlib.sha256(name.encode() + body).digest()
