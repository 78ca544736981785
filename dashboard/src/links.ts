// Links between pages, which are parts of the address behind `#`.

import { h } from "./dom.ts";
import { short } from "./format.ts";

export function link(path: string, ...text: string[]): HTMLElement {
  return h("a", { href: `#/${path}` }, text);
}

export function account(address: string): HTMLElement {
  return h("a", { href: `#/account/${address}`, class: "account", title: address }, short(address));
}

export function round(group: number, number: number): HTMLElement {
  return link(`group/${group}/round/${number}`, `round ${number}`);
}

/** Links to the pages of a group. */
export function tabs(group: number, here: string): HTMLElement {
  const pages: [string, string][] = [
    ["", "overview"],
    ["/trainers", "trainers"],
    ["/votes", "votes"],
    ["/data", "data"],
  ];
  return h(
    "nav",
    { class: "tabs", "aria-label": "pages of the group" },
    pages.map(([path, name]) => {
      const current = name === here ? "page" : null;
      return h("a", { href: `#/group/${group}${path}`, "aria-current": current }, name);
    }),
  );
}
