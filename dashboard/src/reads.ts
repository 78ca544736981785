// Reads that several pages make.

import type { Rpc } from "./rpc.ts";
import type { Group, LogEntry, RoundSummary } from "./types.ts";

/** Rows that are read at a time. */
const PAGE = 100;

/** Returns a group without the block that it was read at, so that a page is drawn anew only where something has changed. */
export function still(group: Group): Group {
  return { ...group, block: 0 };
}

/** Returns a group as {@link still} does. */
export async function readGroup(rpc: Rpc, id: number): Promise<Group> {
  return still(await rpc.call<Group>("training_group", [id]));
}

/** Returns all settled rounds that the chain keeps, the oldest first. */
export async function history(rpc: Rpc, group: number): Promise<RoundSummary[]> {
  const all: RoundSummary[] = [];
  let from = 0;
  for (;;) {
    const page = await rpc.call<RoundSummary[]>("training_history", [group, from, PAGE]);
    all.push(...page);
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return all;
    from = last.round + 1;
  }
}

/** Returns all versions of a group's data set, the oldest first. */
export async function log(rpc: Rpc, group: number): Promise<LogEntry[]> {
  const all: LogEntry[] = [];
  for (;;) {
    const page = await rpc.call<LogEntry[]>("training_datasetLog", [group, all.length + 1, PAGE]);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
