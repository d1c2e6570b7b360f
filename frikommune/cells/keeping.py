"""Answers kept from one question to the next, in the data room's own folder; whatever is damaged is made again."""

import hashlib
import os
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
    except FileNotFoundError:
        return None, False
    seal, body = whole[:_DIGEST], whole[_DIGEST:]
    if hashlib.sha256(body).digest() != seal:
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
    part = folder / f"{name}.{os.getpid()}.part"
    part.write_bytes(hashlib.sha256(body).digest() + body)
    part.replace(folder / f"{name}.cells")
