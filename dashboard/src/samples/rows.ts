// Rows of a delta, which is a Parquet file of a stranger.

import { decompress } from "fzstd";
import {
  parquetMetadataAsync,
  parquetReadObjects,
  snappyUncompress,
  type AsyncBuffer,
  type Compressors,
} from "hyparquet";
import type { Column, Columns } from "./description.ts";

/** Limits of delta files, as docs/src/data.md has them. */
const PAGE = 64 << 20;
const FOOTER = 1 << 20;

export type Row = { place: number; op: string; values: Record<string, number[]> };
export type Rows = { rows: Row[]; all: number };

function room(length: number): Uint8Array {
  if (!(length >= 0 && length <= PAGE)) throw new Error("a page of the file is larger than a delta may have");
  return new Uint8Array(length);
}

const compressors: Compressors = {
  ZSTD: (input, length) => decompress(input, room(length)),
  SNAPPY: (input, length) => {
    const output = room(length);
    snappyUncompress(input, output);
    return output;
  },
};

function numbers(value: unknown, { shape, column }: Column): number[] {
  const flat = shape.length === 0 ? [value] : value;
  const length = shape.reduce((product, side) => product * side, 1);
  const isList = Array.isArray(flat) || ArrayBuffer.isView(flat);
  const found = isList ? Array.from(flat as ArrayLike<unknown>, Number) : [];
  if (found.length !== length)
    throw new Error(`a row has another number of values in '${column}' than its shape`);
  return found;
}

/** Reads some rows that follow each other, from a place that `draw`, a number from 0 to 1, gives. */
export async function read(file: AsyncBuffer, columns: Columns, most: number, draw: number): Promise<Rows> {
  const tail = new DataView(await file.slice(Math.max(0, file.byteLength - 8), file.byteLength));
  if (tail.byteLength < 8 || tail.getUint32(0, true) > FOOTER)
    throw new Error("the file is no delta: its footer is not one of Parquet");
  const metadata = await parquetMetadataAsync(file, { initialFetchSize: tail.getUint32(0, true) + 8 });
  // As the committee finds. Another number in the footer would choose the rows that are seen.
  const all = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (!Number.isSafeInteger(all) || all < 1) throw new Error("the file has no rows");
  if (Number(metadata.num_rows) !== all)
    throw new Error("the file is no sound delta: its footer tells another number of rows than it has");
  const rowStart = Math.floor(draw * Math.max(1, all - most + 1));
  const rowEnd = Math.min(all, rowStart + most);
  const named = [...columns.inputs, columns.target];
  const found = await parquetReadObjects({
    file,
    metadata,
    columns: ["op", ...named.map(({ column }) => column)],
    rowStart,
    rowEnd,
    compressors,
  });
  const rows = found.slice(0, most).map((row, number) => {
    const op = String(row["op"]);
    const values =
      op === "add"
        ? named.map((column) => [column.column, numbers(row[column.column], column)] as const)
        : [];
    return {
      place: rowStart + number,
      op: op === "add" ? "add" : "remove",
      values: Object.fromEntries(values),
    };
  });
  return { rows, all };
}
