// The shell around the pages: navigation, the connection, and drawing again where something has changed.

import "../style.css";
import { append, h } from "./dom.ts";
import { focused, focus } from "./focus.ts";
import { passed } from "./clock.ts";
import type { AnyPage } from "./page.ts";
import { Refused, Rpc, type State } from "./rpc.ts";
import { split } from "./address.ts";
import { page } from "./router.ts";
import type { BlockEvents } from "./types.ts";

/** Pause between an event and reading a page again, in milliseconds. */
const PAUSE = 150;
const DEFAULT_NODE = "ws://127.0.0.1:9944";
const STORED = "descent-node";

const places: [string, string][] = [
  ["", "groups"],
  ["money", "money"],
  ["validators", "validators"],
];

const status = h("span", { class: "status", role: "status" });
const block = h("span", { class: "block" });
const nav = h("nav", { "aria-label": "pages" });
const main = h("main", { id: "main", tabindex: -1 });

function node(): string {
  const { node } = split(location.hash);
  const told = document.querySelector<HTMLMetaElement>("meta[name=descent-node]")?.content;
  const chosen = node ?? sessionStorage.getItem(STORED) ?? (told || DEFAULT_NODE);
  if (!/^wss?:\/\/[^\s]+$/.test(chosen)) return DEFAULT_NODE;
  if (node !== null) sessionStorage.setItem(STORED, chosen);
  return chosen;
}

/** The newest block. */
let newest = 0;
let shown: { page: AnyPage; data: string } | null = null;
let reading = false;
let again = false;
let timer: number | undefined;

function tell(state: State): void {
  const text = { connecting: "connecting", open: "connected", lost: "no connection, trying again" }[state];
  status.textContent = `${text}: ${address}`;
  status.dataset["state"] = state;
  if (state === "open") soon();
}

/** Reads the page again in a moment, once for many events. */
function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void read(), PAUSE) as unknown as number;
}

async function read(): Promise<void> {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    await draw();
  } finally {
    reading = false;
    if (again) {
      again = false;
      soon();
    }
  }
}

async function draw(): Promise<void> {
  const { path } = split(location.hash);
  const found = page(path);
  if (found === null) {
    show(null, "", "Not found", [h("h1", {}, "There is no such page"), h("a", { href: "#/" }, "All groups")]);
    return;
  }
  const asked = location.hash;
  try {
    const data: unknown = await found.load(rpc);
    if (asked !== location.hash) return;
    const text = JSON.stringify(data);
    if (shown?.data === text && main.dataset["path"] === path) return;
    show(found, text, found.title(data), found.draw(data, rpc));
    main.dataset["path"] = path;
  } catch (error) {
    // What is shown stays while the node is away.
    if (!(error instanceof Refused)) return;
    const reason = error.code === 8001 ? "There is no such group on this chain." : error.message;
    show(null, "", "Not found", [h("h1", {}, reason), h("a", { href: "#/" }, "All groups")]);
  }
}

function show(found: AnyPage | null, data: string, title: string, content: Parameters<typeof append>[1]): void {
  const kept = { top: scrollY, path: main.dataset["path"], focus: focused(main) };
  shown = found === null ? null : { page: found, data };
  delete main.dataset["path"];
  document.title = `${title} – Descent`;
  main.replaceChildren();
  main.ariaBusy = null;
  append(main, content);
  if (kept.path === split(location.hash).path) {
    focus(main, kept.focus);
    scrollTo(0, kept.top);
  }
  advance();
}

function mark(): void {
  const { path } = split(location.hash);
  nav.replaceChildren(
    ...places.map(([place, name]) => {
      const current = path === place || (place === "" && path.startsWith("group"));
      return h("a", { href: `#/${place}`, "aria-current": current ? "page" : null }, name);
    }),
  );
}

/** Moves the phases of the round that is shown, without reading anything. */
function advance(): void {
  block.textContent = newest === 0 ? "" : `block ${newest.toLocaleString("en")}`;
  for (const meter of main.querySelectorAll("progress")) {
    const [start, end] = [Number(meter.dataset["start"]), Number(meter.dataset["end"])];
    if (Number.isFinite(start) && Number.isFinite(end)) meter.value = passed({ name: "", start, end }, newest);
  }
}

document.body.append(
  h("a", { class: "skip", href: "#main", click: (event) => (event.preventDefault(), main.focus()) }, "to the content"),
  h("header", {}, h("a", { class: "brand", href: "#/" }, "Descent"), nav, h("div", { class: "chain" }, block, status)),
  main,
);
main.append(h("p", { class: "none" }, "reading from the node …"));

const address = node();
const rpc = new Rpc(address, tell);
rpc.subscribe<{ number: string }>("chain_subscribeNewHeads", [], ({ number }) => {
  newest = Number.parseInt(number, 16);
  advance();
  soon();
});
rpc.subscribe<BlockEvents>("training_subscribeEvents", [null, false, "all"], ({ events }) => {
  if (events.length > 0) soon();
});
mark();
addEventListener("hashchange", () => {
  const { node } = split(location.hash);
  if (node !== null && node !== address) {
    location.reload();
    return;
  }
  mark();
  shown = null;
  delete main.dataset["path"];
  main.ariaBusy = "true";
  soon();
});
