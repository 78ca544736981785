// Elements. Text from the chain, which strangers write, enters the page as text nodes alone.

export type Child = Node | string | number | null | undefined | false | Child[];

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** Returns an element with attributes and children. An attribute that is false, null or undefined is left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

/** Appends children to an element. */
export function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(String(child));
  }
}

/** Returns a table with a caption for readers of screens, headings and rows. */
export function table(caption: string, headings: string[], rows: Child[][], none: string): HTMLElement {
  if (rows.length === 0) return h("p", { class: "none" }, none);
  const head = h("tr", {}, headings.map((heading) => h("th", { scope: "col" }, heading)));
  const body = rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))));
  const made = h("table", {}, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, body));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, made);
}

/** Returns a list of names and values. */
export function fields(pairs: [string, Child][]): HTMLElement {
  return h("dl", {}, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** Returns a part of a page with a heading. */
export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h2", {}, title), children);
}

/** Returns a command to be copied. */
export function command(text: string): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      click: () => {
        void navigator.clipboard.writeText(text).then(() => {
          button.textContent = "copied";
        });
      },
    },
    "copy",
  );
  return h("div", { class: "command" }, h("code", {}, text), button);
}
