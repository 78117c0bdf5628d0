"""The wire format of protocol buffers, as far as a sentencepiece model needs it
(https://protobuf.dev/programming-guides/encoding)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = int | bytes

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MOST_BITS = 64


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Yield number and value of each field in their order: numbers as unsigned int, everything else as its
    bytes.

    Raises `ValueError` for what is no message.
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise ValueError("a field has number 0")
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if kind == _LENGTH:
            length, place = _varint(message, place)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"a field is of the unknown kind {kind}")
        if length > len(message) - place:
            raise ValueError("a field is cut off")
        yield number, message[place : place + length]
        place += length


def as_bytes(value: Value) -> bytes:
    """Return the bytes of a field; raises `ValueError` for a number."""
    if isinstance(value, int):
        raise ValueError("a number where text is expected")  # noqa: TRY004 (the file's fault, not the caller's)
    return value


def as_text(value: Value) -> str:
    """Return the text of a field; raises `ValueError` if it is not one."""
    return as_bytes(value).decode()


def as_int(value: Value) -> int:
    """Return a whole number, with its sign; raises `ValueError` if it is not one."""
    if not isinstance(value, int):
        raise ValueError("text where a number is expected")  # noqa: TRY004
    return value - (1 << _MOST_BITS) if value >> (_MOST_BITS - 1) else value


def as_float(value: Value) -> float:
    """Return a float32; raises `ValueError` if it is not one."""
    if len(as_bytes(value)) != 4:
        raise ValueError("a float has not four bytes")
    return float(struct.unpack("<f", as_bytes(value))[0])


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, _MOST_BITS, 7):
        if place >= len(message):
            raise ValueError("a number is cut off")
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << _MOST_BITS) - 1), place
    raise ValueError("a number has more than 64 bits")
