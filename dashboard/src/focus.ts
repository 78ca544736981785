// The keyboard's focus, which stays where it is while a page is drawn again.

/** The place of the focus: the name of an element, and its number among those with that name. */
export type Place = { name: string; number: number };

const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";

/** Returns the name of an element: what it is, where it leads, and what it says. */
function name(element: Element): string {
  const label = element.getAttribute("aria-label") ?? element.textContent;
  return `${element.tagName} ${element.getAttribute("href") ?? ""} ${element.getAttribute("data-key") ?? label}`;
}

/** Returns the place of the focus within an element; null if it is elsewhere. */
export function focused(within: Element): Place | null {
  const active = document.activeElement;
  if (active === null || active === within || !within.contains(active)) return null;
  const same = [...within.querySelectorAll(FOCUSABLE)].filter((other) => name(other) === name(active));
  return { name: name(active), number: same.indexOf(active) };
}

/** Puts the focus back, unless what had it is gone. */
export function focus(within: Element, place: Place | null): void {
  if (place === null || document.querySelector("dialog[open]") !== null) return;
  const same = [...within.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    (other) => name(other) === place.name,
  );
  same[place.number]?.focus({ preventScroll: true });
}
