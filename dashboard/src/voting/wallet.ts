// The part of the page that talks to a wallet and signs, a file of its own: it is loaded where somebody votes.

import { AccountId, createClient, InvalidTxError, type PolkadotClient } from "polkadot-api";
import {
  connectInjectedExtension,
  type InjectedExtension,
  type InjectedPolkadotAccount,
} from "polkadot-api/pjs-signer";
import { getWsProvider } from "polkadot-api/ws";
import type { Call } from "./vote.ts";

/** Longest wait for the chain's metadata, in milliseconds. */
const PATIENCE = 30_000;
/** Prefix of the addresses of this chain. */
const PREFIX = 42;

export type Account = { address: string; name: string };

/** Steps of a transaction. A block that is not final may be left; then the transaction is in none. */
export type Step = { step: "signed" | "sent" | "waiting" } | { step: "in block" | "final"; outcome: Outcome };
export type Outcome = { block: number; error: { pallet: string; name: string } | null };

/** A refusal of the wallet. */
export class Unsigned extends Error {}
/** A transaction that no block takes. */
export class Invalid extends Error {}

type Accepted = {
  ok: boolean;
  dispatchError?: { type: string; value: unknown } | undefined;
  block: { number: number };
};

export class Wallet {
  private constructor(
    private readonly extension: InjectedExtension,
    private readonly client: PolkadotClient,
  ) {}

  /** Asks a wallet for its accounts. Fails if it refuses. */
  static async connect(name: string, node: string): Promise<Wallet> {
    let extension: InjectedExtension;
    try {
      extension = await connectInjectedExtension(name, "Descent");
    } catch (error) {
      throw new Unsigned(reason(error));
    }
    return new Wallet(extension, createClient(getWsProvider(node)));
  }

  private usable(): InjectedPolkadotAccount[] {
    return this.extension
      .getAccounts()
      .filter(({ type, address }) => String(type) !== "ethereum" && !address.startsWith("0x"));
  }

  /** Returns the accounts that can sign on this chain. */
  accounts(): Account[] {
    return this.usable().map(({ polkadotSigner, name }) => ({
      address: AccountId(PREFIX).dec(polkadotSigner.publicKey),
      name: name ?? "",
    }));
  }

  /** Returns the bytes of a call and its fee, by the metadata of the node. */
  async prepare(call: Call, address: string): Promise<{ bytes: string; fee: string }> {
    const transaction = this.transaction(call);
    const [bytes, fee] = await within(
      Promise.all([transaction.getEncodedData(), transaction.getEstimatedFees(address)]),
    );
    return {
      bytes: `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`,
      fee: String(fee),
    };
  }

  private transaction({ pallet, name, values }: Call) {
    const entry = this.client.getUnsafeApi().tx[pallet]?.[name];
    if (entry === undefined) throw new Error(`the chain has no call ${pallet}.${name}`);
    return entry(values);
  }

  /** Has the wallet sign a call, sends it, and tells each step until it is final. Returns a function that stops to follow it. */
  submit(
    call: Call,
    address: string,
    onStep: (step: Step) => void,
    onError: (error: Error) => void,
  ): () => void {
    const encode = AccountId(PREFIX).dec;
    const account = this.usable().find(({ polkadotSigner }) => encode(polkadotSigner.publicKey) === address);
    if (account === undefined) {
      onError(new Unsigned("it does not have the account any more"));
      return () => {};
    }
    const { polkadotSigner } = account;
    const signer: typeof polkadotSigner = {
      ...polkadotSigner,
      signTx: (...given) =>
        polkadotSigner
          .signTx(...given)
          .catch((error: unknown) => Promise.reject(new Unsigned(reason(error)))),
    };
    const following = this.transaction(call)
      .signSubmitAndWatch(signer)
      .subscribe({
        next: (event) => {
          if (event.type === "signed") onStep({ step: "signed" });
          else if (event.type === "broadcasted") onStep({ step: "sent" });
          else if (event.type === "finalized") onStep({ step: "final", outcome: outcome(event) });
          else if (event.found) onStep({ step: "in block", outcome: outcome(event) });
          else if (!event.isValid) onStep({ step: "waiting" });
        },
        error: (error: unknown) =>
          onError(error instanceof InvalidTxError ? new Invalid(invalid(error.error)) : asError(error)),
      });
    return () => following.unsubscribe();
  }

  /** Ends the connections. */
  close(): void {
    this.extension.disconnect();
    this.client.destroy();
  }
}

function outcome({ ok, dispatchError, block }: Accepted): Outcome {
  if (ok || dispatchError === undefined) return { block: block.number, error: null };
  const { type, value } = dispatchError;
  if (type !== "Module") return { block: block.number, error: { pallet: "System", name: type } };
  const pallet = value as { type: string; value?: { type?: string } };
  return { block: block.number, error: { pallet: pallet.type, name: pallet.value?.type ?? "unknown" } };
}

/** Returns the innermost reason of a validity error, such as `Payment`. */
function invalid(error: { type?: string; value?: { type?: string } }): string {
  return error.value?.type ?? error.type ?? "it does not say why";
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the node does not serve its metadata")), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
