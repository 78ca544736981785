"""The draws and scores of Descent: records of a round, seats of a committee, limits, and rounded scores.

``protocol/vectors.json`` has test vectors of all of them.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

from ._scale import Raw, account, raw, u8, u16, u32, u64
from .hashes import Hash

__all__ = [
    "batch",
    "batch_encoding",
    "committee_encoding",
    "committee_weights",
    "condition_limit",
    "departure_limit",
    "dither",
    "drawn_leaf",
    "drawn_leaf_encoding",
    "drawn_segment",
    "perturbation_seed",
    "sample",
    "score",
]

MAX_SCORE = 2**53
"""The largest score, in micro-units."""


def sample(seed: Raw, population: int, count: int) -> list[int]:
    """Returns the sorted positions of the records that a seed draws, each at most once (Floyd's algorithm).

    All of them are drawn where there are no more than ``count``.
    """
    if population <= count:
        return list(range(population))
    stream = _words(raw(seed))
    chosen: set[int] = set()
    for last in range(population - count, population):
        position = _below(stream, last + 1)
        chosen.add(last if position in chosen else position)
    return sorted(chosen)


def _below(stream: Iterator[int], count: int) -> int:
    # Words from the last incomplete multiple of the range on would favour the low numbers.
    fair = 2**64 - 2**64 % count
    return next(word for word in stream if word < fair) % count


def _words(seed: bytes) -> Iterator[int]:
    counter = 0
    while True:
        yield from struct.unpack("<4Q", Hash(seed + u64(counter)))
        counter += 1


def batch_encoding(
    genesis: Raw, group: int, round: int, link: Raw, trainer: Raw, segment: int, step: int
) -> bytes:
    """Returns the bytes whose hash draws the records of a step of a recorded training."""
    of_round = raw(genesis) + u32(group) + u32(round) + raw(link) + account(trainer)
    return b"descent/batch/v1" + of_round + u16(segment) + u16(step)


def batch(
    genesis: Raw,
    group: int,
    round: int,
    link: Raw,
    trainer: Raw,
    segment: int,
    step: int,
    records: int,
    size: int,
) -> list[int]:
    """Returns the sorted positions of the records of a step of a recorded training: ``size`` of ``records``,
    or all where there are not more.

    Args:
        link: the hash of the round's first block.
        trainer: the trainer's account.
    """
    seed = Hash(batch_encoding(genesis, group, round, link, trainer, segment, step))
    return sample(seed, records, size)


def drawn_segment(seed: Raw, submission: Raw, segments: int) -> int:
    """Returns the number of the segment of a submission that a round's seed draws to be replayed."""
    if segments == 0:
        return 0
    return _below(_words(Hash(b"descent/replay/v1" + raw(seed) + raw(submission))), segments)


def departure_limit(seed: Raw, precision: str) -> int:
    """Returns the largest departure of a replay in billionths, for a training in ``f64``, ``f32`` or
    ``bf16``."""
    smallest = {"f64": 100, "f32": 120_000_000, "bf16": 300_000_000}[precision]
    return smallest + (smallest * _first_word(b"descent/departure/v1" + raw(seed), 4) >> 33)


def drawn_leaf_encoding(seed: Raw, keeper: Raw) -> bytes:
    """Returns the bytes whose hash draws the leaf that a check asks of a keeper."""
    return b"descent/custody-leaf/v1" + raw(seed) + account(keeper)


def drawn_leaf(seed: Raw, keeper: Raw, sizes: Sequence[int]) -> tuple[int, int] | None:
    """Returns the leaf that a check asks of a keeper: the place of its content and its own place in it.

    None is drawn where nothing is kept.

    Args:
        sizes: the size in bytes of each content that is kept.
    """
    leaves = [max(-(-size >> 20), 1) for size in sizes]
    if not leaves:
        return None
    rest = _first_word(drawn_leaf_encoding(seed, keeper), 16) % sum(leaves)
    place = 0
    while rest >= leaves[place]:
        rest -= leaves[place]
        place += 1
    return place, rest


def committee_encoding(seed: Raw, seat: int, attempt: int) -> bytes:
    """Returns the bytes whose hash draws a seat."""
    return b"descent/committee/v1" + raw(seed) + u32(seat) + u8(attempt)


def committee_weights(seed: Raw, bonds: Sequence[int], seats: int) -> list[int]:
    """Returns the number of seats of each validator, drawn by bonds; where there are at least as many seats
    as
    validators, each has a weight in proportion to its bond instead."""
    total = sum(bonds)
    if total == 0:
        return [1] * len(bonds)
    if len(bonds) <= seats:
        shift = max(total.bit_length() - 63, 0)
        return [max(bond >> shift, min(bond, 1)) for bond in bonds]
    weights = [0] * len(bonds)
    fair = 2**128 - 2**128 % total
    for seat in range(seats):
        numbers = (
            int.from_bytes(Hash(committee_encoding(seed, seat, attempt))[:16], "little")
            for attempt in range(256)
        )
        unit = next(number for number in numbers if number < fair) % total
        place = 0
        while unit >= bonds[place]:
            unit -= bonds[place]
            place += 1
        weights[place] += 1
    return weights


def _first_word(encoded: bytes, width: int) -> int:
    return int.from_bytes(Hash(encoded)[:width], "little")


def condition_limit(seed: Raw) -> int:
    """Returns the condition above which a checkpoint has no score."""
    return 1000 + (1000 * _first_word(b"descent/condition/v1" + raw(seed), 4) >> 32)


def perturbation_seed(seed: Raw) -> int:
    """Returns the seed that draws the perturbation of a round's checkpoints."""
    return _first_word(b"descent/perturbation/v1" + raw(seed), 8)


def dither(seed: Raw) -> float:
    """Returns the number in [0, 1) that a round adds to its scores before they are rounded down."""
    return _first_word(b"descent/dither/v1" + raw(seed), 4) / 2**32


def score(value: float, seed: Raw | None = None) -> int | None:
    """Returns the score of a measured value in micro-units, or None where it has none.

    With the seed of a round the score is dithered. Without one it is rounded half to even.
    """
    micro = value * 1e6
    if not 0 <= micro < math.inf:
        return None
    rounded = round(micro) if seed is None else math.floor(micro + dither(seed))
    return rounded if rounded <= MAX_SCORE else None
