import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b } from "@noble/hashes/blake2.js";
import { Content, LEAF, text, type Reference } from "../src/samples/content.ts";
import { columns, picture, pixels } from "../src/samples/description.ts";
import { isPrivate, usable } from "../src/samples/providers.ts";
import { read } from "../src/samples/rows.ts";

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
const hash = (bytes: Uint8Array): Uint8Array => blake2b(bytes, { dkLen: 32 });
const cid = (codec: number, bytes: Uint8Array): Uint8Array =>
  Uint8Array.of(1, codec, 0xa0, 0xe4, 2, 32, ...hash(bytes));

/** Returns a node of dag-pb with these links. */
function node(children: Uint8Array[]): Uint8Array {
  return Uint8Array.from([
    ...children.flatMap((child) => [0x12, child.length + 4, 0x0a, child.length, ...child, 0x18, 0x01]),
    0x0a,
    2,
    8,
    2,
  ]);
}

/** Returns a file of two and a half leaves, and the blocks that it is made of. */
function file(): { bytes: Uint8Array; blocks: Map<string, Uint8Array>; reference: Reference } {
  const bytes = Uint8Array.from({ length: 2.5 * LEAF }, (_, place) => (place * 7) >> 3);
  const leaves = [0, 1, 2].map((number) => bytes.slice(number * LEAF, (number + 1) * LEAF));
  const root = node(leaves.map((leaf) => cid(0x55, leaf)));
  const blocks = new Map<string, Uint8Array>(leaves.map((leaf) => [text(cid(0x55, leaf)), leaf]));
  blocks.set(text(cid(0x70, root)), root);
  return { bytes, blocks, reference: { digest: hex(hash(root)), codec: "unixfs", size: bytes.length } };
}

function gateway(blocks: Map<string, Uint8Array>) {
  return async (address: string): Promise<Uint8Array> => {
    const [, host, name = ""] = /^http:\/\/(\w+)\/ipfs\/(\w+)\?format=raw$/.exec(address) ?? [];
    const block = blocks.get(name);
    if (host === "down" || block === undefined) throw new Error("it answers with status 404");
    return host === "liar" ? block.with(0, (block[0] ?? 0) ^ 1) : block;
  };
}

test("parts of a tree are those of the file, whoever lies or is away", async () => {
  const { bytes, blocks, reference } = file();
  const content = new Content(
    reference,
    ["http://down", "http://liar", "http://good"],
    gateway(blocks),
    8 << 20,
  );
  for (const [start, end] of [
    [0, 5],
    [LEAF - 3, LEAF + 4],
    [10, 2 * LEAF + 9],
    [2.5 * LEAF - 8, 2.5 * LEAF],
    [7, 7],
  ] as const) {
    assert.deepEqual(
      new Uint8Array(await content.slice(start, end)),
      bytes.slice(start, end),
      `${start} to ${end}`,
    );
  }
  await assert.rejects(content.slice(0, 2.5 * LEAF + 1), /does not have/);
});

test("bytes that do not hash to the reference are never returned", async () => {
  const { blocks, reference } = file();
  const lied = new Content(reference, ["http://liar"], gateway(blocks), 8 << 20);
  await assert.rejects(lied.slice(0, 1), /other bytes than the chain names/);
  await assert.rejects(new Content(reference, [], gateway(blocks), 8 << 20).slice(0, 1), /no provider/);
  await assert.rejects(
    new Content(reference, ["http://good"], gateway(blocks), LEAF).slice(0),
    /too large parts/,
  );
  const longer = new Content(
    { ...reference, size: reference.size + 1 },
    ["http://good"],
    gateway(blocks),
    8 << 20,
  );
  await assert.rejects(longer.all(), /another size/);
  assert.throws(
    () => new Content({ ...reference, codec: "raw" }, [], gateway(blocks), 1),
    /size is not one of its codec/,
  );
  const strange = new TextEncoder().encode("this is no node");
  const broken = new Content(
    { ...reference, digest: hex(hash(strange)) },
    ["http://good"],
    gateway(new Map([[text(cid(0x70, strange)), strange]])),
    8 << 20,
  );
  await assert.rejects(broken.slice(0, 1));
});

test("a page of another machine asks no private provider", () => {
  const inside = [
    "http://127.0.0.1:8080",
    "http://10.1.2.3",
    "http://[::1]:80",
    "http://router",
    "http://router.",
    "http://localhost.:80",
    "http://[::7f00:1]",
    "http://[64:ff9b::7f00:1]",
    "http://nas.local",
    "http://0x7f.1",
    "http://[fe80::1]",
  ];
  const outside = ["https://gateway.example.org", "http://203.0.113.7:8080/"];
  const junk = [
    "javascript:alert(1)",
    "ftp://example.org",
    "http://a:b@example.org",
    "nonsense",
    "http://example.org/?x",
  ];
  assert.deepEqual(usable([...inside, ...outside, ...outside, ...junk], "https://page.example.org/"), [
    "https://gateway.example.org",
    "http://203.0.113.7:8080",
  ]);
  assert.equal(usable(inside, "http://127.0.0.1:8090/#/").length, inside.length);
  assert.ok(
    isPrivate("169.254.169.254") &&
      isPrivate("172.31.0.1") &&
      !isPrivate("172.32.0.1") &&
      !isPrivate("8.8.8.8"),
  );
});

test("pictures are drawn as 'descent dataset sample' draws them", () => {
  const mnist = `{"inputs": [{"column": "image", "dtype": "u8", "shape": [1, 2, 2]}], "target": {"column": "label", "dtype": "u8", "shape": []}, "layers": []}`;
  const [grey] = columns(mnist).inputs;
  assert.ok(grey);
  const form = picture(grey);
  assert.ok(form);
  assert.deepEqual(
    [...pixels([0, 9, 200, 255], grey, form)].filter((_, place) => place % 4 === 1),
    [0, 9, 200, 255],
  );
  const floats = { ...grey, dtype: "f32", shape: [3, 2, 2] };
  const coloured = picture(floats);
  assert.ok(coloured);
  assert.deepEqual(
    [...pixels([-1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0], floats, coloured)].slice(0, 4),
    [0, 255, 128, 255],
  );
  assert.equal(picture({ ...grey, shape: [784] }), null);
  assert.equal(picture({ ...grey, shape: [1, 1, 9] }), null);
  assert.equal(picture({ ...grey, shape: [1, 5000, 5000] }), null);
  assert.throws(() => pixels([1], grey, form), /another number of values/);
  for (const wrong of [
    "{}",
    `{"inputs": []}`,
    `{"inputs": [{"column": 5}]}`,
    `{"inputs": [{"column": "x", "dtype": "u8", "shape": [-1]}]}`,
  ]) {
    assert.throws(() => columns(wrong));
  }
});

test("a file that is no delta is refused", async () => {
  const of = (bytes: number[]) => ({
    byteLength: bytes.length,
    slice: async (start: number, end?: number) => Uint8Array.from(bytes).slice(start, end).buffer,
  });
  const named = columns(
    `{"inputs": [{"column": "x", "dtype": "u8", "shape": []}], "target": {"column": "y", "dtype": "u8", "shape": []}}`,
  );
  for (const bytes of [
    [],
    [1, 2, 3],
    [0, 0, 0, 127, 0x50, 0x41, 0x52, 0x31],
    Array.from("PAR1????PAR1", (sign) => sign.charCodeAt(0)),
  ]) {
    await assert.rejects(read(of(bytes), named, 5, 0.5), bytes.join(" "));
  }
});
