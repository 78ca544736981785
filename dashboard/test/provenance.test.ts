import assert from "node:assert/strict";
import { test } from "node:test";
import { began, replay, training } from "../src/provenance.ts";
import type { Content, Recording } from "../src/types.ts";

const CHECKPOINT: Content = { digest: `0x${"5d".repeat(32)}`, codec: "raw", size: 7 };
const RECORDING: Recording = {
  recipe: {
    base: { base: "initial" },
    optimizer: { optimizer: "adam_w" },
    precision: "f32",
    steps: 200,
    batch: 64,
  },
  trace: { root: "0x00", segments: 40 },
  number: 17,
};

test("a recorded training is told in words", () => {
  assert.equal(training(RECORDING), "40 segments of 200 steps of 64 records, in f32 by adam_w");
  assert.match(replay(RECORDING), /segment 17 of 40, which leads to about these weights/);
  const exact = { ...RECORDING, recipe: { ...RECORDING.recipe, precision: "f64" } };
  assert.match(replay(exact), /the same weights/);
});

test("the weights that it began with are named", () => {
  assert.match(began(RECORDING, CHECKPOINT), /initial weights of a seed/);
  const after = {
    ...RECORDING,
    recipe: { ...RECORDING.recipe, base: { base: "checkpoint", checkpoint: CHECKPOINT } },
  };
  assert.equal(began(after, null), "the checkpoint 0x5d5d…d5d5d");
  assert.equal(began(after, CHECKPOINT), "the pretrained checkpoint of the group");
});
