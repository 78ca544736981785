import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, bytes, duration, part, score, share, short } from "../src/format.ts";

test("amounts are in NRN with as many decimals as matter", () => {
  assert.equal(amount("150000000000000"), "150 NRN");
  assert.equal(amount("2500000000000"), "2.5 NRN");
  assert.equal(amount("1000015246000000000000"), "1,000,015,246 NRN");
  assert.equal(amount("1234567890123456"), "1,235 NRN");
  assert.equal(amount("1000000"), "0.000001 NRN");
  assert.equal(amount("0"), "0 NRN");
  assert.equal(amount("<b>"), "<b>", "what is no number stays what it is");
});

test("scores, parts, sizes and durations", () => {
  assert.equal(score(67036), "0.067036");
  assert.equal(score(null), "–");
  assert.equal(share(200000), "20%");
  assert.equal(share(1), "0%");
  assert.equal(part("1", "3"), "33.33%");
  assert.equal(part("1", "0"), "0%");
  assert.equal(bytes(383), "383 bytes");
  assert.equal(bytes(1079155), "1.0 MiB");
  assert.equal(duration(14), "42 s");
  assert.equal(duration(201600), "7 days");
  assert.equal(short("5FUaLrgoSxRXxLZDnnjx7UFRkgMeXwussobychWguNW4U3QG"), "5FUaLr…4U3QG");
});
