"""Ids: a prefix that names the kind, and 26 base-32 digits. Derived ones repeat for their cause."""

import uuid
from hashlib import sha1

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_NAMESPACE = uuid.UUID("7a9de1d8-52f5-5b8e-9d0b-0d9f6b1c0f11").bytes
_LOW_60_BITS = (1 << 60) - 1
_VERSION_5 = 5 << 76 | 2 << 62
_RANDOM_BITS = (1 << 128) - 1 - (15 << 76) - (3 << 62)


def encode(prefix: str, value: int) -> str:
    """Write a 128-bit number as `prefix_` and 26 Crockford base-32 digits."""
    high, low, two = value >> 60, value & _LOW_60_BITS, _PAIRS   # Written out: every document and event has several.
    return (f"{prefix}_{two[high >> 60 & 1023]}{two[high >> 50 & 1023]}{two[high >> 40 & 1023]}{two[high >> 30 & 1023]}"
            f"{two[high >> 20 & 1023]}{two[high >> 10 & 1023]}{two[high & 1023]}{two[low >> 50]}{two[low >> 40 & 1023]}"
            f"{two[low >> 30 & 1023]}{two[low >> 20 & 1023]}{two[low >> 10 & 1023]}{two[low & 1023]}")


def derived_id(prefix: str, *cause: str) -> str:
    """Return the id that follows from its cause: the same words give the same id, on any machine, for ever."""
    name = "\x1f".join((prefix, *cause)).encode()
    digest = sha1(_NAMESPACE + name, usedforsecurity=False).digest()[:16]
    return encode(prefix, int.from_bytes(digest) & _RANDOM_BITS | _VERSION_5)   # a UUIDv5, in half the time
