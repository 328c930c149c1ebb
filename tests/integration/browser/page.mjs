// The live page in a real browser: node page.mjs URL CHROMIUM FOLDER. Prints one line per check; exits with 1 on the first
// that fails. The caller keeps load running meanwhile; screenshots go to the folder.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [url, executablePath, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const ok = (what) => console.log(`ok ${what}`);
const number = (text) => Number.parseFloat(text) * ({ k: 1e3, M: 1e6, G: 1e9, KB: 1024, MB: 2 ** 20 }[text.split(" ")[1]] ?? 1);

async function open(width, height, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const errors = [], foreign = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => !request.url().startsWith(url) && !request.url().startsWith("data:") && foreign.push(request.url()));
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById("mode").textContent === "coherent");
  await page.waitForSelector("#queries tbody tr");
  return { context, page, errors, foreign };
}

const changes = (page, id) => page.evaluate((i) => document.getElementById(i).textContent, id).then((before) =>
  page.waitForFunction(([i, text]) => document.getElementById(i).textContent !== text, [id, before]));
const painted = (page, id) => page.evaluate((i) => {
  const canvas = document.getElementById(i);
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((_, n) => n % 4 === 3).some((a) => a > 0);
}, id);
const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const column = (page, table, name) => page.$$eval(`#${table} tbody tr`, (rows, n) =>
  rows.map((row) => [...row.cells].find((cell) => cell.dataset.label === n).textContent), name);

async function look(width, height, scheme) {
  const at = `at ${width} pixels, ${scheme}`;
  const { context, page, errors, foreign } = await open(width, height, scheme);
  for (const id of ["mysql-detail", "resp-detail"]) await changes(page, id);
  assert.match(await page.textContent("#mysql-rate"), /^[\d.]+%$/);
  assert.match(await page.textContent("#latency-mysql-hit"), /s to .*s$/);
  for (const id of ["chart-reads", "chart-rates"]) assert.ok(await painted(page, id), `${id} is empty`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
  ok(`figures move ${at}`);

  for (const [order, sign] of [["descending", -1], ["ascending", 1]]) {
    await page.click('#queries th[data-name="misses"] button');
    assert.equal(await page.getAttribute('#queries th[data-name="misses"]', "aria-sort"), order);
    const values = (await column(page, "queries", "misses")).map(number);
    assert.ok(values.length > 1);
    assert.deepEqual(values, [...values].sort((a, b) => sign * (a - b)), `misses are not ${order}`);
  }
  assert.ok((await column(page, "queries", "why not")).includes("nondeterministic"));
  await page.fill("#filter", "now()");
  assert.equal((await column(page, "queries", "statement")).length, 1);
  await page.fill("#filter", "");
  ok(`sorts and filters ${at}`);

  page.once("dialog", (dialog) => dialog.accept());
  await page.click("#lookups tbody tr .purge");
  await page.waitForFunction(() => /entr(y|ies) dropped/.test(document.getElementById("toast").textContent));
  await page.waitForFunction(() => /lookup .*entr(y|ies) dropped/.test(document.getElementById("events").textContent));
  page.once("dialog", (dialog) => dialog.accept());
  await page.click("#queries tbody tr .purge");
  await page.waitForFunction(() => /query .*entr(y|ies) dropped/.test(document.getElementById("events").textContent));
  ok(`purges ${at}`);

  await page.screenshot({ path: `${folder}/${width}-${scheme}.png`, fullPage: true });
  const before = await ground(page);
  await page.click("#theme");
  const after = await ground(page);
  assert.notEqual(after, before);
  await page.reload();
  assert.equal(await ground(page), after, "the chosen theme is forgotten");
  await page.waitForSelector("#queries tbody tr");
  ok(`switches between light and dark ${at}`);

  assert.deepEqual([errors, foreign], [[], []]);
  ok(`no console error, nothing loaded from elsewhere ${at}`);
  const shown = await ground(page);
  await context.close();
  return [before, shown];
}

// Polling must not leave anything behind: nodes and listeners after a collection stay where they were.
async function leaks() {
  const { context, page } = await open(1280, 900, "light");
  const session = await context.newCDPSession(page);
  const polled = (times) => page.evaluate((n) => new Promise((done) => {
    const before = performance.getEntriesByType("resource").length;
    const look = () => performance.getEntriesByType("resource").length >= before + n ? done() : setTimeout(look, 50);
    look();
  }), times);
  const count = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
    return [nodes, jsEventListeners];
  };
  await polled(2);
  const [nodes, listeners] = await count();
  await polled(8);
  const [nodes_after, listeners_after] = await count();
  assert.ok(nodes_after <= nodes + 40, `${nodes} nodes became ${nodes_after}`);
  assert.ok(listeners_after <= listeners + 2, `${listeners} listeners became ${listeners_after}`);
  ok("polling leaves nothing behind");
  await context.close();
}

try {
  const [light] = await look(1280, 900, "light");
  const [dark] = await look(390, 844, "dark");
  assert.notEqual(light, dark, "the page does not follow the system's dark mode");
  await leaks();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
