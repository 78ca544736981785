// One group: its loss curve, its rules, its money, and how to take the model home.

import { plot } from "../chart.ts";
import { command, fields, h, section, table, type Child } from "../dom.ts";
import { amount, bytes, count, duration, score, share, words } from "../format.ts";
import { account, round, tabs } from "../links.ts";
import type { Page } from "../page.ts";
import { provenance, readProvenance, type Provenance } from "../provenance.ts";
import { history, log, readGroup } from "../reads.ts";
import type { Custody, Group, Head, LogEntry, OptionalRule, Order, Pot, RoundSummary, Series } from "../types.ts";

type Data = {
  group: Group;
  origin: Provenance;
  history: RoundSummary[];
  retired: Head[];
  log: LogEntry[];
  pot: Pot;
  orders: Order[];
  custody: Custody;
  series: Series;
};

/** Returns a rule that not all groups have, in words. */
export function rule(rule: OptionalRule): string {
  const number = (name: string): number => Number(rule[name] ?? 0);
  switch (rule.rule) {
    case "committee":
      return `committees have ${count(number("seats"), "seat")}`;
    case "ranked_winners":
      return `a round pays its best ${number("winners")} candidates`;
    case "recipe":
      return `checkpoints come with a recorded training of segments of ${number("steps")} steps, ${number("batch")} records each`;
    case "pretrained":
      return "trainings begin with a checkpoint that was there before";
    default:
      return words(rule.rule);
  }
}

function policy(group: Group): string {
  const { on, records } = group.policy;
  const drawn = count(records, "record");
  switch (on) {
    case "training":
      return `${drawn} of the training set, drawn each round`;
    case "validation":
      return `${drawn} of a public validation set, drawn each round`;
    case "hidden":
      return `${drawn} of a hidden test set, whose key is released once trainers are bound`;
    default:
      return `${drawn}: ${words(on)}`;
  }
}

function curve({ group, history, log }: Data): Child {
  const played = history.filter(({ baseline, winner }) => baseline !== null || winner !== null);
  if (played.length === 0) return h("p", { class: "none" }, "No round was won yet.");
  const x = played.map(({ round }) => round);
  const value = (micros: number | null | undefined): number | null =>
    micros === null || micros === undefined ? null : micros / 1e6;
  let head: number | null = null;
  const heads = played.map(({ winner, baseline }) => {
    head = winner ? winner.score : (baseline ?? head);
    return value(head);
  });
  const marks = log
    .filter((entry) => entry.version > 1 && entry.from >= (x[0] ?? 0))
    .map((entry) => ({ x: entry.from, label: `data ${entry.version}` }));
  let model = played[0]?.model_version;
  for (const row of played) {
    if (row.model_version !== model) marks.push({ x: row.round, label: `model ${row.model_version}` });
    model = row.model_version;
  }
  const lines = [
    { label: `${group.metric} of the head`, colour: "--accent", values: heads, steps: true },
    { label: "won", colour: "--good", values: played.map(({ winner }) => value(winner?.score)), dots: true },
  ];
  return plot({ title: `The ${group.metric} of the head over the rounds`, unit: "round", x, lines, marks });
}

function lastRounds({ group, history }: Data): HTMLElement {
  const rows = history
    .slice(-12)
    .reverse()
    .map((row) => [
      round(group.id, row.round),
      row.winner ? account(row.winner.account) : "nobody",
      score(row.winner?.score),
      score(row.baseline),
      `${row.reveals} of ${row.commitments}`,
      row.winner ? amount(row.winner.reward) : "–",
    ]);
  return table(
    "The last settled rounds",
    ["round", "won by", "measured", "had to beat", "revealed", "paid"],
    rows,
    "No round is settled yet.",
  );
}

function rules(group: Group): [string, Child][] {
  const { clock } = group;
  return [
    ["owner", account(group.owner)],
    ["measured on", policy(group)],
    ["improvement asked for", score(group.minimum_improvement)],
    ["target", group.target === null ? "none" : score(group.target)],
    [
      "a round takes",
      `${duration(clock.length)}: then ${duration(clock.reveal)} to reveal, ${duration(clock.attest)} to measure, ${duration(clock.open)} to open`,
    ],
    ["smallest deposit", amount(group.deposit)],
    ["shares", `${share(group.shares.validators)} to the committee, ${share(group.shares.keepers)} to keepers`],
    ["votes close", `every ${duration(group.voting_period)}; a delta needs ${share(group.quorum)} of all stake`],
    ["further rules", group.optional_rules.length === 0 ? "none" : group.optional_rules.map((found) => h("div", {}, rule(found)))],
  ];
}

function home({ group, origin }: Data): Child {
  const { head } = group;
  if (head === null) return h("p", { class: "none" }, "There is no checkpoint yet.");
  return [
    fields([
      ["size", bytes(head.checkpoint.size)],
      ["content", h("code", {}, head.checkpoint.cid ?? head.checkpoint.digest)],
    ]),
    provenance(group, head, origin),
    origin.recording !== null && command(`descent model provenance ${group.id}`),
    command(`descent model export ${group.id} --out model`),
    command(`descent-worker predict --model model --table records.csv`),
  ];
}

export function groupPage(id: number): Page<Data> {
  return {
    title: ({ group }) => group.name,
    async load(rpc) {
      const group = await readGroup(rpc, id);
      const series = group.policy.series
        ? rpc.call<Series>("training_testSetSeries", [group.policy.series])
        : Promise.resolve(null);
      const [origin, past, retired, entries, pot, orders, custody, found] = await Promise.all([
        readProvenance(rpc, id, group.head),
        history(rpc, id),
        rpc.call<Head[]>("training_retiredHeads", [id]),
        log(rpc, id),
        rpc.call<Pot>("training_pot", [id]),
        rpc.call<Order[]>("training_orders", [id]),
        rpc.call<Custody>("training_custody", [id]),
        series,
      ]);
      return {
        group,
        origin,
        history: past,
        retired,
        log: entries,
        pot,
        orders,
        custody,
        series: found,
      };
    },
    draw(data) {
      const { group, retired, pot, orders, custody, series } = data;
      return [
        h("h1", {}, group.name),
        tabs(group.id, "overview"),
        group.round !== null &&
          h("p", { class: "lead" }, "Commitments are taken for ", round(group.id, group.round), "."),
        section("Loss", curve(data), lastRounds(data)),
        section("The model", home(data)),
        section("Rules", fields(rules(group))),
        section(
          "Money",
          fields([
            ["the next round pays", amount(pot.winner)],
            ["its committee shares", amount(pot.validators)],
            ["put aside for keepers", amount(pot.keepers)],
            ["the next data earns", amount(pot.proposer)],
            ["stake in the group", amount(group.stake)],
          ]),
          table(
            "Fundings",
            ["client", "left", "a round"],
            pot.fundings.map((funding) => [account(funding.client), amount(funding.left), amount(funding.per_round)]),
            "No client funds rounds.",
          ),
          table(
            "Orders",
            ["client", "left", "for each 0.001", "down to", "paid down to", "until round"],
            orders.map((order) => [
              account(order.client),
              amount(order.left),
              amount(String(BigInt(order.price) * 1000n)),
              score(order.target),
              score(order.mark),
              String(order.until),
            ]),
            "No client has ordered improvement.",
          ),
        ),
        custody !== null &&
          section(
            "Keepers",
            table(
              "Keepers of the group's content",
              ["keeper", "deposit", "since check", "missed in a row"],
              custody.keepers.map((keeper) => [
                account(keeper.account),
                amount(keeper.deposit),
                String(keeper.since),
                String(keeper.missed),
              ]),
              "Nobody keeps the group's content beside its providers.",
            ),
          ),
        series !== null &&
          section(
            "Hidden test sets",
            fields([
              ["requester", account(series.requester)],
              ["left", `${series.left} of ${count(series.sets, "set")}`],
              ["misses in a row", String(series.misses)],
              ["state", series.suspended ? "suspended: rounds use the public set" : "in use"],
              ["bond", amount(series.bond)],
            ]),
          ),
        retired.length > 0 &&
          section(
            "Earlier models",
            table(
              "The best checkpoints of earlier models",
              ["model", "score", "by", "round"],
              retired.map((head) => [
                String(head.model_version),
                score(head.score),
                account(head.account),
                round(group.id, head.round),
              ]),
              "",
            ),
          ),
      ];
    },
  };
}
