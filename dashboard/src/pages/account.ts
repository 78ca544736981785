// What an account has earned, staked and bonded.

import { readBalance, type Balance } from "../balance.ts";
import { command, fields, h, section, table } from "../dom.ts";
import { amount, score } from "../format.ts";
import { link } from "../links.ts";
import type { Page } from "../page.ts";
import { still } from "../reads.ts";
import type { Group, Rewards, Stake, Standing, Validator } from "../types.ts";
import { standing } from "./validators.ts";

/** Groups in which an account is looked for. */
const GROUPS = 50;
/** Standings of a group in which it is looked for. */
const STANDINGS = 100;

type InGroup = { group: Group; stake: Stake; standing: Standing | null };
type Data = { address: string; balance: Balance | null; rewards: Rewards; validator: Validator | null; groups: InGroup[] };

export function accountPage(address: string): Page<Data> {
  return {
    title: () => "Account",
    async load(rpc) {
      const [balance, rewards, validator, groups] = await Promise.all([
        readBalance(rpc, address),
        rpc.call<Rewards>("training_rewards", [address]),
        rpc.call<Validator | null>("training_validator", [address]),
        rpc.call<Group[]>("training_groups", [0, GROUPS]),
      ]);
      const found = await Promise.all(
        groups.map(async (group) => {
          const [stake, standings] = await Promise.all([
            rpc.call<Stake>("training_stake", [group.id, address]),
            rpc.call<Standing[]>("training_leaderboard", [group.id, null, 0, STANDINGS]),
          ]);
          const own = standings.find((standing) => standing.account === address) ?? null;
          return { group: still(group), stake, standing: own };
        }),
      );
      const isIn = ({ stake, standing }: InGroup): boolean =>
        stake.stake !== "0" || stake.unstaking.length > 0 || standing !== null;
      return { address, balance, rewards, validator, groups: found.filter(isIn) };
    },
    draw({ address, balance, rewards, validator, groups }) {
      return [
        h("h1", {}, "Account"),
        h("p", { class: "lead" }, h("code", {}, address)),
        balance !== null &&
          section(
            "Balance",
            fields([
              ["free", amount(balance.free)],
              ["held for stake, bonds and deposits", amount(balance.held)],
              ["of the free not transferable", amount(balance.frozen)],
            ]),
          ),
        section(
          "Rewards",
          fields([
            ["to be claimed", amount(rewards.accrued)],
            ["claimed before", amount(rewards.claimed)],
          ]),
          command("descent rewards claim --key-file KEY"),
        ),
        validator !== null &&
          section(
            "Validator",
            fields([
              ["standing", standing(validator)],
              ["bond", amount(validator.bond)],
              ["strikes", String(validator.strikes)],
            ]),
          ),
        section(
          "Groups",
          table(
            "Groups in which it trains or has stake",
            ["group", "stake", "rounds", "won", "best", "earned", "lost"],
            groups.map(({ group, stake, standing }) => [
              link(`group/${group.id}`, group.name),
              amount(stake.stake),
              String(standing?.rounds ?? 0),
              String(standing?.wins ?? 0),
              score(standing?.best),
              amount(standing?.earned ?? "0"),
              amount(standing?.slashed ?? "0"),
            ]),
            "None.",
          ),
        ),
      ];
    },
  };
}
