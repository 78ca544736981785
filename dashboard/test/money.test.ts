import assert from "node:assert/strict";
import { test } from "node:test";
import { forecast } from "../src/forecast.ts";
import type { Emission } from "../src/types.ts";

const EMISSION: Emission = {
  block: 0,
  era: 0,
  next_halving: 1000,
  issuance: "1000000000000000",
  genesis: "1000000000000000",
  minted: "0",
  burned: "0",
  stake: "0",
  streams: [{ stream: "trainers", period: 100, since: 0, emission: "10000000000000", flown: "0" }],
};

test("each era mints half of what the one before did", () => {
  const points = forecast(EMISSION);
  assert.deepEqual(points.slice(0, 3), [
    { block: 0, issuance: 1000 },
    { block: 1000, issuance: 1100 },
    { block: 2000, issuance: 1150 },
  ]);
  assert.ok(points.every(({ issuance }) => issuance < 1200));
  assert.deepEqual(forecast({ ...EMISSION, next_halving: null }), []);
});
