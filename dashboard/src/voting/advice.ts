// Refusals of a vote in words, with what to do.

import type { Vote } from "./vote.ts";

/** Longest text of a wallet or a node that is shown, in characters. */
const LONGEST = 200;

export type Advice = { text: string; command?: string };

/** Returns the command that stakes. */
export function stake(group: number): string {
  return `descent stake add ${group} AMOUNT --key-file KEY`;
}

/** Returns an error of a pallet in words. */
export function refused(vote: Vote, pallet: string, error: string): Advice {
  const list =
    vote.on === "delta" ? `descent dataset list ${vote.group}` : `descent amend list ${vote.group}`;
  switch (error) {
    case "NoStake":
      return {
        text: "The chain refused it: the account has no stake in the group, so that it has no vote. Stake first:",
        command: stake(vote.group),
      };
    case "UnknownProposal":
    case "UnknownAmendment":
      return { text: "The chain refused it: the vote has ended meanwhile. This tells how:", command: list };
    case "NoVote":
      return {
        text: "The chain refused it: the account votes for no open delta of the group. There is nothing to take back.",
      };
    case "VoteUnchanged":
      return {
        text: vote.aye
          ? "The chain refused it: the account approves this amendment already. There is nothing to do."
          : "The chain refused it: the account does not approve this amendment. There is nothing to take back.",
      };
    case "TooManyAmendments":
      return {
        text: "The chain refused it: the account approves as many amendments as it can. Take an approval back first.",
      };
    case "UnknownGroup":
      return {
        text: "The chain refused it: there is no such group. Reload the page, and check the node's address.",
      };
    default:
      return { text: `The chain refused it: ${pallet}.${error}. The state of the vote:`, command: list };
  }
}

/** Returns a transaction that no block takes, in words. */
export function invalid(reason: string): Advice {
  switch (reason) {
    case "Payment":
      return {
        text: "The account cannot pay the fee: it needs a little NRN that is not held. Nothing was changed.",
      };
    case "BadProof":
      return {
        text: "The signature is not good for this transaction. Update the wallet's metadata of the chain, and vote again.",
      };
    case "Stale":
    case "Future":
    case "AncientBirthBlock":
      return { text: "Another transaction of the account came first, or too much time went by. Vote again." };
    default:
      return {
        text: `No block takes the transaction: ${clip(reason)}. Nothing was changed. Vote again, or by the command.`,
      };
  }
}

/** Returns the refusal of a wallet in words. */
export function unsigned(reason: string): Advice {
  return { text: `The wallet did not sign: ${clip(reason)}. Nothing was sent.` };
}

/** Returns the beginning of a text that a stranger's program gave. */
export function clip(text: string): string {
  const line = text.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  return line === "" ? "it gives no reason" : line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
