// What a page is, and what it may use.

import type { Child } from "./dom.ts";
import type { Rpc } from "./rpc.ts";

/** A page: data are read, and drawn where they have changed. */
export type Page<Data> = {
  title: (data: Data) => string;
  load: (rpc: Rpc) => Promise<Data>;
  draw: (data: Data, rpc: Rpc) => Child[];
};

export type AnyPage = Page<any>;
