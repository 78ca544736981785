// The origin of a group's head: its round, its committee, and the recorded training, where the chain has one.

import { fields, type Child } from "./dom.ts";
import { count, score, short } from "./format.ts";
import { account, round } from "./links.ts";
import { Refused, type Rpc } from "./rpc.ts";
import type { Content, Group, Head, Recording, Round } from "./types.ts";

export type Provenance = { round: Round | null; recording: Recording | null };

/** Reads the origin of a head. */
export async function readProvenance(rpc: Rpc, group: number, head: Head | null): Promise<Provenance> {
  if (head === null) return { round: null, recording: null };
  const [played, recording] = await Promise.all([
    rpc.call<Round>("training_round", [group, head.round]).catch(absent),
    rpc.call<Recording | null>("training_recording", [group, head.round, head.account]).catch(absent),
  ]);
  return { round: played && { ...played, block: 0 }, recording };
}

/** Returns nothing where the node refuses, as it does of what is not kept any more. */
function absent(error: unknown): null {
  if (error instanceof Refused) return null;
  throw error;
}

/** Returns the members that hold the head's score, in words. */
function measured({ round: played }: Provenance, head: Head): string {
  const own = played?.candidates.find((candidate) => candidate.account === head.account);
  const matches = own?.tally?.matches;
  return matches === undefined
    ? "two thirds of the committee"
    : `${count(matches, "member")} of the committee`;
}

/** Returns the steps of a recorded training in words. */
export function training({ recipe, trace }: Recording): string {
  const of = `${count(trace.segments, "segment")} of ${count(recipe.steps, "step")} of ${count(recipe.batch, "record")}`;
  return `${of}, in ${recipe.precision} by ${recipe.optimizer.optimizer}`;
}

/** Returns the committee's finding about a recorded training that won. */
export function replay({ recipe, trace, number }: Recording): string {
  const segment = `segment ${number} of ${trace.segments}`;
  return recipe.precision === "f64"
    ? `the committee replayed ${segment}, which leads to the same weights`
    : `the committee replayed ${segment}, which leads to about these weights`;
}

/** Returns the weights that a training began with. A seed has more digits than a number here keeps, so that it is not told. */
export function began({ recipe }: Recording, pretrained: Content | null): string {
  const { checkpoint } = recipe.base;
  if (checkpoint === undefined) return "the initial weights of a seed: nothing is missing";
  return checkpoint.digest === pretrained?.digest
    ? "the pretrained checkpoint of the group"
    : `the checkpoint ${short(checkpoint.digest)}`;
}

function pretrained(group: Group): Content | null {
  const rule = group.optional_rules.find(({ rule }) => rule === "pretrained");
  return (rule?.["checkpoint"] as Content | undefined) ?? null;
}

/** Returns the origin of a head in words. */
export function provenance(group: Group, head: Head, found: Provenance): Child {
  const { recording } = found;
  const known: [string, Child][] = [
    ["made by", account(head.account)],
    ["won", round(group.id, head.round)],
    ["measured", `${score(head.score)}, by ${measured(found, head)}`],
    [
      "data set",
      found.round === null ? "the round is not kept any more" : `version ${found.round.dataset_version}`,
    ],
  ];
  const first = pretrained(group);
  if (recording === null) {
    const of =
      first === null ? "" : `; the first rounds begin with the pretrained checkpoint ${short(first.digest)}`;
    return fields([...known, ["training", `not recorded: the chain does not know how it was made${of}`]]);
  }
  return fields([
    ...known,
    ["training", training(recording)],
    ["replay", replay(recording)],
    ["began with", began(recording, first)],
  ]);
}
