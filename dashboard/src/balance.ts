// The balance of an account, as the chain's storage has it.

import { blake2b } from "@noble/hashes/blake2.js";
import { base58 } from "@scure/base";
import type { Rpc } from "./rpc.ts";

/** The twox-128 hashes of `System` and `Account`, with which the keys of all accounts begin. */
const ACCOUNTS = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9";
/** Bytes of the nonce and three counters, which come before the amounts. */
const BEFORE = 16;
/** Bytes of an amount. */
const AMOUNT = 16;

export type Balance = { free: string; held: string; frozen: string };

/** Returns the 32 bytes of an account; null if the text is no address of one. */
export function publicKey(address: string): Uint8Array | null {
  let bytes: Uint8Array;
  try {
    bytes = base58.decode(address);
  } catch {
    return null;
  }
  // One byte of prefix, and two of a checksum.
  return bytes.length === 35 ? bytes.subarray(1, 33) : null;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the key of an account's balance. */
export function storageKey(account: Uint8Array): string {
  return `${ACCOUNTS}${hex(blake2b(account, { dkLen: 16 }))}${hex(account)}`;
}

/** Reads a balance; null, which is what the chain has of an account without money, is none. */
export function decode(stored: string | null): Balance {
  const amount = (place: number): string => {
    const start = 2 + 2 * (BEFORE + place * AMOUNT);
    const bytes = stored?.slice(start, start + 2 * AMOUNT).match(/../g) ?? [];
    return String(BigInt(`0x${bytes.reverse().join("") || "0"}`));
  };
  return { free: amount(0), held: amount(1), frozen: amount(2) };
}

/** Reads the balance of an account; null if the text is no address of one. */
export async function readBalance(rpc: Rpc, address: string): Promise<Balance | null> {
  const account = publicKey(address);
  return account === null
    ? null
    : decode(await rpc.call<string | null>("state_getStorage", [storageKey(account)]));
}
