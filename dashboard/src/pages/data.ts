// The versions of a group's data set.

import { command, h, table } from "../dom.ts";
import { account, tabs } from "../links.ts";
import type { Page } from "../page.ts";
import { log, readGroup } from "../reads.ts";
import type { Group, LogEntry } from "../types.ts";

type Data = { group: Group; log: LogEntry[] };

export function dataPage(id: number): Page<Data> {
  return {
    title: ({ group }) => `Data of ${group.name}`,
    async load(rpc) {
      const [group, entries] = await Promise.all([readGroup(rpc, id), log(rpc, id)]);
      return { group, log: entries };
    },
    draw({ group, log }) {
      const rows = log.toReversed().map((entry) => [
        String(entry.version),
        entry.report ? entry.report.records.toLocaleString("en") : "not counted",
        entry.report ? `+${entry.report.added.toLocaleString("en")} −${entry.report.removed.toLocaleString("en")}` : "",
        account(entry.proposer),
        String(entry.from),
        String(entry.block),
      ]);
      return [
        h("h1", {}, group.name),
        tabs(id, "data"),
        table(
          "Versions of the data set",
          ["version", "records", "change", "proposed by", "from round", "in block"],
          rows,
          "There is no data yet.",
        ),
        command(`descent dataset checkout ${id} --out records.parquet`),
      ];
    },
  };
}
