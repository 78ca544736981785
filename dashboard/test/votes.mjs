// Votes from the page, with the wallets of wallet.mjs.

/** Returns a number as SCALE has it, in hex digits. */
function little(value) {
  return Buffer.from(Uint32Array.of(value).buffer).toString("hex");
}

function expect(what, is) {
  if (!is) throw new Error(what);
}

/**
 * Votes for delta 0 and amendment 0 of a group, with an account that has no stake, a wallet that refuses, and one that signs. The
 * page `without` has no wallet.
 */
export async function vote({ address, group, folder, voter, signed, without }) {
  const votes = `${address}/#/group/${group}/votes`;
  const open = async (page, name) => {
    await page.getByRole("button", { name }).click();
    await page.getByRole("dialog").waitFor();
  };
  const told = (text) => voter.locator("dialog .told", { hasText: text }).waitFor();
  const close = () => voter.getByRole("button", { name: "close", exact: true }).click();
  const use = async (wallet, account) => {
    await voter.getByRole("button", { name: `use ${wallet}` }).click();
    const select = voter.getByLabel("from the account");
    await select.waitFor();
    const option = voter.locator("dialog option", { hasText: account });
    await select.selectOption(await option.getAttribute("value"));
    await voter.getByText("bytes of the call").waitFor();
  };
  const sign = (name) => voter.getByRole("button", { name, exact: true }).click();

  // Without a wallet there is the command.
  await without.goto(votes);
  await open(without, "Vote for delta 0");
  await without.getByText("There is no wallet in this browser.").waitFor();
  await without
    .locator("dialog code", { hasText: `descent dataset vote ${group} 0 --key-file KEY` })
    .waitFor();
  await without.keyboard.press("Escape");
  await without.getByRole("dialog").waitFor({ state: "detached" });

  await voter.goto(votes);
  await voter.getByRole("button", { name: "show records of delta 0" }).click();
  await voter.getByText("the bytes hash to what the chain names").waitFor();
  expect("no records are shown", (await voter.locator(".samples tbody tr, .samples canvas").count()) === 24);

  await open(voter, "Vote for delta 0");
  await voter.getByRole("button", { name: "use closed" }).click();
  await told("The wallet does not give accounts: not allowed.");
  expect(
    "the file that signs is loaded by a page that only looks",
    (await loads(without, "wallet.js")) === 0,
  );
  await use("refusing", "//Ferdie");
  await sign("sign and send");
  await told("The wallet did not sign: Cancelled <b>by you</b>. Nothing was sent.");
  expect("a wallet's words became markup", (await voter.locator("dialog b").count()) === 0);
  await close();

  await open(voter, "Vote for delta 0");
  await use("test-wallet", "//Charlie");
  await voter.getByText("Without stake in the group the chain refuses it").waitFor();
  await sign("sign and send all the same");
  await told("the account has no stake in the group");
  await voter
    .locator("dialog .told code", { hasText: `descent stake add ${group} AMOUNT --key-file KEY` })
    .waitFor();
  await close();

  await open(voter, "Vote for delta 0");
  await use("test-wallet", "//Ferdie");
  await voter.screenshot({ path: `${folder}/vote.png` });
  await sign("sign and send");
  await told("which is final");
  await close();
  await open(voter, "Approve amendment 0");
  await use("test-wallet", "//Ferdie");
  await sign("sign and send");
  await told("which is final");
  await close();
  await voter.waitForFunction(() => document.activeElement?.textContent === "Approve amendment 0");
  const numbers = `${little(group)}${little(0)}`;
  const wanted = new RegExp(`^0x3402${numbers} 0x3402${numbers} 0x32..${numbers}01$`);
  expect(`the wallet signed ${signed}`, wanted.test(signed.join(" ")));
}

/** Returns the number of files of a name that a page has loaded. */
function loads(page, name) {
  return page.evaluate(
    (name) => performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith(name)).length,
    name,
  );
}
