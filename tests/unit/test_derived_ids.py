"""Derived ids are UUIDv5: the quick way of making them must agree with the standard library's."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.ids import derived_id, encode

NAMESPACE = uuid.UUID("7a9de1d8-52f5-5b8e-9d0b-0d9f6b1c0f11")


@given(st.lists(st.text(max_size=20), max_size=4))
def test_a_derived_id_is_the_uuid5_of_its_cause(cause: list[str]) -> None:
    assert derived_id("evt", *cause) == encode("evt", uuid.uuid5(NAMESPACE, "\x1f".join(("evt", *cause))).int)


@given(st.integers(min_value=0, max_value=2**128 - 1))
def test_the_digits_give_the_number_back(value: int) -> None:
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    read = 0
    for digit in encode("x", value).removeprefix("x_"):
        read = read * 32 + digits.index(digit)
    assert read == value
