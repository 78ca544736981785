// The validators and those who would be.

import { fields, h, table } from "../dom.ts";
import { amount } from "../format.ts";
import { account } from "../links.ts";
import type { Page } from "../page.ts";
import type { Validator, ValidatorRules } from "../types.ts";

const MOST = 100;

type Data = { validators: Validator[]; rules: ValidatorRules };

export function standing({ standing }: Validator): string {
  switch (standing.standing) {
    case "active":
      return "in the set";
    case "waiting":
      return "a candidate";
    case "jailed":
      return `jailed until block ${standing.until ?? "?"}`;
    default:
      return standing.standing;
  }
}

export const validators: Page<Data> = {
  title: () => "Validators",
  async load(rpc) {
    const [validators, rules] = await Promise.all([
      rpc.call<Validator[]>("training_validators", [null, 0, MOST]),
      rpc.call<ValidatorRules>("training_validatorRules"),
    ]);
    return { validators, rules };
  },
  draw({ validators, rules }) {
    return [
      h("h1", {}, "Validators"),
      fields([
        ["seats", String(rules.seats)],
        ["smallest bond", amount(rules.minimum_bond)],
      ]),
      table(
        "Candidates by their bonds, then the others of the set",
        ["validator", "standing", "bond", "strikes"],
        validators.map((validator) => [
          account(validator.account),
          standing(validator),
          amount(validator.bond),
          String(validator.strikes),
        ]),
        "There is none.",
      ),
    ];
  },
};
