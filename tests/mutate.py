"""Ways to spoil a file, the same each time: what people, programs and networks do to tables, and what malice does."""

import io
import zipfile
from collections.abc import Callable
from random import Random

Spoil = Callable[[bytes, Random], bytes]


def cut(content: bytes, draw: Random) -> bytes:
    """A download that broke off."""
    return content[: draw.randrange(len(content))]


def flip(content: bytes, draw: Random) -> bytes:
    """Bits that fell over."""
    spoiled = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        spoiled[draw.randrange(len(spoiled))] ^= 1 << draw.randrange(8)
    return bytes(spoiled)


def drop(content: bytes, draw: Random) -> bytes:
    """A stretch that went missing."""
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randrange(1, 200) :]


def repeat(content: bytes, draw: Random) -> bytes:
    """A stretch that came twice."""
    start = draw.randrange(len(content))
    end = start + draw.randrange(1, 200)
    return content[:end] + content[start:end] + content[end:]


def zeros(content: bytes, draw: Random) -> bytes:
    """NUL bytes where a disk had none of the data."""
    start = draw.randrange(len(content))
    size = draw.choice((1, 4, 512))
    return content[:start] + bytes(size) + content[start + size :]


def noise(content: bytes, draw: Random) -> bytes:
    """Bytes of something else."""
    start = draw.randrange(len(content))
    return content[:start] + draw.randbytes(draw.randrange(1, 64)) + content[start:]


def extend(content: bytes, draw: Random) -> bytes:
    """Something behind the end."""
    return content + draw.choice((b"\x1a", b"\n\n", bytes(16), draw.randbytes(32), content))


def swap(content: bytes, draw: Random) -> bytes:
    """Two halves the wrong way round."""
    middle = draw.randrange(len(content))
    return content[middle:] + content[:middle]


BYTES: tuple[Spoil, ...] = (cut, flip, drop, repeat, zeros, noise, extend, swap)

NASTY = (
    '=HYPERLINK("http://x";"y")', "=1+1", "+1", "@SUM(A1)", "-2+3", "\t=1", "1e308", "-1e308", "1e309", "NaN", "inf",
    "9" * 400, "0000-00-00", "9999-99-99", "32-13-2020", "275760-09-13", "-271821-04-20", "1900-02-29", "NULL", "\\N",
    "''", "'; DROP TABLE x; --", "{}", "[]", "%s%n", "${x}", "../../x", "\u202eabc", "\ufeff", "\u00a0", "\U0001f600",
    "a" * 5000, "æøåÆØÅ", "\u0000", "1.234,5", "1,234.5", "..", "-", " ", "\x0b", "\x1c", "\u2028",
    "\x85", '"', '""', "'",
)  # fmt: skip


def nasty(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """Values that programs stumble over, in any cell but the heading."""
    for _ in range(draw.randrange(1, 6)):
        row = draw.randrange(1, len(cells))
        cells[row][draw.randrange(len(cells[row]))] = draw.choice(NASTY)
    return cells


def shuffled(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """Columns in another order."""
    order = draw.sample(range(len(cells[0])), len(cells[0]))
    return [[row[n] for n in order] for row in cells]


def doubled(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """A column that is there twice."""
    n = draw.randrange(len(cells[0]))
    return [[*row, row[n]] for row in cells]


def fewer(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """A column that is missing."""
    n = draw.randrange(len(cells[0]))
    return [row[:n] + row[n + 1 :] for row in cells]


def unnamed(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """A heading with a hole, or with something strange in it."""
    cells[0][draw.randrange(len(cells[0]))] = draw.choice(("", " ", *NASTY))
    return cells


def ragged(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """A row that is too long or too short."""
    row = draw.randrange(len(cells))
    cells[row] = draw.choice((cells[row][:-1], [*cells[row], "x"], [*cells[row], ""], []))
    return cells


def bare(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """A heading without rows, rows without a heading, or nothing."""
    return draw.choice((cells[:1], cells[1:], [], [[""] * 3, *cells], [[], *cells, []]))


def huge(cells: list[list[str]], draw: Random) -> list[list[str]]:
    """A value of more characters than anybody meant."""
    row = draw.randrange(len(cells))
    cells[row][0] = "x" * draw.choice((130_000, 140_000, 300_000))
    return cells


CELLS = (nasty, nasty, shuffled, doubled, fewer, unnamed, ragged, bare, huge)


def repacked(content: bytes, draw: Random) -> bytes:
    """A workbook with one part spoiled, missing or blown up, in a sound zip file."""
    parts = zipfile.ZipFile(io.BytesIO(content))
    names = parts.namelist()
    chosen = draw.choice(names)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            part = parts.read(name)
            if name != chosen:
                packed.writestr(name, part)
            elif kind := draw.randrange(5):
                packed.writestr(name, _spoiled(part, kind, draw))
    return out.getvalue()


def _spoiled(part: bytes, kind: int, draw: Random) -> bytes:
    if kind == 1:
        return part + b" " * 20_000_000
    if kind == 2:
        evil = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 100 + b'">]>'
        return evil + part
    return draw.choice(BYTES)(part, draw)
