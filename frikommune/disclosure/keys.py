"""Person keys at intake: a keyed hash in the place of each, made with a secret that is never written.

References:
    RFC 7693 (BLAKE2b and its keyed hashing).
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from frikommune.disclosure.patterns import plain_cpr
from frikommune.errors import BadData

ENVIRONMENT = "FRIKOMMUNE_KEY"
_LEAST_SECRET, _MOST_SECRET = 16, 64
_DIGEST = 16


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret that person keys are made with; never written, never shown.

    Attributes:
        value: At least 16 bytes.

    Raises:
        BadData: It is shorter.
    """

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) < _LEAST_SECRET:
            raise BadData(
                f"The secret for person keys has {len(self.value)} bytes: at least {_LEAST_SECRET} are needed, such as "
                f"32 random ones."
            )


def secret(path: Path | str | None = None) -> Secret:
    """Read the secret for person keys from a file, or else from the environment variable `FRIKOMMUNE_KEY`.

    Args:
        path: File that holds it; white space around it is not part of it.

    Raises:
        BadData: There is none, or it has fewer than 16 bytes.
    """
    if path is None:
        found = os.environ.get(ENVIRONMENT, "").strip().encode()
        where = f"the environment variable {ENVIRONMENT}"
    else:
        found = Path(path).read_bytes().strip() if Path(path).is_file() else b""
        where = f"the file {Path(path).name}"
    if not found:
        raise BadData(
            f"There is no secret for person keys in {where}: put at least {_LEAST_SECRET} random bytes there."
        )
    return Secret(found)


def keyed(values: Iterable[object], secret: Secret) -> list[str | None]:
    """Replace person keys by their keyed hash: BLAKE2b, 16 bytes, as 32 hexadecimal digits.

    A CPR number gives one key however it is written: with separators of any kind or none, as a number, with its
    leading zero lost. Anything else is hashed as it stands, without white space around it. Missing stays missing.

    Args:
        values: The keys as they stand.
        secret: What makes the hash impossible to reverse by trying all CPR numbers.
    """
    key = secret.value if len(secret.value) <= _MOST_SECRET else hashlib.blake2b(secret.value).digest()
    plain = (_normal(each) for each in values)
    return [
        None if each is None else hashlib.blake2b(each.encode(), key=key, digest_size=_DIGEST).hexdigest()
        for each in plain
    ]


def _normal(value: object) -> str | None:
    if value is None or value != value:  # noqa: PLR0124 -- NaN is the one value that differs from itself
        return None
    text = str(value).strip()
    return plain_cpr(text) or text or None
