// Deltas and amendments of a group that are voted on, and those that ended.

import { command, fields, h, section, table, type Child } from "../dom.ts";
import { amount, bytes, part, words } from "../format.ts";
import { account, tabs } from "../links.ts";
import type { Page } from "../page.ts";
import { readGroup } from "../reads.ts";
import type { Rpc } from "../rpc.ts";
import { samples } from "../samples/view.ts";
import type { Amendment, Group, Proposal } from "../types.ts";
import { openVote } from "../voting/dialog.ts";
import { shell, title, type Vote } from "../voting/vote.ts";

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

/** Returns a button that opens the dialogue of a vote. */
function button(vote: Vote, rpc: Rpc): HTMLElement {
  return h("button", { type: "button", click: () => openVote(vote, rpc) }, title(vote));
}

function delta(proposal: Proposal, group: Group, rpc: Rpc): HTMLElement {
  const vote = {
    on: "delta",
    group: group.id,
    name: group.name,
    id: proposal.id,
    summary: proposal.summary,
    aye: true,
  } as const;
  return h(
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
    h("p", {}, button(vote, rpc)),
    command(shell(vote)),
    samples(proposal, group),
  );
}

function amendment(amendment: Amendment, group: Group, rpc: Rpc): HTMLElement {
  const { id, summary, majority } = amendment;
  const vote = { on: "amendment", group: group.id, name: group.name, id, summary, aye: true } as const;
  const needed = majority === "two_thirds" ? 666_667 : 500_000;
  return h(
    "article",
    {},
    h("h3", {}, `Amendment ${id}`),
    h("blockquote", {}, summary),
    fields([
      ["proposer", account(amendment.proposer)],
      [
        "changes",
        amendment.changes.map(({ change, ...rest }) =>
          h("div", {}, words(change), " ", h("code", {}, JSON.stringify(rest))),
        ),
      ],
      ["approval", bar(amendment.ayes, group, needed)],
      ["needs", majority === "two_thirds" ? "more than 2/3" : "more than 1/2"],
    ]),
    h("p", {}, button(vote, rpc), " ", button({ ...vote, aye: false }, rpc)),
    command(shell(vote)),
  );
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
    draw({ group, proposals, amendments }, rpc) {
      const open = proposals.filter((proposal) => proposal.ending === null);
      const ended = proposals.filter((proposal) => proposal.ending !== null);
      const changes = amendments.filter((amendment) => amendment.ending === null);
      const back: Vote = { on: "delta", group: id, name: group.name, id: 0, summary: "", aye: false };
      return [
        h("h1", {}, group.name),
        tabs(id, "votes"),
        h("p", { class: "lead" }, "Votes close with block ", String(group.closes), "."),
        section(
          "Data that is proposed",
          open.length === 0
            ? h("p", { class: "none" }, "Nothing is proposed.")
            : h(
                "p",
                {},
                "An account votes for one delta at a time. There is no vote against one: it needs its quorum. ",
                button(back, rpc),
              ),
          open.map((proposal) => delta(proposal, group, rpc)),
        ),
        section(
          "Rules that are proposed",
          changes.length === 0 && h("p", { class: "none" }, "No change is proposed."),
          changes.map((change) => amendment(change, group, rpc)),
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
