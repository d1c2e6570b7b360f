"""Which encoding a text file is in, found from all of its bytes, and the file as UTF-8.

Only a file that is not UTF-8 is written again, in a stream; no more than a megabyte is in memory at a time.
"""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from frikommune.errors import BadData
from frikommune.sources.workspace import temporary

_CHUNK = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with byte-order mark",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
}
# The bytes that cp1252 leaves undefined: with them, a file of one byte a character is ISO 8859-1.
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_UTF8_PAIR = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")
# In UTF-16 text of a European language, about every second byte is NUL.
_WIDE = 0.3


@dataclass(frozen=True, slots=True)
class Text:
    """A text file as UTF-8.

    Attributes:
        path: Where it lies: the file itself, or a temporary one.
        copied: Whether it is a temporary one.
        encoding: The encoding found, in words.
        lines: Its lines.
    """

    path: Path
    copied: bool
    encoding: str
    lines: "Lines"


@dataclass(frozen=True, slots=True)
class Lines:
    """What the lines of a text file are, counted without parsing it.

    Attributes:
        filled: Lines that hold anything.
        blank: Lines that hold nothing.
        ends: The line ends found.
        quoted: Whether there is a quotation mark anywhere.
    """

    filled: int
    blank: int
    ends: frozenset[bytes]
    quoted: bool


def file_digest(path: Path) -> str:
    """Return the SHA-256 of the bytes of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def as_utf8(path: Path) -> Text:
    """Find the encoding of a text file, and write it again as UTF-8 if it is in another.

    Raises:
        BadData: It holds NUL characters, is cut off within a character, or mixes encodings.
    """
    encoding = _encoding(path)
    copied = not encoding.startswith("utf-8")
    target = _transcoded(path, encoding) if copied else path
    return Text(target, copied, _NAMES.get(encoding, encoding), _lines(target, path.name))


def rewritten(text: Text) -> Text:
    """Write a text file again with LF as its only line end, within quotation marks too."""
    target = temporary(".csv")
    with target.open("wb") as sink:
        for chunk in _whole_ends(text.path):
            sink.write(chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    if text.copied:
        text.path.unlink()
    return Text(target, copied=True, encoding=text.encoding, lines=text.lines)


def _encoding(path: Path) -> str:
    with path.open("rb") as handle:
        start = handle.read(_CHUNK)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return _marked_encoding(path, encoding)
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if odd + even > _WIDE * len(start) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    return _narrow_encoding(path)


def _marked_encoding(path: Path, encoding: str) -> str:
    """Return what a byte-order mark promises; UTF-16 is checked when it is written again."""
    if encoding == "utf-8-sig" and _narrow_encoding(path) != "utf-8":
        raise BadData(f"{path.name} says that it is UTF-8 but is not, or is damaged: save it again as UTF-8.")
    return encoding


def _narrow_encoding(path: Path) -> str:
    """Tell UTF-8 from the encodings of one byte a character, by all bytes of the file."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return _single_byte_encoding(path)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if _pairs(path):
            raise BadData(f"{path.name} ends within a character: it was cut off; get it again.") from None
        return _single_byte_encoding(path)
    return "utf-8"


def _single_byte_encoding(path: Path) -> str:
    if _pairs(path):
        raise BadData(f"{path.name} mixes UTF-8 with another encoding, or is damaged: save it again as UTF-8.")
    undefined = any(_NOT_CP1252.search(chunk) for chunk in _chunks(path))
    return "latin-1" if undefined else "cp1252"


def _pairs(path: Path) -> bool:
    """Tell whether any bytes can hardly be anything but UTF-8: as cp1252 they would be such pairs as "Ã¸"."""
    return any(_is_utf8(pair) for chunk in _chunks(path) for pair in _UTF8_PAIR.findall(chunk))


def _is_utf8(pair: bytes) -> bool:
    try:
        pair.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _transcoded(path: Path, encoding: str) -> Path:
    target = temporary(".csv")
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with target.open("wb") as sink:
            for n, chunk in enumerate(_chunks(path)):
                text = decoder.decode(chunk)
                sink.write((text.removeprefix("\ufeff") if n == 0 else text).encode())
            decoder.decode(b"", final=True)
    except UnicodeError:
        target.unlink()
        raise BadData(
            f"{path.name} looks like {_NAMES.get(encoding, encoding)} but is not, or was cut off: save it as UTF-8."
        ) from None
    return target


def _lines(path: Path, name: str) -> Lines:
    """Count lines in a stream; a file in UTF-8 has its line ends at the same bytes whatever else is in it."""
    ends, blank, quoted, nul = {b"\r\n": 0, b"\n": 0, b"\r": 0}, 0, False, 0
    last = b"\n"
    for n, whole in enumerate(_whole_ends(path)):
        chunk = whole.removeprefix(codecs.BOM_UTF8) if n == 0 else whole
        both = chunk.count(b"\r\n")
        ends[b"\r\n"] += both
        ends[b"\n"] += chunk.count(b"\n") - both
        ends[b"\r"] += chunk.count(b"\r") - both
        plain = last + chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        blank += sum(1 for _ in re.finditer(rb"\n(?=\n)", plain))
        quoted, nul, last = quoted or b'"' in chunk, nul + chunk.count(0), plain[-1:]
    if nul:
        raise BadData(f"{name} holds {nul} NUL characters: it is no text file, or is damaged; get it again.")
    total = sum(ends.values()) + (last != b"\n")
    return Lines(total - blank, blank, frozenset(each for each, count in ends.items() if count), quoted)


def _whole_ends(path: Path) -> Iterator[bytes]:
    """Return the chunks of a file so that none ends between CR and LF."""
    held = b""
    for read in _chunks(path):
        chunk = held + read
        held = b"\r" if chunk.endswith(b"\r") else b""
        if ready := chunk.removesuffix(held):
            yield ready
    if held:
        yield held


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            yield chunk
