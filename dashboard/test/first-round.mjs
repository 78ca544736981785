// Measures how long it is from the start of the demo until a browser shows the first round that paid somebody.
//
//   . scripts/env; node dashboard/test/first-round.mjs "$CARGO_TARGET_DIR/release/descent-demo"
//
// Needs the programs of a release build, and MNIST in the cache, which scripts/demo leaves there. Prints the seconds, and fails
// if they are more than 180.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const LIMIT = 180;
/** Longest wait, in milliseconds, so that a slow machine is told how slow it is. */
const PATIENCE = 600_000;

const program = process.argv[2];
if (program === undefined) {
  console.error("usage: node first-round.mjs PATH-OF-DESCENT-DEMO");
  process.exit(2);
}
const start = performance.now();
const seconds = () => Math.round((performance.now() - start) / 1000);
const demo = spawn(program, { stdio: ["ignore", "pipe", "pipe"] });
const ended = once(demo, "exit");
// A demo that is interrupted prints the ends of all logs, which matter only if it fails by itself.
let failure = "";
demo.stderr.on("data", (text) => (failure = `${failure}${text}`.slice(-4000)));
let browser;
try {
  const page = await open(await address());
  await page.getByRole("link", { name: "mnist", exact: true }).click();
  const paid = page.getByRole("row", { name: /^round \d+ 5.* NRN$/ }).first();
  await paid.getByRole("link", { name: /^round/ }).click();
  await page.locator(".sentence", { hasText: "Paid" }).first().waitFor();
  console.log(`a round that paid somebody is shown after ${seconds()} s`);
  if (seconds() > LIMIT) throw new Error(`that is more than ${LIMIT} s`);
} finally {
  await browser?.close();
  demo.kill("SIGINT");
  await ended;
}

/** Waits for the line in which the demo names the page. */
async function address() {
  for await (const line of createInterface({ input: demo.stdout })) {
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (found !== undefined) {
      demo.stdout.resume();
      return found;
    }
  }
  throw new Error(`the demo ended before it named the page: ${failure}`);
}

async function open(address) {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  await page.goto(address);
  console.log(`the page is open after ${seconds()} s`);
  return page;
}
