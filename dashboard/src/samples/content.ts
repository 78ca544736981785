// Content by its address: blocks of gateways, each checked against its CID before it is used.

import { blake2b } from "@noble/hashes/blake2.js";
import { base32nopad } from "@scure/base";

/** Length of a leaf. */
export const LEAF = 1 << 20;
/** The most links of a node. */
const LINKS = 1024;
/** The most bytes of a node: a link takes some 60. */
const NODE = 128 * LINKS;
/** Bytes before the digest in a CIDv1 with a blake2b-256 multihash: version, codec, hash, length. */
const RAW = Uint8Array.of(0x01, 0x55, 0xa0, 0xe4, 0x02, 0x20);
const NODES = Uint8Array.of(0x01, 0x70, 0xa0, 0xe4, 0x02, 0x20);

export type Reference = { digest: string; codec: string; size: number };
/** Fetches at most so many bytes of an address. */
export type Fetch = (address: string, most: number) => Promise<Uint8Array>;

/** Returns the bytes of 0x and hex digits. */
export function unhex(text: string): Uint8Array {
  if (!/^0x([0-9a-f]{2})*$/i.test(text)) throw new Error("this is no hash");
  return Uint8Array.from(text.slice(2).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** Returns a CID as text. */
export function text(cid: Uint8Array): string {
  return `b${base32nopad.encode(cid).toLowerCase()}`;
}

/** Reads the fields of a protobuf message whose fields are numbers and bytes. */
function* protobuf(bytes: Uint8Array): Generator<{ field: number; value: Uint8Array | number }> {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 42; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("a node of the content is cut off");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new Error("a node of the content has a number that is too large");
  };
  while (at < bytes.length) {
    const key = number();
    const [field, kind] = [Math.floor(key / 8), key % 8];
    const value = number();
    if (kind === 0) yield { field, value };
    else if (kind === 2 && at + value <= bytes.length)
      yield { field, value: bytes.subarray(at, (at += value)) };
    else throw new Error("a node of the content is not one of dag-pb");
  }
}

/** Returns the CIDs that a node of dag-pb links to. */
export function links(node: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const { field, value } of protobuf(node)) {
    if (field !== 2 || typeof value === "number") continue;
    for (const part of protobuf(value))
      if (part.field === 1 && typeof part.value !== "number") found.push(part.value);
  }
  return found;
}

/** Content of which parts are read. */
export class Content {
  readonly byteLength: number;
  private readonly root: Uint8Array;
  private readonly leaves: number;
  private readonly blocks = new Map<string, Promise<Uint8Array>>();
  private left: number;

  /** Reads at most `budget` bytes in all. */
  constructor(
    reference: Reference,
    private readonly providers: string[],
    private readonly fetch: Fetch,
    budget: number,
  ) {
    const { digest, codec, size } = reference;
    if (codec !== "raw" && codec !== "unixfs")
      throw new Error("the content has a codec that this page does not know");
    this.root = Uint8Array.of(...(codec === "raw" ? RAW : NODES), ...unhex(digest));
    this.byteLength = size;
    this.leaves = Math.ceil(size / LEAF);
    this.left = budget;
    if ((codec === "raw") !== this.leaves <= 1) throw new Error("the content's size is not one of its codec");
  }

  /** Returns a block that hashes to its CID. */
  private block(cid: Uint8Array, most: number): Promise<Uint8Array> {
    const name = text(cid);
    let block = this.blocks.get(name);
    if (block === undefined) {
      this.left -= most;
      if (this.left < 0) throw new Error("the content has too large parts for a browser");
      block = this.ask(name, cid, most);
      this.blocks.set(name, block);
    }
    return block;
  }

  private async ask(name: string, cid: Uint8Array, most: number): Promise<Uint8Array> {
    let reason = "no provider may be asked";
    for (const provider of this.providers) {
      try {
        const bytes = await this.fetch(`${provider}/ipfs/${name}?format=raw`, most);
        if (isEqual(blake2b(bytes, { dkLen: 32 }), cid.subarray(RAW.length))) return bytes;
        reason = `${provider} sends other bytes than the chain names`;
      } catch (error) {
        reason = `${provider}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    throw new Error(reason);
  }

  /** Returns a leaf. */
  private async leaf(number: number): Promise<Uint8Array> {
    const length = Math.min(LEAF, this.byteLength - number * LEAF);
    let cid = this.root;
    let below = 1;
    while (below < this.leaves) below *= LINKS;
    for (below /= LINKS; this.leaves > 1 && below >= 1; below /= LINKS) {
      const node = links(await this.block(cid, NODE));
      const next = node[Math.floor(number / below) % LINKS];
      const head = below === 1 ? RAW : NODES;
      if (next?.length !== RAW.length + 32 || !isEqual(next.subarray(0, RAW.length), head)) {
        throw new Error("the content is not the balanced tree that the chain asks for");
      }
      cid = next;
    }
    const bytes = await this.block(cid, length);
    if (bytes.length !== length) throw new Error("the content has another size than the chain names");
    return bytes;
  }

  /** Returns the bytes of a range. */
  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    if (!(start >= 0 && start <= end && end <= this.byteLength))
      throw new Error("the file names bytes that it does not have");
    const taken = new Uint8Array(end - start);
    for (let number = Math.floor(start / LEAF); number * LEAF < end; number += 1) {
      const bytes = await this.leaf(number);
      const from = Math.max(0, start - number * LEAF);
      taken.set(bytes.subarray(from, end - number * LEAF), Math.max(0, number * LEAF - start));
    }
    return taken.buffer;
  }

  /** Returns all bytes. */
  async all(): Promise<Uint8Array> {
    return new Uint8Array(await this.slice(0));
  }
}

/** Fetches at most so many bytes, and follows no redirect. */
export async function fetchBytes(address: string, most: number): Promise<Uint8Array> {
  const answer = await fetch(address, {
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
  });
  if (!answer.ok || answer.body === null) throw new Error(`it answers with status ${answer.status}`);
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new Error("it sends more than the content has");
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
