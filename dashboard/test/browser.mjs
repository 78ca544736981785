// Looks at the dashboard in a real browser, as integration-tests/tests/dashboard.rs tells it to.
//
//   node browser.mjs ADDRESS GROUP NAME FOLDER
//
// It prints a line for each thing that it has seen: `voted` once votes for delta 0 and amendment 0 of the group are final,
// `followed` once a round went from commit to the reason why somebody was paid, `lost` and `recovered` when the node goes and
// comes back, and `visited` once all pages were there. Pictures of the pages are written to the folder.

import { chromium } from "playwright-core";
import { vote } from "./votes.mjs";
import { inject } from "./wallet.mjs";

const [address, group, name, folder] = process.argv.slice(2);
const PATIENCE = 240_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const errors = [];
const page = await open();

async function open() {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    // The browser itself tells of a connection that fails, which a node that restarts makes.
    if (message.type() === "error" && !message.text().includes("WebSocket")) errors.push(message.text());
  });
  return page;
}

async function expect(what, is) {
  const found = await is();
  if (!found) throw new Error(`${what}: ${JSON.stringify(found)}`);
}

/** Opens the page of the current round, and of the next one where nobody has committed in that. */
async function openRound() {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    await page.goto("about:blank");
    await page.goto(`${address}/#/group/${group}`);
    await page.locator("h1", { hasText: name }).waitFor();
    await page.locator("p.lead a").first().click();
    const committed = page.locator("tbody .account").first().waitFor({ timeout: 15_000 });
    if (await committed.then(() => true, () => false)) return;
  }
  throw new Error("nobody commits in the rounds that the page shows");
}

async function picture(file) {
  await page.screenshot({ path: `${folder}/${file}.png`, fullPage: true });
}

const voter = await open();
const { signed } = await inject(voter, ["//Charlie", "//Ferdie"]);
await vote({ address, group, folder, voter, signed, without: page });
await expect("a summary became markup", () => voter.evaluate(() => window.hurt === undefined && !document.querySelector("img")));
await voter.close();
console.log("voted");

await page.goto(address);
await page.getByRole("link", { name, exact: true }).click();
await page.locator("h1", { hasText: name }).waitFor();
await picture("group-before");
await openRound();
await picture("round-live");
await page.getByRole("link", { name: "the next" }).focus();
await page.locator("h1").evaluate((heading) => (heading.dataset.before = "yes"));
await page.locator(".outcome.won").first().waitFor();
await page.locator(".sentence", { hasText: "Paid" }).first().waitFor();
await expect("the page was not drawn again", async () => (await page.locator("h1[data-before]").count()) === 0);
await expect("the focus went away with the page that was drawn again", () =>
  page.evaluate(() => document.activeElement?.textContent?.startsWith("the next")),
);
await picture("round-settled");
console.log("followed");

await page.locator("[data-state=lost]").waitFor();
console.log("lost");
await page.locator("[data-state=open]").waitFor();
const before = await page.locator(".block").textContent();
await page.waitForFunction((text) => document.querySelector(".block").textContent !== text, before);
console.log("recovered");

const pages = [
  [`#/group/${group}`, "canvas"],
  [`#/group/${group}/trainers`, "tbody tr"],
  [`#/group/${group}/votes`, "section"],
  [`#/group/${group}/data`, "tbody tr"],
  ["#/money", "canvas"],
  ["#/validators", "tbody tr"],
];
for (const [path, has] of pages) {
  await page.goto(`${address}/${path}`);
  await page.locator(`main[data-path="${path.slice(2)}"]`).locator(has).first().waitFor();
  await picture(path.slice(2).replaceAll("/", "-"));
}
await page.locator("tbody .account").first().click();
await page.getByRole("heading", { name: "Rewards" }).waitFor();
await page.getByRole("heading", { name: "Balance" }).waitFor();
await page.goto(`${address}/#/group/999`);
await page.getByText("There is no such group on this chain.").waitFor();
await page.goto(`${address}/#/nonsense/1`);
await page.getByText("There is no such page").waitFor();
await page.setViewportSize({ width: 360, height: 740 });
await page.emulateMedia({ colorScheme: "dark" });
await page.goto(`${address}/#/group/${group}`);
await page.locator(`main[data-path="group/${group}"] canvas`).first().waitFor();
await expect("a phone needs no scrolling to the side", () =>
  page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
);
await picture("phone");
await expect("a name became markup", () => page.evaluate(() => window.hurt === undefined && !document.querySelector("img")));
if (errors.length > 0) throw new Error(errors.join("\n"));
console.log("visited");
await browser.close();
