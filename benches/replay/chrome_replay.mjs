// Replays one recording of Chrome's Recorder panel by Chrome's own runner, `@puppeteer/replay`.
// node chrome_replay.mjs FILE.json. Exit 0 if every step ran; 1, with the step that failed, if one did not; 2 if it could not begin.
// Needed: PEERS_FOLDER (where the packages are) and BENCH_CHROMIUM (the browser's program).
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

// The packages are not beside this file, and Node seeks an import's package only from the importing file upwards.
const peers = createRequire(join(process.env.PEERS_FOLDER, "package.json"));
const { createRunner, parse, PuppeteerRunnerExtension } = await import(pathToFileURL(peers.resolve("@puppeteer/replay")));
const puppeteer = peers("puppeteer-core");

/** Chrome's runner, which keeps in mind where it is. */
class Watched extends PuppeteerRunnerExtension {
  at = 0;
  async beforeEachStep() {
    this.at += 1;
  }
}

/** The step as it stands in the file; what was typed is left out, it may be a password. */
function shown(step) {
  return JSON.stringify(step.type === "change" ? { ...step, value: "…" } : step);
}

const file = process.argv[2];
const name = basename(file);
let flow;
try {
  flow = parse(JSON.parse(await readFile(file, "utf8")));
} catch (error) {
  console.log(`${name}: not a recording: ${error.message}`);
  process.exit(2);
}
let browser;
try {
  browser = await puppeteer.launch({
    executablePath: process.env.BENCH_CHROMIUM,
    // The headless shell knows no other mode, and a whole Chromium is better off in its newer one.
    headless: basename(process.env.BENCH_CHROMIUM).includes("headless-shell") ? "shell" : true,
    args: ["--no-sandbox"],
    // Ended below, with word of the step that was under way.
    handleSIGTERM: false,
  });
} catch (error) {
  console.log(`${name}: the browser did not start: ${error.message}`);
  process.exit(2);
}
const page = await browser.newPage();
const extension = new Watched(browser, page);
const begin = performance.now();
let ended = false;
const end = async (signal) => {
  ended = true;
  console.log(`${name}: step ${extension.at} of ${flow.steps.length} was under way at ${signal}`);
  await browser.close();
  process.exit(1);
};
// The time limit comes as this signal; the browser must not outlive it.
process.once("SIGTERM", end);
// A step that fails leaves its wait for a navigation behind, which fails in its turn when the browser ends.
process.on("unhandledRejection", () => {});
let failed = false;
try {
  failed = !(await (await createRunner(flow, extension)).run());
  const seconds = ((performance.now() - begin) / 1000).toFixed(2);
  console.log(`${name}: ${flow.steps.length} steps ran in ${seconds} s, the last page is ${page.url()}`);
} catch (error) {
  failed = true;
  const what = `step ${extension.at} of ${flow.steps.length} failed: ${error.message}`;
  if (!ended) console.log(`${name}: ${what}\n  ${shown(flow.steps[extension.at - 1])}`);
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
