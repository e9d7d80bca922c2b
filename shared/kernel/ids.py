"""Ids: a prefix that names the kind, and 26 base-32 digits. Derived ones repeat for their cause."""

import uuid

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_NAMESPACE = uuid.UUID("7a9de1d8-52f5-5b8e-9d0b-0d9f6b1c0f11")


def encode(prefix: str, value: int) -> str:
    """Write a 128-bit number as `prefix_` and 26 Crockford base-32 digits."""
    digits = [""] * 26
    for place in range(25, -1, -1):
        digits[place] = _DIGITS[value & 31]
        value >>= 5
    return f"{prefix}_{''.join(digits)}"


def derived_id(prefix: str, *cause: str) -> str:
    """Return the id that follows from its cause: the same words give the same id, on any machine, for ever."""
    return encode(prefix, uuid.uuid5(_NAMESPACE, "\x1f".join((prefix, *cause))).int)
