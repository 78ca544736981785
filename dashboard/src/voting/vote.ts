// Votes that a stakeholder can cast: in words, as a command, and as a call of the chain.

/** The most that is shown of a stranger's text in a dialogue, in characters. */
const LONGEST = 300;

export type Vote = {
  on: "delta" | "amendment";
  group: number;
  /** Name of the group, which a stranger wrote. */
  name: string;
  id: number;
  /** The proposer's summary. */
  summary: string;
  /** False to take a vote back. */
  aye: boolean;
};

export type Call = { pallet: string; name: string; values: Record<string, number | boolean> };

/** Returns the call of the chain. */
export function call({ on, group, id, aye }: Vote): Call {
  if (on === "amendment")
    return { pallet: "Groups", name: "vote_amendment", values: { group, amendment: id, aye } };
  return aye
    ? { pallet: "Dataset", name: "vote", values: { group, proposal: id } }
    : { pallet: "Dataset", name: "withdraw_vote", values: { group } };
}

/** Returns the call as it is shown. */
export function signature({ pallet, name, values }: Call): string {
  const given = Object.entries(values).map(([key, value]) => `${key}: ${value}`);
  return `${pallet}.${name}(${given.join(", ")})`;
}

/** Returns the command that does the same. */
export function shell({ on, group, id, aye }: Vote): string {
  const rest = on === "amendment" ? `amend vote ${group} ${id}${aye ? "" : " --against"}` : "";
  const delta = aye ? `dataset vote ${group} ${id}` : `dataset vote ${group} --withdraw`;
  return `descent ${rest || delta} --key-file KEY`;
}

/** Returns a title. */
export function title({ on, id, aye }: Vote): string {
  if (on === "amendment")
    return aye ? `Approve amendment ${id}` : `Take back the approval of amendment ${id}`;
  return aye ? `Vote for delta ${id}` : "Take back the vote for a delta";
}

/** Returns the effect in sentences. */
export function effect({ on, group, name, id, aye }: Vote): string {
  const of = `of group ${group}, ${name.slice(0, LONGEST)}`;
  if (on === "amendment") {
    return aye
      ? `All of the account's stake approves amendment ${id} ${of}. It can be taken back until the voting period closes.`
      : `The account's stake does not approve amendment ${id} ${of} any more. Not approving and being against are the same.`;
  }
  return aye
    ? `All of the account's stake votes for delta ${id} ${of}. An account votes for one delta at a time, so that this takes ` +
        "the place of an earlier vote. It can be changed until the voting period closes."
    : `The account's stake votes for no delta ${of} any more, whichever it votes for now.`;
}

/** Returns a summary that is not longer than a dialogue has room for. */
export function cut(summary: string): string {
  return summary.length > LONGEST ? `${summary.slice(0, LONGEST)}…` : summary;
}
