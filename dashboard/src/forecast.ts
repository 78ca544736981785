// What emission comes to.

import { toNumber } from "./format.ts";
import type { Emission } from "./types.ts";

/** Halvings that the curve shows. */
const ERAS = 8;

/** Returns the issuance at the end of each era from now on, if all that may be minted is. */
export function forecast(emission: Emission): { block: number; issuance: number }[] {
  const { block, next_halving: halving } = emission;
  if (halving === null) return [];
  const perBlock = emission.streams.reduce((sum, stream) => sum + toNumber(stream.emission) / stream.period, 0);
  const length = halving / (emission.era + 1);
  const points = [{ block, issuance: toNumber(emission.issuance) }];
  let rate = perBlock;
  let end = halving;
  for (let era = 0; era < ERAS; era += 1) {
    const last = points.at(-1);
    if (last === undefined) break;
    points.push({ block: end, issuance: last.issuance + rate * (end - last.block) });
    rate /= 2;
    end += length;
  }
  return points;
}
