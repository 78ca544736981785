import assert from "node:assert/strict";
import { test } from "node:test";
import { passed, phases } from "../src/clock.ts";

test("phases pass from their first block to their last", () => {
  const windows = {
    commit: { start: 6, end: 20 },
    seed: 20,
    reveal: { start: 21, end: 25 },
    attest: { start: 25, end: 30 },
    open: { start: 30, end: 32 },
    settle: 32,
  };
  const [commit, reveal] = phases(windows);
  assert.ok(commit && reveal);
  assert.equal(passed(commit, 6), 0);
  assert.equal(passed(commit, 13), 0.5);
  assert.equal(passed(commit, 99), 1);
  assert.equal(passed(reveal, 6), 0);
});
