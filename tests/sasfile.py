"""Writes a SAS file for the tests: ReadStat can, and pyreadstat carries it, but offers no function for it."""

import ctypes
from pathlib import Path

import pyreadstat
import pytest

_NUMBER, _TEXT = 5, 0  # READSTAT_TYPE_DOUBLE, READSTAT_TYPE_STRING


def write_sas(path: Path, rows: list[tuple[float, float, str]]) -> None:
    """Write a file with a number `kode`, a date `dato` [days since 1960] and a text `navn`; skip where none can be."""
    found = sorted(Path(pyreadstat.__file__).parent.glob("_readstat_writer*.so"))
    library = ctypes.CDLL(str(found[0])) if found else None
    if not hasattr(library, "readstat_begin_writing_sas7bdat"):
        pytest.skip("this build of pyreadstat does not show ReadStat's writer of SAS files")
    assert library is not None
    with path.open("wb") as sink:
        _write(library, rows, sink.write)


def _write(library: ctypes.CDLL, rows: list[tuple[float, float, str]], sink: object) -> None:
    pointer = ctypes.c_void_p
    library.readstat_writer_init.restype = library.readstat_add_variable.restype = pointer
    callback = ctypes.CFUNCTYPE(ctypes.c_ssize_t, pointer, ctypes.c_size_t, pointer)(
        lambda data, size, _: sink(ctypes.string_at(data, size))  # type: ignore[operator]
    )
    writer = pointer(library.readstat_writer_init())
    library.readstat_set_data_writer(writer, callback)
    kinds = ((b"kode", _NUMBER, 0), (b"dato", _NUMBER, 0), (b"navn", _TEXT, 20))
    kode, dato, navn = (
        pointer(library.readstat_add_variable(writer, name, kind, ctypes.c_size_t(width)))
        for name, kind, width in kinds
    )
    library.readstat_variable_set_format(dato, b"DATE9")
    library.readstat_begin_writing_sas7bdat(writer, None, ctypes.c_long(len(rows)))
    for number, day, text in rows:
        library.readstat_begin_row(writer)
        library.readstat_insert_double_value(writer, kode, ctypes.c_double(number))
        library.readstat_insert_double_value(writer, dato, ctypes.c_double(day))
        library.readstat_insert_string_value(writer, navn, text.encode())
        library.readstat_end_row(writer)
    assert library.readstat_end_writing(writer) == 0
    library.readstat_writer_free(writer)
