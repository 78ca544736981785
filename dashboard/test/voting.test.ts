import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { clip, invalid, refused, unsigned } from "../src/voting/advice.ts";
import { call, cut, effect, shell, signature, title, type Vote } from "../src/voting/vote.ts";

const DELTA: Vote = { on: "delta", group: 3, name: "mnist", id: 7, summary: "more digits", aye: true };
const AMENDMENT: Vote = { ...DELTA, on: "amendment" };

test("the words, the command and the call of a vote are of one thing", () => {
  const told = [DELTA, { ...DELTA, aye: false }, AMENDMENT, { ...AMENDMENT, aye: false }].map((vote) => [
    title(vote),
    signature(call(vote)),
    shell(vote),
  ]);
  assert.deepEqual(told, [
    ["Vote for delta 7", "Dataset.vote(group: 3, proposal: 7)", "descent dataset vote 3 7 --key-file KEY"],
    [
      "Take back the vote for a delta",
      "Dataset.withdraw_vote(group: 3)",
      "descent dataset vote 3 --withdraw --key-file KEY",
    ],
    [
      "Approve amendment 7",
      "Groups.vote_amendment(group: 3, amendment: 7, aye: true)",
      "descent amend vote 3 7 --key-file KEY",
    ],
    [
      "Take back the approval of amendment 7",
      "Groups.vote_amendment(group: 3, amendment: 7, aye: false)",
      "descent amend vote 3 7 --against --key-file KEY",
    ],
  ]);
  assert.match(effect(DELTA), /delta 7 of group 3, mnist/);
  assert.match(effect({ ...DELTA, aye: false }), /no delta of group 3/);
  assert.equal(cut("x".repeat(1000)).length, 301);
});

/** Returns the errors that the doc comment of a pallet's call names. */
function errors(pallet: string, name: string): string[] {
  const source = readFileSync(`../pallets/${pallet}/src/lib.rs`, "utf8");
  const [before] = source.split(`pub fn ${name}(`);
  const comment = before?.slice(before.lastIndexOf("\n\n")) ?? "";
  return Array.from(comment.matchAll(/Error::(\w+)/g), ([, error]) => error ?? "");
}

test("every error that a vote can end with has an advice", () => {
  const known: [Vote, string, string[]][] = [
    [DELTA, "Dataset", [...errors("dataset", "vote"), ...errors("dataset", "withdraw_vote")]],
    [AMENDMENT, "Groups", errors("groups", "vote_amendment")],
  ];
  for (const [vote, pallet, names] of known) {
    assert.ok(names.length > 2, `${pallet}: ${names}`);
    for (const name of names) {
      const { text } = refused(vote, pallet, name);
      assert.ok(!text.includes(name), `${name} has no words of its own: ${text}`);
    }
  }
  assert.equal(refused(DELTA, "Dataset", "NoStake").command, "descent stake add 3 AMOUNT --key-file KEY");
  assert.match(refused(DELTA, "Other", "Strange").text, /Other\.Strange/);
});

test("reasons of wallets and nodes are told, and cut", () => {
  assert.match(unsigned("Cancelled.").text, /did not sign: Cancelled\. Nothing was sent/);
  assert.match(unsigned("").text, /gives no reason/);
  assert.match(invalid("Payment").text, /cannot pay the fee/);
  assert.match(invalid("Strange").text, /Strange/);
  assert.equal(clip(`a\n\n b${"c".repeat(500)}`).length, 201);
});
