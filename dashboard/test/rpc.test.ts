import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused, Rpc, type State } from "../src/rpc.ts";

/** A node that this test plays. */
class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: { id: number; method: string; params: unknown[] }[] = [];

  constructor(readonly url: string) {
    super();
    FakeSocket.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  say(message: unknown): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: typeof message === "string" ? message : JSON.stringify(message) }));
  }

  close(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }
}

(globalThis as { WebSocket: unknown }).WebSocket = FakeSocket;

function last(): FakeSocket {
  const socket = FakeSocket.all.at(-1);
  assert.ok(socket);
  return socket;
}

test("calls are answered, refused, or fail with the connection", async () => {
  const rpc = new Rpc("ws://node", () => {});
  await assert.rejects(rpc.call("early"), /no connection/);
  last().open();
  const [good, bad, lost] = [rpc.call("a", [1]), rpc.call("b"), rpc.call("c")];
  const [first, second] = last().sent;
  assert.deepEqual([first?.method, first?.params], ["a", [1]]);
  last().say("this is no JSON");
  last().say({ id: second?.id, error: { code: 8001, message: "there is no such group" } });
  last().say({ id: first?.id, result: 7 });
  assert.equal(await good, 7);
  await assert.rejects(bad, (error: Refused) => error instanceof Refused && error.code === 8001);
  last().close();
  await assert.rejects(lost, /was lost/);
  rpc.close();
});

test("a connection that is lost comes back with its subscriptions", async () => {
  const states: State[] = [];
  const seen: unknown[] = [];
  const rpc = new Rpc("ws://node", (state) => states.push(state));
  rpc.subscribe("chain_subscribeNewHeads", [], (message) => seen.push(message));
  const before = last();
  before.open();
  before.say({ id: before.sent[0]?.id, result: "x1" });
  await Promise.resolve();
  before.say({ method: "heads", params: { subscription: "x1", result: 1 } });
  before.say({ method: "heads", params: { subscription: "other", result: 2 } });
  before.close();
  while (last() === before) await new Promise((resolve) => setTimeout(resolve, 20));
  const after = last();
  after.open();
  assert.equal(after.sent[0]?.method, "chain_subscribeNewHeads");
  after.say({ id: after.sent[0]?.id, result: "y1" });
  await Promise.resolve();
  after.say({ method: "heads", params: { subscription: "y1", result: 3 } });
  assert.deepEqual(seen, [1, 3]);
  assert.deepEqual(states, ["connecting", "open", "lost", "connecting", "open"]);
  rpc.close();
});
