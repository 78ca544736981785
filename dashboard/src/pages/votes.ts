// Deltas and amendments of a group that are voted on, and those that ended.

import { command, fields, h, section, table, type Child } from "../dom.ts";
import { amount, bytes, part, words } from "../format.ts";
import { account, tabs } from "../links.ts";
import type { Page } from "../page.ts";
import { readGroup } from "../reads.ts";
import type { Amendment, Group, Proposal } from "../types.ts";

type Data = { group: Group; proposals: Proposal[]; amendments: Amendment[] };

function check(proposal: Proposal): string {
  const { check } = proposal;
  if (check === null) return "–";
  if (check.decided !== null) return `found ${words(check.decided.verdict)}`;
  if (check.attempt === null) return "not begun";
  const said = check.verdicts.map(([verdict, number]) => `${number} say ${words(verdict.verdict)}`);
  return said.length === 0 ? `validators check it (${check.committee})` : said.join(", ");
}

function ending(ending: { ending: string; version?: number; from?: number }): string {
  if (ending.version !== undefined) return `${words(ending.ending)}: version ${ending.version}`;
  if (ending.from !== undefined) return `${words(ending.ending)} from round ${ending.from}`;
  return words(ending.ending);
}

function bar(ayes: string, group: Group, needed: number): Child {
  const share = Number((BigInt(ayes) * 1_000_000n) / (BigInt(group.stake) || 1n));
  return [
    h("meter", { min: 0, max: 1_000_000, value: share, optimum: 1_000_000, high: needed, low: needed / 2 }),
    ` ${part(ayes, group.stake)} of all stake`,
  ];
}

export function votesPage(id: number): Page<Data> {
  return {
    title: ({ group }) => `Votes of ${group.name}`,
    async load(rpc) {
      const [group, proposals, amendments] = await Promise.all([
        readGroup(rpc, id),
        rpc.call<Proposal[]>("training_proposals", [id]),
        rpc.call<Amendment[]>("training_amendments", [id]),
      ]);
      return { group, proposals, amendments };
    },
    draw({ group, proposals, amendments }) {
      const open = proposals.filter((proposal) => proposal.ending === null);
      const ended = proposals.filter((proposal) => proposal.ending !== null);
      const majority = (amendment: Amendment): number => (amendment.majority === "two_thirds" ? 666_667 : 500_000);
      return [
        h("h1", {}, group.name),
        tabs(id, "votes"),
        h("p", { class: "lead" }, "Votes close with block ", String(group.closes), "."),
        section(
          "Data that is proposed",
          open.length === 0 && h("p", { class: "none" }, "Nothing is proposed."),
          open.map((proposal) =>
            h(
              "article",
              {},
              h("h3", {}, `Delta ${proposal.id}`),
              h("blockquote", {}, proposal.summary),
              fields([
                ["proposer", account(proposal.proposer)],
                ["approval", bar(proposal.ayes, group, group.quorum)],
                ["check", check(proposal)],
                ["size", bytes(proposal.delta.size)],
                ["deposit", amount(proposal.deposit)],
                ["lost periods", String(proposal.lost)],
              ]),
              command(`descent dataset sample ${id} ${proposal.id} --out records`),
              command(`descent dataset vote ${id} ${proposal.id} --key-file KEY`),
            ),
          ),
        ),
        section(
          "Rules that are proposed",
          amendments.every((amendment) => amendment.ending !== null) &&
            h("p", { class: "none" }, "No change is proposed."),
          amendments
            .filter((amendment) => amendment.ending === null)
            .map((amendment) =>
              h(
                "article",
                {},
                h("h3", {}, `Amendment ${amendment.id}`),
                h("blockquote", {}, amendment.summary),
                fields([
                  ["proposer", account(amendment.proposer)],
                  ["changes", amendment.changes.map(({ change, ...rest }) => h("div", {}, words(change), " ", h("code", {}, JSON.stringify(rest))))],
                  ["approval", bar(amendment.ayes, group, majority(amendment))],
                  ["needs", amendment.majority === "two_thirds" ? "more than 2/3" : "more than 1/2"],
                ]),
                command(`descent amend vote ${id} ${amendment.id} --key-file KEY`),
              ),
            ),
        ),
        section(
          "Ended",
          table(
            "Deltas that ended",
            ["delta", "summary", "proposer", "ending"],
            ended.map((proposal) => [
              String(proposal.id),
              h("span", { class: "sentence" }, proposal.summary),
              account(proposal.proposer),
              proposal.ending === null ? "" : ending(proposal.ending),
            ]),
            "None.",
          ),
          table(
            "Amendments that ended",
            ["amendment", "summary", "proposer", "ending"],
            amendments
              .filter((amendment) => amendment.ending !== null)
              .map((amendment) => [
                String(amendment.id),
                h("span", { class: "sentence" }, amendment.summary),
                account(amendment.proposer),
                amendment.ending === null ? "" : ending(amendment.ending),
              ]),
            "None.",
          ),
        ),
      ];
    },
  };
}
