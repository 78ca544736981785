// The standings of a group.

import { h, table } from "../dom.ts";
import { amount, score } from "../format.ts";
import { account, tabs } from "../links.ts";
import type { Page } from "../page.ts";
import { readGroup } from "../reads.ts";
import type { Group, Standing } from "../types.ts";

const MOST = 100;

type Data = { group: Group; standings: Standing[] };

export function trainersPage(id: number): Page<Data> {
  return {
    title: ({ group }) => `Trainers of ${group.name}`,
    async load(rpc) {
      const [group, standings] = await Promise.all([
        readGroup(rpc, id),
        rpc.call<Standing[]>("training_leaderboard", [id, null, 0, MOST]),
      ]);
      return { group, standings };
    },
    draw({ group, standings }) {
      const rows = standings.map((standing, place) => [
        String(place + 1),
        account(standing.account),
        String(standing.wins),
        String(standing.rounds),
        score(standing.best),
        amount(standing.earned),
        amount(standing.slashed),
      ]);
      return [
        h("h1", {}, group.name),
        tabs(id, "trainers"),
        table(
          "Trainers: most rounds won first, then the best score",
          ["", "trainer", "won", "rounds", "best", "earned", "lost"],
          rows,
          "Nobody has a settled round yet.",
        ),
      ];
    },
  };
}
