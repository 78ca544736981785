// A wallet for the browser test: it puts itself where a browser's wallets are (`window.injectedWeb3`), and signs with a
// development account by other libraries than the page has.

import { sr25519CreateDerive } from "@polkadot-labs/hdkd";
import { DEV_MINI_SECRET, ss58Address } from "@polkadot-labs/hdkd-helpers";
import { blake2b } from "@noble/hashes/blake2.js";

const derive = sr25519CreateDerive(DEV_MINI_SECRET);
const PREFIX = 42;

function unhex(text) {
  return Uint8Array.from(Buffer.from(text.slice(2), "hex"));
}

/** Returns the compact form of SCALE of a number that fits into two bytes of it. */
function compact(number) {
  if (number >= 1 << 14) throw new Error(`${number} is more than the test's wallet can write`);
  return number < 64 ? [number << 2] : [((number << 2) & 255) | 1, number >> 6];
}

function little(hex) {
  return unhex(hex).reverse();
}

/**
 * Signs a transaction of Descent's runtime: the call, then what its extensions have in the transaction (era, nonce, tip, mode of
 * the metadata's hash), then what they have beside it (versions, genesis, the era's block, no hash of the metadata).
 */
function sign(pair, payload) {
  const bytes = Uint8Array.from([
    ...unhex(payload.method),
    ...unhex(payload.era),
    ...compact(Number(payload.nonce)),
    ...compact(Number(payload.tip)),
    0,
    ...little(payload.specVersion),
    ...little(payload.transactionVersion),
    ...unhex(payload.genesisHash),
    ...unhex(payload.blockHash),
    0,
  ]);
  const signature = pair.sign(bytes.length > 256 ? blake2b(bytes, { dkLen: 32 }) : bytes);
  return `0x01${Buffer.from(signature).toString("hex")}`;
}

/**
 * Gives a page a wallet with development accounts, named by paths such as `//Eve`. The wallet named `refusing` gives accounts and
 * does not sign; one named `closed` gives none.
 */
export async function inject(page, paths) {
  const pairs = new Map(paths.map((path) => [ss58Address(derive(path).publicKey, PREFIX), derive(path)]));
  const accounts = paths.map((path) => ({
    address: ss58Address(derive(path).publicKey, PREFIX),
    name: path,
    type: "sr25519",
  }));
  const signed = [];
  await page.exposeFunction("signAsTestWallet", (payload) => {
    const pair = pairs.get(payload.address);
    if (pair === undefined) throw new Error("the wallet does not have this account");
    signed.push(payload.method);
    return sign(pair, payload);
  });
  await page.addInitScript((accounts) => {
    const wallet = (signPayload) => ({
      version: "1",
      enable: async () => ({
        accounts: {
          get: async () => accounts,
          subscribe: (tell) => {
            tell(accounts);
            return () => {};
          },
        },
        signer: { signPayload, signRaw: async () => Promise.reject(new Error("it signs no bytes")) },
      }),
    });
    window.injectedWeb3 = {
      "test-wallet": wallet(async (payload) => ({
        id: 1,
        signature: await window.signAsTestWallet(payload),
      })),
      refusing: wallet(async () => Promise.reject(new Error("Cancelled <b>by you</b>"))),
      closed: { version: "1", enable: async () => Promise.reject(new Error("not allowed")) },
    };
  }, accounts);
  return { accounts, signed };
}
