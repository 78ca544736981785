"""Writes and checks delta files with pyarrow, as the measurements of speed ask for.

    pyarrow_delta.py RECORDS VALUES DTYPE

The file RECORDS has the canonical bytes of records: VALUES values of the dtype, and a label of one byte. Reads lines with
the name of a work and of a delta file, and answers each with its seconds:

- `write FILE` writes the delta that adds the records, with their ids, and syncs it;
- `check FILE` reads it, and checks each id, that none is there twice, that values are finite, and that labels are;
- `trust FILE` reads its values, and checks nothing.

It computes on one thread.
"""

import hashlib
import os
import sys
import time

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

TYPES = {"u8": ("uint8", pa.uint8()), "f32": ("<f4", pa.float32())}
# Rows of a group, as many bytes as a delta of this project has.
GROUP = 64 << 20


class Work:
    def __init__(self, path, values, dtype):
        self.values = values
        self.name, self.type = TYPES[dtype]
        self.width = values * numpy.dtype(self.name).itemsize
        self.records = numpy.fromfile(path, dtype=numpy.uint8).reshape(-1, self.width + 1)

    def write(self, path):
        count = len(self.records)
        ids = [hashlib.blake2b(record, digest_size=32).digest() for record in self.records]
        values = numpy.ascontiguousarray(self.records[:, :-1]).reshape(-1).view(self.name)
        table = pa.table(
            {
                "op": pa.array(["add"] * count),
                "id": pa.array(ids, pa.binary(32)),
                "x": pa.FixedSizeListArray.from_arrays(pa.array(values), self.values),
                "y": pa.array(numpy.ascontiguousarray(self.records[:, -1])),
            }
        )
        with open(path, "wb") as file:
            rows = min(GROUP // (self.width + 1), 256 << 10)
            pq.write_table(table, file, row_group_size=rows, compression="zstd", compression_level=1)
            file.flush()
            os.fsync(file.fileno())

    def batches(self, path):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=4096, use_threads=False):
            lists = batch["x"]
            values = lists.flatten().to_numpy(zero_copy_only=False).reshape(len(batch), -1)
            yield batch, values, batch["y"].to_numpy(zero_copy_only=False)

    def check(self, path):
        seen = set()
        for batch, values, labels in self.batches(path):
            if values.dtype.kind == "f":
                assert numpy.isfinite(values).all(), "a value is not finite"
            assert (labels < 256).all(), "a label is out of bounds"
            assert batch["op"].unique().to_pylist() == ["add"], "a row is no addition"
            raw = numpy.concatenate([values.view(numpy.uint8), labels[:, None]], axis=1)
            for record, id in zip(raw, batch["id"].to_pylist(), strict=True):
                assert hashlib.blake2b(record, digest_size=32).digest() == id, "an id is wrong"
                assert id not in seen, "a record is there twice"
                seen.add(id)
        assert len(seen) == len(self.records), "a record is missing"

    def trust(self, path):
        rows = sum(len(batch) + 0 * len(values) for batch, values, _ in self.batches(path))
        assert rows == len(self.records), "a record is missing"


def main():
    pa.set_cpu_count(1)
    work = Work(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    for line in sys.stdin:
        name, path = line.split(maxsplit=1)
        began = time.perf_counter()
        getattr(work, name)(path.strip())
        print(time.perf_counter() - began, flush=True)


main()
