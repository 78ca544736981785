// Records of a proposed delta, on the page of votes.

import { command, h, table, type Child } from "../dom.ts";
import { count } from "../format.ts";
import type { Group, Proposal } from "../types.ts";
import { picture, pixels, type Column, type Picture } from "./description.ts";
import { usable } from "./providers.ts";
import type { Row } from "./rows.ts";
import type { Found, Wanted } from "./worker.ts";

/** Records that are shown. */
const ROWS = 24;
/** Longest time until they are, in milliseconds. */
const PATIENCE = 60_000;
/** Values of a column in a table. */
const VALUES = 8;
/** Longest reason that is shown, in characters. */
const REASON = 300;
/** Pixels that a small picture is enlarged to. */
const COMFORTABLE = 56;

/** What was shown of deltas, which stays while the page is drawn again. */
const kept = new Map<string, HTMLElement>();

/** Returns the part of the page that shows records of a delta once it is asked to. */
export function samples(proposal: Proposal, group: Group): HTMLElement {
  const name = `${group.id} ${proposal.id} ${proposal.delta.digest}`;
  let element = kept.get(name);
  if (element === undefined) {
    element = h("div", { class: "samples" });
    offer(element, proposal, group);
    kept.set(name, element);
  }
  return element;
}

function offer(element: HTMLElement, proposal: Proposal, group: Group, ...before: Child[]): void {
  const button = h(
    "button",
    { type: "button", click: () => void show() },
    `show records of delta ${proposal.id}`,
  );
  async function show(): Promise<void> {
    button.disabled = true;
    element.replaceChildren(
      h("p", { class: "none", role: "status" }, "fetching the delta from its providers …"),
    );
    const found = await ask(proposal, group);
    if ("error" in found) {
      const reason = found.error.slice(0, REASON);
      offer(
        element,
        proposal,
        group,
        h(
          "p",
          { class: "told", "data-state": "bad", role: "status" },
          `The records cannot be shown: ${reason}. The command looks at it without this page:`,
        ),
        look(proposal, group),
      );
      return;
    }
    element.replaceChildren(...draw(found, proposal, group));
  }
  element.replaceChildren();
  element.append(...before.filter((child) => child instanceof Node), h("p", {}, button));
}

function look({ id }: Proposal, group: Group): HTMLElement {
  return command(`descent dataset sample ${group.id} ${id} --records 100 --png delta.png`);
}

/** Has a worker read the records, and ends it where it takes too long. */
function ask(proposal: Proposal, group: Group): Promise<Found> {
  const providers = usable([...proposal.providers, ...group.providers], location.href);
  if (providers.length === 0) {
    return Promise.resolve({
      error: "its providers are in a private network, which only a page of the same machine asks",
    });
  }
  return new Promise((resolve) => {
    const worker = new Worker(new URL("samples.js", document.baseURI), { type: "module" });
    const timer = setTimeout(
      () => end({ error: `it took longer than ${PATIENCE / 1000} seconds` }),
      PATIENCE,
    );
    function end(found: Found): void {
      clearTimeout(timer);
      worker.terminate();
      resolve(found);
    }
    worker.addEventListener("message", (event: MessageEvent<Found>) => end(event.data));
    worker.addEventListener("error", (event) =>
      end({ error: event.message || "samples.js, which reads them, is not beside this page" }),
    );
    const wanted: Wanted = { model: group.model, delta: proposal.delta, providers, rows: ROWS };
    worker.postMessage(wanted);
  });
}

function draw(
  { columns, rows }: Exclude<Found, { error: string }>,
  proposal: Proposal,
  group: Group,
): HTMLElement[] {
  const first = (rows.rows[0]?.place ?? 0) + 1;
  const told = h(
    "p",
    { role: "status" },
    `${count(rows.rows.length, "record")} from row ${first.toLocaleString("en")} on, of ${rows.all.toLocaleString("en")}. `,
    "The place was drawn at random, and the bytes hash to what the chain names. More of them, drawn one by one:",
  );
  const added = rows.rows.filter(({ op }) => op === "add");
  const removed = rows.rows.length - added.length;
  const [input] = columns.inputs;
  const form = input === undefined ? null : picture(input);
  const label = (row: Row): string => listed(row.values[columns.target.column]);
  const shown =
    form !== null && input !== undefined
      ? h(
          "ul",
          { class: "sheet" },
          added.map((row) => h("li", {}, canvas(row, input, form, label(row)), h("span", {}, label(row)))),
        )
      : table(
          "Records of the delta",
          ["row", ...columns.inputs.map(({ column }) => column), columns.target.column],
          added.map((row) => [
            (row.place + 1).toLocaleString("en"),
            ...columns.inputs.map(({ column }) => listed(row.values[column])),
            label(row),
          ]),
          "These rows add nothing.",
        );
  const rest = removed > 0 && h("p", { class: "none" }, `${count(removed, "row")} of them remove a record.`);
  return [told, look(proposal, group), shown, ...(rest ? [rest] : [])];
}

function listed(values: number[] = []): string {
  const first = values.slice(0, VALUES).map((value) => String(Number(value.toPrecision(6))));
  return first.join(", ") + (values.length > VALUES ? ", …" : "");
}

function canvas(row: Row, column: Column, form: Picture, label: string): HTMLElement {
  const { width, height } = form;
  const element = h("canvas", {
    width,
    height,
    role: "img",
    "aria-label": `a picture with the label ${label}`,
  });
  const scale = Math.max(1, Math.floor(COMFORTABLE / Math.max(width, height)));
  element.style.width = `${width * scale}px`;
  element
    .getContext("2d")
    ?.putImageData(new ImageData(pixels(row.values[column.column] ?? [], column, form), width, height), 0, 0);
  return element;
}
