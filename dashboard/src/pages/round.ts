// One round, live: its phases, its candidates and what the committee found, and why each was paid or not.

import { phases } from "../clock.ts";
import { fields, h, section, table, type Child } from "../dom.ts";
import { amount, score, short, words } from "../format.ts";
import { account, link, tabs } from "../links.ts";
import type { Page } from "../page.ts";
import { readGroup } from "../reads.ts";
import type { Candidate, Explanation, Group, Round, Tally } from "../types.ts";

type Data = { group: Group; round: Round; sentences: string[] };

function bar(round: Round): HTMLElement {
  const parts = phases(round.windows).map((phase) => {
    const meter = h("progress", {
      max: 1,
      value: 0,
      "aria-label": phase.name,
      "data-start": phase.start,
      "data-end": phase.end,
    });
    const current = round.phase === phase.name ? "step" : null;
    return h("li", { "aria-current": current }, h("span", {}, phase.name), meter);
  });
  return h("ol", { class: "phases" }, parts);
}

function tally(tally: Tally | null): Child {
  if (tally === null) return "–";
  const named: [string, number][] = [
    ["hold the claim", tally.matches],
    ["hold another score", tally.mismatches],
    ["could not fetch it", tally.unavailable],
    ["found no checkpoint", tally.invalid],
    ["found it ill-conditioned", tally.ill_conditioned],
  ];
  const said = named.filter(([, number]) => number > 0).map(([what, number]) => `${number} ${what}`);
  return said.length === 0 ? "–" : said.join(", ");
}

function outcome(candidate: Candidate): Child {
  if (candidate.outcome === null) return candidate.reveal === null ? "committed" : "revealed";
  return h("span", { class: `outcome ${candidate.outcome}` }, words(candidate.outcome));
}

export function roundPage(id: number, number: number): Page<Data> {
  return {
    title: ({ group }) => `${group.name}, round ${number}`,
    async load(rpc) {
      const [group, round] = await Promise.all([
        readGroup(rpc, id),
        rpc.call<Round>("training_round", [id, number]),
      ]);
      const sentences = await Promise.all(
        round.candidates.map(async ({ account }) => {
          const told = await rpc.call<Explanation>("training_explain", [id, number, account]);
          return told.sentence;
        }),
      );
      return { group, round: { ...round, block: 0 }, sentences };
    },
    draw({ group, round, sentences }) {
      const rows = round.candidates.map((candidate, place) => [
        account(candidate.account),
        candidate.reveal ? score(candidate.reveal.claim) : "sealed",
        score(candidate.measured),
        outcome(candidate),
        amount(candidate.reward),
        candidate.slashed === "0" ? amount(candidate.deposit) : `${amount(candidate.deposit)}, lost ${amount(candidate.slashed)}`,
        h("span", { class: "sentence" }, tally(candidate.tally)),
        h("span", { class: "sentence" }, sentences[place] ?? ""),
      ]);
      const seats = round.committee.map((member) => {
        const state = member.opened ? "opened" : member.attested ? "attested" : "waiting";
        const title = `${member.account}: ${state}`;
        return h("li", { class: state, title }, h("span", {}, short(member.account)), h("span", {}, state));
      });
      return [
        h("h1", {}, group.name, ", round ", number),
        tabs(group.id, ""),
        h(
          "p",
          { class: "lead" },
          number > 0 && link(`group/${id}/round/${number - 1}`, "← the one before"),
          " ",
          link(`group/${id}/round/${number + 1}`, "the next →"),
        ),
        section(
          "Phases",
          bar(round),
          fields([
            ["phase", round.settled ? "settled" : words(round.phase)],
            [
              "has to beat",
              round.baseline !== null ? score(round.baseline) : round.settled ? "nothing" : "known when it is settled",
            ],
            ["by", score(round.minimum_improvement)],
            ["data set", `version ${round.dataset_version}`],
            ["winner", round.winner === null ? (round.settled ? "nobody" : "not known yet") : account(round.winner)],
          ]),
        ),
        section(
          "Candidates",
          table(
            "Candidates in the order of their commitments",
            ["trainer", "claims", "measured", "outcome", "paid", "deposit", "the committee", "why"],
            rows,
            "Nobody has committed.",
          ),
        ),
        round.committee.length > 0 && section("Committee", h("ul", { class: "committee" }, seats)),
      ];
    },
  };
}
