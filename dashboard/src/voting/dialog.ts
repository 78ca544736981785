// The dialogue in which a vote is shown before it is signed, and followed after it.

import { command, fields, h, type Child } from "../dom.ts";
import { focus, focused, type Place } from "../focus.ts";
import { amount, part } from "../format.ts";
import type { Rpc } from "../rpc.ts";
import type { Stake } from "../types.ts";
import { clip, invalid, refused, stake as staking, unsigned, type Advice } from "./advice.ts";
import { call, cut, effect, shell, signature, title, type Vote } from "./vote.ts";
import type * as Signing from "./wallet.ts";

type Module = typeof Signing;

/** Most wallets that are offered. */
const WALLETS = 20;

/** Opens the dialogue of a vote. */
export function openVote(vote: Vote, rpc: Rpc): void {
  // They end in a command that is copied, and a node may be anybody's.
  if (![vote.group, vote.id].every((number) => Number.isSafeInteger(number))) return;
  new Dialogue(vote, rpc).open();
}

class Dialogue {
  private readonly element: HTMLDialogElement;
  private readonly form = h("div", { class: "step" });
  private readonly status = h("div", { class: "told", role: "status", "aria-live": "polite" });
  private wallet: Signing.Wallet | null = null;
  private stop: (() => void) | null = null;
  private closed = false;
  private readonly page = document.querySelector("main") ?? document.body;
  private readonly before: Place | null = focused(this.page);

  constructor(
    private readonly vote: Vote,
    private readonly rpc: Rpc,
  ) {
    this.element = h(
      "dialog",
      { "aria-labelledby": "vote-title", close: () => this.end() },
      h("h2", { id: "vote-title" }, title(vote)),
      vote.summary !== "" && h("blockquote", {}, cut(vote.summary)),
      h("p", {}, effect(vote)),
      fields([
        ["is signed", h("code", {}, signature(call(vote)))],
        ["for the chain of", h("code", {}, rpc.url)],
      ]),
      h("p", { class: "none" }, "The same by the command line:"),
      command(shell(vote)),
      this.form,
      this.status,
      h("button", { type: "button", class: "close", click: () => this.element.close() }, "close"),
    );
  }

  open(): void {
    document.body.append(this.element);
    this.element.showModal();
    this.offer();
  }

  private end(): void {
    this.closed = true;
    this.stop?.();
    this.wallet?.close();
    this.element.remove();
    focus(this.page, this.before);
  }

  private say(state: "" | "good" | "bad", ...text: Child[]): void {
    this.status.dataset["state"] = state;
    this.status.replaceChildren(h("div", {}, text));
  }

  private advise({ text, command: line }: Advice): void {
    this.say("bad", text, line !== undefined && command(line));
  }

  /** Offers the wallets of the browser. */
  private offer(): void {
    const names = Object.keys(window.injectedWeb3 ?? {}).slice(0, WALLETS);
    if (names.length === 0) {
      this.form.replaceChildren(
        h(
          "p",
          {},
          "There is no wallet in this browser. Install one for Substrate chains and reload the page, or run the command.",
        ),
      );
      return;
    }
    this.form.replaceChildren(
      h(
        "p",
        {},
        "A wallet of this browser signs it. The page asks it for your accounts; keys stay in the wallet.",
      ),
      ...names.map((name) =>
        h("button", { type: "button", click: () => void this.connect(name) }, `use ${clip(name)}`),
      ),
    );
  }

  private async connect(name: string): Promise<void> {
    this.busy(true);
    this.say("", "The wallet asks you whether this page may see your accounts.");
    try {
      const { Wallet } = await load();
      const wallet = await Wallet.connect(name, this.rpc.url);
      if (this.closed) return wallet.close();
      this.wallet = wallet;
      this.choose();
    } catch (error) {
      this.busy(false);
      this.say(
        "bad",
        `The wallet does not give accounts: ${clip(error instanceof Error ? error.message : String(error))}.`,
      );
    }
  }

  private busy(is: boolean): void {
    for (const control of this.form.querySelectorAll<HTMLButtonElement | HTMLSelectElement>(
      "button, select",
    )) {
      control.disabled = is;
    }
  }

  /** Lets the account be chosen. */
  private choose(): void {
    const accounts = this.wallet?.accounts() ?? [];
    if (accounts.length === 0) {
      this.form.replaceChildren();
      this.say(
        "bad",
        "The wallet has no account for this chain, or shows this page none. Make one, or allow it there.",
      );
      return;
    }
    const options = accounts.map(({ address, name }) =>
      h("option", { value: address }, `${clip(name || "account")} ${address}`),
    );
    const select = h(
      "select",
      { id: "vote-account", change: () => void this.show(select.value, facts) },
      options,
    );
    const facts = h("div", {});
    this.form.replaceChildren(h("label", { for: "vote-account" }, "from the account "), select, facts);
    this.say("");
    select.focus();
    void this.show(select.value, facts);
  }

  /** Shows the weight of a vote from an account, its fee and its bytes, and the button that signs. */
  private async show(address: string, facts: HTMLElement): Promise<void> {
    facts.replaceChildren(h("p", { class: "none" }, "reading from the node …"));
    const { vote, wallet } = this;
    if (wallet === null) return;
    try {
      const [own, prepared] = await Promise.all([
        this.rpc.call<Stake>("training_stake", [vote.group, address]),
        wallet.prepare(call(vote), address),
      ]);
      const select = this.form.querySelector("select");
      if (this.closed || select?.value !== address) return;
      const sign = h(
        "button",
        { type: "button", class: "main", click: () => this.sign(address) },
        "sign and send",
      );
      if (own.stake === "0") sign.textContent = "sign and send all the same";
      facts.replaceChildren(
        fields([
          ["its stake", weight(own)],
          ["it votes for", standing(own)],
          ["fee", `about ${amount(prepared.fee)}`],
          ["bytes of the call", h("code", {}, prepared.bytes)],
        ]),
        own.stake === "0"
          ? h(
              "div",
              { class: "warning" },
              "Without stake in the group the chain refuses it, and the fee is paid. Stake first:",
              command(staking(vote.group)),
            )
          : "",
        sign,
      );
    } catch (error) {
      if (this.closed) return;
      facts.replaceChildren();
      this.say(
        "bad",
        `The node does not tell what is needed: ${clip(String(error))}. Close this and try again.`,
      );
    }
  }

  private sign(address: string): void {
    const { vote, wallet } = this;
    if (wallet === null) return;
    this.stop?.();
    this.busy(true);
    this.say("", "The wallet asks you to sign. Compare what it shows with the call above.");
    this.stop = wallet.submit(
      call(vote),
      address,
      (step) => this.told(step),
      (error) => void this.failed(error),
    );
  }

  private told(step: Signing.Step): void {
    if ("outcome" in step) this.included(step.step === "final", step.outcome);
    else if (step.step === "signed") this.say("", "Signed. Sending it.");
    else if (step.step === "sent") this.say("", "Sent. Waiting for a block.");
    else this.say("", "It is in no block any more. Waiting for another.");
  }

  private included(isFinal: boolean, { block, error }: Signing.Outcome): void {
    const number = block.toLocaleString("en");
    if (error !== null) {
      this.busy(false);
      this.advise(refused(this.vote, error.pallet, error.name));
    } else if (isFinal) this.say("good", `Done: it is in block ${number}, which is final.`);
    else this.say("good", `In block ${number}, which is not final yet.`);
  }

  private async failed(error: Error): Promise<void> {
    const { Unsigned, Invalid } = await load();
    this.busy(false);
    if (error instanceof Unsigned) this.advise(unsigned(error.message));
    else if (error instanceof Invalid) this.advise(invalid(error.message));
    else
      this.say(
        "bad",
        `It is not known whether the vote arrived: ${clip(error.message)}. Look at the votes before you try again.`,
      );
  }
}

function weight(own: Stake): string {
  const later = own.pending === "0" ? "" : `; ${amount(own.pending)} of it only from the next period on`;
  return `${amount(own.stake)}, ${part(own.stake, own.total)} of all${later}`;
}

function standing(own: Stake): string {
  const delta = own.delta === null ? [] : [`delta ${own.delta}`];
  const votes = [...delta, ...own.amendments.map((amendment) => `amendment ${amendment}`)];
  return votes.length === 0 ? "nothing" : votes.join(", ");
}

let loading: Promise<Module> | undefined;

/** Loads what signs, which is a file of its own. */
async function load(): Promise<Module> {
  // The path is one of the built page, where no other file of the sources is.
  const path = "./wallet.js";
  loading ??= import(path) as Promise<Module>;
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}
