"""References of content: CIDv1 with a blake2b-256 multihash, over one raw block or a UnixFS tree.

Content of up to 1 MiB is one ``raw`` block. Larger content is a balanced UnixFS file with raw leaves of 1
MiB and
at most 1024 links a node.

>>> of_bytes(b"descent").cid
'bafk2bzacebuhueow7oatfujyfzamtvxzr5io4fxmgoxxqro4gtunbppaxiwd6'
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["LEAF", "LINKS", "Content", "cid_bytes", "decode", "of_bytes", "of_file", "of_stream"]

LEAF = 1 << 20
"""Size of a leaf, in bytes."""

LINKS = 1024
"""Most links of a node."""

_CODECS = {"raw": 0x55, "unixfs": 0x70}
_MULTIHASH = b"\xa0\xe4\x02\x20"


@dataclass(frozen=True)
class Content:
    """A reference: digest of the root block, codec of it, and size of the content in bytes."""

    digest: bytes
    codec: str
    size: int

    @classmethod
    def from_view(cls, view: Any) -> Content:
        """Returns the reference that the RPC or the command line has as a JSON object."""
        return cls(bytes.fromhex(view["digest"].removeprefix("0x")), view["codec"], int(view["size"]))

    @property
    def cid(self) -> str:
        """The CID as text, in base32."""
        return "b" + base64.b32encode(cid_bytes(self.digest, self.codec)).decode().lower().rstrip("=")

    def __str__(self) -> str:
        """Returns ``CID:SIZE``, which the command line takes."""
        return f"{self.cid}:{self.size}"


def cid_bytes(digest: bytes, codec: str = "raw") -> bytes:
    """Returns the bytes of the CID of a block with this digest."""
    return bytes([1, _CODECS[codec]]) + _MULTIHASH + digest


def decode(cid: str) -> tuple[bytes, str]:
    """Returns digest and codec of a CID; raises ValueError where it is not one of Descent's."""
    try:
        data = base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))
    except ValueError as error:
        raise ValueError(f"{cid!r} is no CID in base32") from error
    codecs = [name for name, code in _CODECS.items() if data[1:2] == bytes([code])]
    if cid[:1] != "b" or len(data) != 38 or data[:1] != b"\x01" or data[2:6] != _MULTIHASH or not codecs:
        raise ValueError(f"{cid!r} is not a CIDv1 with a blake2b-256 multihash over raw or dag-pb")
    return data[6:], codecs[0]


def of_bytes(data: bytes) -> Content:
    """Returns the reference of bytes."""
    return of_stream(io.BytesIO(data))


def of_file(path: str | os.PathLike[str]) -> Content:
    """Returns the reference of a file, which is read in pieces of 1 MiB."""
    with Path(path).open("rb") as file:
        return of_stream(file)


@dataclass(frozen=True)
class _Block:
    """A block of a tree: its digest and codec, the content bytes below it, and the bytes of all blocks from
    it
    on."""

    digest: bytes
    codec: str
    size: int
    total: int


def of_stream(stream: BinaryIO) -> Content:
    """Returns the reference of all that is left to read."""
    blocks = [_leaf(_full_read(stream))]
    while data := _full_read(stream):
        blocks.append(_leaf(data))
    while len(blocks) > 1:
        blocks = [_node(blocks[at : at + LINKS]) for at in range(0, len(blocks), LINKS)]
    return Content(blocks[0].digest, blocks[0].codec, blocks[0].size)


def _full_read(stream: BinaryIO) -> bytes:
    """Returns the next leaf: streams may return less than was asked for."""
    data = b""
    while len(data) < LEAF and (more := stream.read(LEAF - len(data))):
        data += more
    return data


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def _leaf(data: bytes) -> _Block:
    return _Block(_digest(data), "raw", len(data), len(data))


def _varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _field(tag: int, data: bytes) -> bytes:
    return bytes([tag]) + _varint(len(data)) + data


def _node(children: list[_Block]) -> _Block:
    """Returns a dag-pb node, links first, over a UnixFS file of these children."""
    size = sum(child.size for child in children)
    below = [(cid_bytes(child.digest, child.codec), child.total) for child in children]
    links = b"".join(
        _field(0x12, _field(0x0A, cid) + _field(0x12, b"") + b"\x18" + _varint(total)) for cid, total in below
    )
    sizes = b"".join(b"\x20" + _varint(child.size) for child in children)
    block = links + _field(0x0A, b"\x08\x02\x18" + _varint(size) + sizes)
    total = len(block) + sum(child.total for child in children)
    return _Block(_digest(block), "unixfs", size, total)
