// Reads records of a proposed delta beside the page, which ends it where it takes too long.

import { Content, fetchBytes, type Reference } from "./content.ts";
import { columns, type Columns } from "./description.ts";
import { read, type Rows } from "./rows.ts";

/** The most bytes that are fetched. */
const BUDGET = 64 << 20;
/** The most bytes of a model description. */
const DESCRIPTION = 1 << 20;

export type Wanted = { model: Reference; delta: Reference; providers: string[]; rows: number };
export type Found = { columns: Columns; rows: Rows } | { error: string };

async function find({ model, delta, providers, rows }: Wanted): Promise<Found> {
  const description = await new Content(model, providers, fetchBytes, DESCRIPTION).all();
  const named = columns(new TextDecoder().decode(description));
  const file = new Content(delta, providers, fetchBytes, BUDGET);
  return { columns: named, rows: await read(file, named, rows, Math.random()) };
}

addEventListener("message", (event: MessageEvent<Wanted>) => {
  void find(event.data)
    .catch((error: unknown): Found => ({ error: error instanceof Error ? error.message : String(error) }))
    .then((found) => postMessage(found));
});
