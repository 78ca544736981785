import assert from "node:assert/strict";
import { test } from "node:test";
import { split } from "../src/address.ts";

test("the address names a page and a node", () => {
  assert.deepEqual(split("#/group/3/round/7"), { path: "group/3/round/7", node: null });
  assert.deepEqual(split("#/money?node=wss://rpc.example.org"), { path: "money", node: "wss://rpc.example.org" });
  assert.deepEqual(split(""), { path: "", node: null });
});
