"""SCALE, as far as hashes need it: integers are little-endian, a list is preceded by its length, an option
by a
byte 0 or 1, a variant by its index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, Union

T = TypeVar("T")

Raw = Union[bytes, str]
"""Bytes, or ``0x`` and hexadecimal digits."""


def raw(value: Raw) -> bytes:
    """Returns the bytes of a hash, key or salt, which are encoded without a length."""
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)


def unsigned(number: int, width: int) -> bytes:
    """Returns an integer in ``width`` bytes; raises OverflowError where it does not fit."""
    return number.to_bytes(width, "little")


def u8(number: int) -> bytes:
    return unsigned(number, 1)


def u16(number: int) -> bytes:
    return unsigned(number, 2)


def u32(number: int) -> bytes:
    return unsigned(number, 4)


def u64(number: int) -> bytes:
    return unsigned(number, 8)


def compact(length: int) -> bytes:
    """Returns a length below 2^30, whose two lowest bits say how many bytes it takes."""
    if length < 1 << 6:
        return unsigned(length << 2, 1)
    if length < 1 << 14:
        return unsigned(length << 2 | 1, 2)
    return unsigned(length << 2 | 2, 4)


def listed(encode: Callable[[T], bytes], items: Sequence[T] | Iterable[T]) -> bytes:
    items = list(items)
    return compact(len(items)) + b"".join(encode(item) for item in items)


def option(encode: Callable[[T], bytes], value: T | None) -> bytes:
    return b"\x00" if value is None else b"\x01" + encode(value)


def text(value: str) -> bytes:
    data = value.encode()
    return compact(len(data)) + data
