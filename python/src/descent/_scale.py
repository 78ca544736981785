"""SCALE, as far as hashes need it: integers are little-endian, a list is preceded by its length, an option
by a
byte 0 or 1, a variant by its index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, Union

T = TypeVar("T")

Raw = Union[bytes, str]
"""Bytes, or ``0x`` and hexadecimal digits."""


def raw(value: Raw) -> bytes:
    """Returns the bytes of a hash, key or salt, which are encoded without a length."""
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def account(value: Raw) -> bytes:
    """Returns the 32 bytes of an account's public key, which a text may also give as an SS58 address.

    Raises ValueError where the text is no address.
    """
    if isinstance(value, bytes) or value.startswith("0x"):
        return raw(value)
    number = 0
    for digit in value:
        number = number * 58 + _BASE58.index(digit)
    # A byte for the network, the key, and a checksum of two bytes.
    decoded = number.to_bytes(35, "big") if number < 1 << 280 else b""
    checked = hashlib.blake2b(b"SS58PRE" + decoded[:33], digest_size=64).digest()
    if not decoded or decoded[33:] != checked[:2]:
        raise ValueError(f"{value} is no address of an account")
    return decoded[1:33]


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


def bytestring(data: bytes) -> bytes:
    return compact(len(data)) + data


def text(value: str) -> bytes:
    return bytestring(value.encode())
