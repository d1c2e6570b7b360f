"""What is packed inside a text: base64 and base32, compressed bytes, and the words inside PNG files."""

import base64
import binascii
import re
import unicodedata
import zlib
from collections.abc import Iterator

_PACKED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[2-7][0-9A-Fa-f]){9,}(?![0-9A-Za-z])")
_BASE32 = re.compile(r"(?<![0-9A-Za-z])[A-Z2-7]{16,}(?![0-9A-Za-z])")
_DIGEST = re.compile(r"\s*[0-9A-Fa-f\s]+")
_DATA_URI = re.compile(r"data:[\w/+.;=-]*;base64,([A-Za-z0-9+/_=%\s-]+)")
_PLAIN_URI = re.compile(r"data:[\w/+.=-]*(?:;(?!base64)[\w=-]+)*,([^\"'\s>)]+)")
_PNG = b"\x89PNG\r\n\x1a\n"
_WORDS = {b"tEXt", b"zTXt", b"iTXt", b"eXIf"}
_PRINTED = re.compile(rb"[\x20-\x7e\n\r\t]{9,}")
_WHOLE = re.compile(r"\s*(?:[A-Za-z0-9+/_=-]{60,}\s+)*[A-Za-z0-9+/_=-]{60,}(?:\s+[A-Za-z0-9+/_=-]+)?\s*")
_MOST = 50_000_000  # bytes: what unpacks to more is no text for a page


def unpacked(text: str) -> Iterator[str]:
    """Yield what is packed in a text: whole texts, and the printable parts of anything else.

    Args:
        text: A text or attribute; base64 in it, also broken over lines, is unpacked.
    """
    for found in _PLAIN_URI.finditer(text):
        yield found[1]
    whole = [re.sub(r"\s|%0[aAdD]", "", found[1]) for found in _DATA_URI.finditer(text)]
    joined = re.sub(r"\s+", "", text)
    lone = [joined] if _PACKED.fullmatch(joined) else []
    for packed in dict.fromkeys([*whole, *lone, *_PACKED.findall(_DATA_URI.sub(" ", text))]):
        content = _decoded(packed)
        if content:
            yield from printed(content)
    for packed in _HEX.findall(text):
        content = bytes.fromhex(packed)
        if _PRINTED.fullmatch(content):
            yield content.decode("ascii")
    for packed in _BASE32.findall(text):
        content = _decoded32(packed)
        if _PRINTED.fullmatch(content):
            yield content.decode("ascii")


def around(text: str) -> str:
    """Return a text without what is packed in it whole: base64 has slashes and digits that mean nothing."""
    plain = _DATA_URI.sub(" ", text)
    return "" if _WHOLE.fullmatch(plain) and not _DIGEST.fullmatch(plain) else plain


def printed(content: bytes) -> Iterator[str]:
    """Yield the texts in some bytes: all of a text, the words of a PNG file, what compressed bytes hold."""
    if content.startswith(_PNG):
        yield from _png(content)
        return
    if content.count(0) * 3 > len(content):  # UTF-16
        content = content.replace(b"\0", b"")
    inner = _inflated(content)
    if inner:
        yield from printed(inner)
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and not any(unicodedata.category(each) == "Cc" and not each.isspace() for each in text):
        yield text
    else:
        yield from (found.decode("ascii") for found in _PRINTED.findall(content))


def _decoded(packed: str) -> bytes:
    plain = packed.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


def _decoded32(packed: str) -> bytes:
    try:
        return base64.b32decode(packed + "=" * (-len(packed) % 8))
    except binascii.Error:
        return b""


def _inflated(content: bytes) -> bytes:
    for start, window in ((b"\x1f\x8b", 31), (b"\x78", 15)):
        if content.startswith(start):
            try:
                return zlib.decompressobj(window).decompress(content, _MOST)
            except zlib.error:
                return b""
    return _bare(content)


def _bare(content: bytes) -> bytes:
    """Inflate bytes without a header; chance has some of them begin well, but not end well and be a text."""
    reader = zlib.decompressobj(-15)
    try:
        plain = reader.decompress(content, _MOST)
    except zlib.error:
        return b""
    return plain if reader.eof and not reader.unused_data and _PRINTED.match(plain[:9]) else b""


def _png(content: bytes) -> Iterator[str]:
    """Yield the words of a PNG file, and whatever stands after its end."""
    at = len(_PNG)
    while at + 12 <= len(content):
        length, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        part = content[at + 8 : at + 8 + length]
        if name in _WORDS:
            yield from _chunk(name, part)
        at += 12 + length
        if name == b"IEND":
            break
    yield from (found.decode("ascii") for found in _PRINTED.findall(content[at:]))


def _chunk(name: bytes, part: bytes) -> Iterator[str]:
    yield part.decode("utf-8", errors="replace").replace("\x00", " ")
    if name != b"tEXt":
        packed = part.find(b"\x78", part.find(b"\x00"))
        yield _inflated(part[packed:]).decode("utf-8", errors="replace") if packed > 0 else ""
