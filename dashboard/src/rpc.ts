// A client of a node's JSON-RPC over a WebSocket, which connects again and subscribes again by itself.

export type State = "connecting" | "open" | "lost";

type Pending = { resolve: (value: unknown) => void; reject: (reason: Error) => void; timer: number };

type Subscription = {
  method: string;
  params: unknown[];
  /** Id that the node has given it, on this connection. */
  id: string | null;
  onMessage: (message: unknown) => void;
};

type Message = {
  id?: number;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
  method?: string;
  params?: { subscription: string; result: unknown };
};

/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 20_000;
/** First and longest pause before connecting again, in milliseconds. */
const PAUSES = { first: 250, longest: 8_000 };

/** An error that the node answers with. */
export class Refused extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class Rpc {
  readonly url: string;
  private readonly onState: (state: State) => void;
  private socket: WebSocket | null = null;
  private nextId = 1;
  private pause = PAUSES.first;
  private readonly pending = new Map<number, Pending>();
  private readonly subscriptions = new Set<Subscription>();
  private closed = false;

  /** Connects to a node. `onState` is told of each change of the connection. */
  constructor(url: string, onState: (state: State) => void) {
    this.url = url;
    this.onState = onState;
    this.connect();
  }

  private connect(): void {
    if (this.closed) return;
    this.onState("connecting");
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      this.onState("lost");
      return;
    }
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.pause = PAUSES.first;
      this.onState("open");
      for (const subscription of this.subscriptions) void this.start(subscription);
    });
    socket.addEventListener("message", (event) => this.receive(String(event.data)));
    socket.addEventListener("close", () => this.lose());
  }

  private lose(): void {
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(new Error("the connection to the node was lost"));
    }
    this.pending.clear();
    for (const subscription of this.subscriptions) subscription.id = null;
    if (this.closed) return;
    this.onState("lost");
    setTimeout(() => this.connect(), this.pause);
    this.pause = Math.min(this.pause * 2, PAUSES.longest);
  }

  private receive(text: string): void {
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch {
      return;
    }
    if (message.params !== undefined) {
      for (const subscription of this.subscriptions) {
        if (subscription.id === message.params.subscription) subscription.onMessage(message.params.result);
      }
      return;
    }
    const pending = message.id === undefined ? undefined : this.pending.get(message.id);
    if (message.id === undefined || pending === undefined) return;
    this.pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.error) pending.reject(new Refused(message.error.code, message.error.message));
    else pending.resolve(message.result);
  }

  /** Calls a method. Fails if the node refuses, does not answer in time, or the connection is lost. */
  call<T>(method: string, params: unknown[] = []): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new Error("there is no connection to the node"));
        return;
      }
      const id = this.nextId++;
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new Error(`the node does not answer ${method}`));
      }, PATIENCE) as unknown as number;
      this.pending.set(id, { resolve: (value) => resolve(value as T), reject, timer });
      this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  private async start(subscription: Subscription): Promise<void> {
    try {
      subscription.id = await this.call<string>(subscription.method, subscription.params);
    } catch {
      // A connection that is lost meanwhile starts it again.
    }
  }

  /** Subscribes for as long as the page lives, over all connections. */
  subscribe<T>(method: string, params: unknown[], onMessage: (message: T) => void): void {
    const subscription: Subscription = {
      method,
      params,
      id: null,
      onMessage: (message) => onMessage(message as T),
    };
    this.subscriptions.add(subscription);
    if (this.socket?.readyState === WebSocket.OPEN) void this.start(subscription);
  }

  /** Ends the connection for good. */
  close(): void {
    this.closed = true;
    this.socket?.close();
  }
}
