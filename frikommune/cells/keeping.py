"""Answers kept from one question to the next, in the data room's own folder; whatever is damaged is made again."""

import hashlib
import uuid
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc

_DIGEST = hashlib.sha256().digest_size


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
    """Keep an answer: written beside its place and put there when it is whole.

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
    finally:
        part.unlink(missing_ok=True)


def _seal(name: str, body: bytes) -> bytes:
    return hashlib.sha256(name.encode() + body).digest()
