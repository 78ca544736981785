// Where a round is, at a block.

import type { Clock, Windows } from "./types.ts";

export type Phase = { name: string; start: number; end: number };

/** Returns the phases of a round with the blocks that they begin and end with. */
export function phases(windows: Windows): Phase[] {
  return [
    { name: "commit", ...windows.commit },
    { name: "reveal", ...windows.reveal },
    { name: "attest", ...windows.attest },
    { name: "open", ...windows.open },
  ];
}

/** Returns the block with which a round stops to take commitments. */
export function commitEnd(clock: Clock, round: number): number {
  return clock.start + (round - clock.first + 1) * clock.length;
}

/** Returns the part of a phase that is over at a block, from 0 to 1. */
export function passed(phase: Phase, block: number): number {
  const length = Math.max(1, phase.end - phase.start);
  return Math.min(1, Math.max(0, (block - phase.start) / length));
}
