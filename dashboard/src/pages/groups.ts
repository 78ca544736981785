// All groups of the chain.

import { h, table } from "../dom.ts";
import { amount, score } from "../format.ts";
import { link, round } from "../links.ts";
import type { Page } from "../page.ts";
import { still } from "../reads.ts";
import type { Group, Pot } from "../types.ts";

/** Groups that are read at a time, and the most that are shown. */
const PAGE = 100;
const MOST = 1000;

type Data = { groups: Group[]; pots: Pot[]; isCut: boolean };

export const groups: Page<Data> = {
  title: () => "Groups",
  async load(rpc) {
    const groups: Group[] = [];
    for (;;) {
      const page = await rpc.call<Group[]>("training_groups", [groups.length, PAGE]);
      groups.push(...page);
      if (page.length < PAGE || groups.length >= MOST) break;
    }
    const pots = await Promise.all(groups.slice(0, PAGE).map((group) => rpc.call<Pot>("training_pot", [group.id])));
    return { groups: groups.map(still), pots, isCut: groups.length >= MOST };
  },
  draw({ groups, pots, isCut }) {
    const rows = groups.map((group, place) => [
      link(`group/${group.id}`, group.name),
      h("span", { class: "number" }, score(group.head?.score)),
      group.metric,
      group.round === null ? "not begun" : round(group.id, group.round),
      amount(group.stake),
      pots[place] ? amount(pots[place].winner) : "–",
      group.head ? round(group.id, group.head.round) : "–",
    ]);
    return [
      h("h1", {}, "Training groups"),
      h(
        "p",
        { class: "lead" },
        "Each group trains one model, round after round. Whoever publishes the checkpoint with the lowest loss is paid, once a committee of validators has measured it again.",
      ),
      table(
        "Groups",
        ["group", "head", "metric", "takes commitments", "stake", "next round pays", "head won in"],
        rows,
        "There is no group yet: `descent group create` makes one.",
      ),
      isCut && h("p", { class: "none" }, `The first ${MOST} groups are shown.`),
    ];
  },
};
