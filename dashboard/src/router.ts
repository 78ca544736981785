// The page that a path names, such as `group/3/round/7`.

import type { AnyPage } from "./page.ts";
import { accountPage } from "./pages/account.ts";
import { dataPage } from "./pages/data.ts";
import { groupPage } from "./pages/group.ts";
import { groups } from "./pages/groups.ts";
import { money } from "./pages/money.ts";
import { roundPage } from "./pages/round.ts";
import { trainersPage } from "./pages/trainers.ts";
import { validators } from "./pages/validators.ts";
import { votesPage } from "./pages/votes.ts";

/** Returns the page of a path, such as `group/3`; null if there is none. */
export function page(path: string): AnyPage | null {
  const [first, second, third, fourth, ...more] = path.split("/").filter((part) => part !== "");
  if (more.length > 0) return null;
  const number = (text: string | undefined): number | null =>
    text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;
  switch (first) {
    case undefined:
      return groups;
    case "money":
      return second === undefined ? money : null;
    case "validators":
      return second === undefined ? validators : null;
    case "account":
      return second !== undefined && /^[1-9A-HJ-NP-Za-km-z]{40,60}$/.test(second) && third === undefined
        ? accountPage(second)
        : null;
    case "group":
      break;
    default:
      return null;
  }
  const group = number(second);
  if (group === null) return null;
  const round = number(fourth);
  if (third === "round") return round === null ? null : roundPage(group, round);
  if (fourth !== undefined) return null;
  switch (third) {
    case undefined:
      return groupPage(group);
    case "trainers":
      return trainersPage(group);
    case "votes":
      return votesPage(group);
    case "data":
      return dataPage(group);
    default:
      return null;
  }
}
