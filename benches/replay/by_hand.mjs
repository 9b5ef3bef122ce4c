// The demo's task as an engineer writes it by hand with Playwright: the peer of a replayed script.
// PEERS_FOLDER=DIR node by_hand.mjs --url URL --user U --password P --rows FILE.json --chromium FILE
// FILE.json is a list of {employee, description, amount, date, category, company_card}. Prints one line of JSON.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";

const peers = createRequire(join(process.env.PEERS_FOLDER, "package.json"));
const { chromium } = peers("playwright-core");

const text = { type: "string" };
const { values: given } = parseArgs({ options: { url: text, user: text, password: text, rows: text, chromium: text } });
for (const name of ["url", "user", "password", "rows", "chromium"]) {
  if (!given[name]) throw new Error(`--${name} is missing`);
}

/** Files one claim, from the site's first page to the receipt; the claim's number. */
async function file(page, claim) {
  await page.goto(given.url);
  // The first page is the sign-in or the list of claims; whichever it is, it has one of these.
  const signIn = page.getByRole("button", { name: "Sign in" });
  const newClaim = page.getByRole("main").getByRole("link", { name: "New claim" });
  await signIn.or(newClaim).waitFor();
  if (await signIn.isVisible()) {
    await page.getByLabel("User name").fill(given.user);
    await page.getByLabel("Password").fill(given.password);
    await signIn.click();
  }
  await newClaim.click();

  await page.getByLabel("Employee").fill(claim.employee);
  await page.getByLabel("Description").fill(claim.description);
  await page.getByLabel("Amount (EUR)").fill(String(claim.amount));
  await page.getByLabel("Date").fill(claim.date);
  await page.getByLabel("Category").selectOption({ label: claim.category });
  await page.getByLabel("Paid with company card").setChecked(Boolean(claim.company_card));
  await page.getByRole("button", { name: "Review claim" }).click();

  await page.getByRole("button", { name: "Confirm and file claim" }).click();

  const receipt = await page.getByRole("status").filter({ hasText: "was filed" }).innerText();
  return receipt.split(" ")[1];
}

const since = (begin) => Number(((performance.now() - begin) / 1000).toFixed(3));
const rows = JSON.parse(await readFile(given.rows, "utf8"));

const start = performance.now();
const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox"] });
const page = await (await browser.newContext()).newPage();
const startSeconds = since(start);

try {
  const perRow = [];
  const claims = [];
  const begin = performance.now();
  for (const row of rows) {
    const from = performance.now();
    claims.push(await file(page, row));
    perRow.push(since(from));
  }
  const seconds = since(begin);
  console.log(JSON.stringify({ rows: rows.length, seconds, per_row: perRow, start_seconds: startSeconds, claims }));
} finally {
  await browser.close();
}
