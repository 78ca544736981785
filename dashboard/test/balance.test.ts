import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, publicKey, storageKey } from "../src/balance.ts";

const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

test("the key of an account is the one that every Substrate chain has", () => {
  const account = publicKey(ALICE);
  assert.ok(account);
  assert.equal(
    storageKey(account),
    "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9" +
      "de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
  );
  for (const text of ["", "5Grwva", `${ALICE}x`, "0OIl"]) assert.equal(publicKey(text), null, text);
});

test("amounts are little-endian, behind the counters", () => {
  const amount = (value: number): string =>
    value.toString(16).padStart(32, "0").match(/../g)?.reverse().join("") ?? "";
  const stored = `0x${"07000000".repeat(4)}${amount(1_000_000)}${amount(513)}${amount(2)}${amount(0)}`;
  assert.deepEqual(decode(stored), { free: "1000000", held: "513", frozen: "2" });
  assert.deepEqual(decode(null), { free: "0", held: "0", frozen: "0" });
});
