// Checks reports in a browser: accessibility in light and dark, wide and narrow, with scripts and
// without; that the page loads nothing and runs nothing from an account; that sorting, filtering,
// links and copying work; and the number of printed pages. Also writes screenshots and a PDF for
// people to review.
//
//   node check.mjs FOLDER REPORT.html…
//
// large.html among the reports is only checked for its size and its filter.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';

const [folder, ...all] = process.argv.slice(2);
const large = all.find((report) => basename(report) === 'large.html');
const reports = all.filter((report) => report !== large);
assert(folder && all.length > 0, 'usage: node check.mjs FOLDER REPORT.html...');
mkdirSync(folder, { recursive: true });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await launch();
let violations = 0;

/** Opens the report and verifies that it requests only itself and logs nothing. */
async function open(report, { width, scheme, scripts = true }) {
  const page = await browser.newPage();
  const requests = [];
  const messages = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(String(error)));
  await page.setJavaScriptEnabled(scripts);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  const url = pathToFileURL(resolve(report)).href;
  await page.goto(url);
  assert.deepEqual(requests, [url], `${report} loads something`);
  assert.deepEqual(messages, [], `${report} logs messages or errors`);
  return page;
}

async function accessible(page, what) {
  // The page's content security policy refuses all scripts, including axe, so axe runs in an
  // isolated world.
  const session = await page.createCDPSession();
  await session.send('Page.enable');
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  const run = (expression) =>
    session.send('Runtime.evaluate', { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
  await run(axe);
  const { result, exceptionDetails } = await run(
    'axe.run(document).then(({ violations, passes }) => ({ violations, passes: passes.map(({ id }) => id) }))',
  );
  assert(!exceptionDetails, JSON.stringify(exceptionDetails));
  assert(result.value.passes.includes('color-contrast'), `${what}: axe checked nothing`);
  for (const { id, impact, help, nodes } of result.value.violations) {
    violations += ['serious', 'critical'].includes(impact);
    console.log(`${what}: ${impact} ${id}: ${help} (${nodes.length}, ${nodes[0].html.slice(0, 120)})`);
  }
  console.log(`${what}: ${result.value.violations.length} violations, ${result.value.passes.length} rules passed`);
}

for (const report of reports) {
  const name = basename(report, '.html');
  for (const scheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const what = `${name}-${scheme}-${width}`;
      const page = await open(report, { width, scheme });
      const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      assert(overflow <= 0, `${what} is ${overflow}px too wide`);
      assert.equal(await page.evaluate('globalThis.harmed'), undefined, `${what}: a value ran as script`);
      await page.screenshot({ path: join(folder, `${what}.png`), fullPage: true });
      await accessible(page, what);
      await page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })");
      await accessible(page, `${what}, opened`);
      await page.screenshot({ path: join(folder, `${what}-opened.png`), fullPage: true });
      await page.close();
    }
  }

  const plain = await open(report, { width: 1280, scheme: 'light', scripts: false });
  await plain.screenshot({ path: join(folder, `${name}-no-scripts.png`), fullPage: true });
  assert.equal(await plain.$('.copy'), null, 'without scripts, there are no buttons');
  const pdf = await plain.pdf({ path: join(folder, `${name}.pdf`), format: 'A4', printBackground: false });
  const pages = Buffer.from(pdf).toString('latin1').match(/\/Type\s*\/Page\b/g).length;
  console.log(`${name}: ${pages} printed pages, ${statSync(report).size} bytes`);
  assert(name !== 'example' || pages < 10, `the example prints on ${pages} pages`);
  await plain.close();

  const page = await open(report, { width: 1280, scheme: 'light' });
  const visible = () =>
    page.$$eval('#table tbody tr', (rows) => rows.filter((row) => !row.hidden).map((row) => row.cells[0].textContent));
  const toDo = () =>
    page.$$eval('.todo:not([hidden]) .stages tr', (rows) => rows.filter((row) => !row.hidden).map((row) => row.cells[0].textContent));
  const all = await visible();
  const allToDo = await toDo();
  await page.click('#table thead th:first-child button');
  const sorted = await visible();
  assert.deepEqual([...sorted].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })), sorted, 'sorted');
  assert.equal(await page.$eval('#table thead th', (header) => header.ariaSort), 'ascending');
  await page.click('#table thead th:first-child button');
  assert.deepEqual(await visible(), sorted.toReversed(), 'and back');
  await page.click('#table thead th:nth-child(2) button');
  assert.deepEqual(await visible(), all, 'sorted by severity, as at first');
  await page.select('[name=result]', 'COMPLIANT');
  const compliant = await visible();
  assert(compliant.length < all.length, 'filtered');
  assert.equal(await page.$eval('output', (it) => it.textContent), `${compliant.length} of ${all.length}`);
  await page.select('[name=result]', 'HIGH');
  const high = new Set((await visible()).map((stage) => stage.split(' ')[0]));
  const highToDo = await toDo();
  assert(high.size > 0 && highToDo.length > 0 && highToDo.length < allToDo.length, 'what to do is filtered');
  assert(highToDo.every((stage) => high.has(stage.split(' ')[0])), 'what to do is filtered with the table');
  const counted = await page.$$eval('.todo:not([hidden]) [data-of]', (counts) =>
    counts.reduce((sum, count) => sum + Number.parseInt(count.textContent, 10), 0));
  assert.equal(counted, highToDo.length, 'the numbers of stages are those that are shown');
  await page.select('[name=result]', '');
  assert.deepEqual(await toDo(), allToDo);
  await page.type('[name=text]', 'no stage has this name');
  assert.deepEqual(await visible(), []);
  assert.deepEqual(await toDo(), []);
  await page.$eval('[name=text]', (it) => { it.value = ''; it.dispatchEvent(new Event('input', { bubbles: true })); });

  // A link to what to do shows its heading at the top of the window, and nothing covers it.
  for (const link of (await page.$$('#table td a')).slice(0, 5)) {
    await link.click();
    const covered = await link.evaluate(({ hash }) => {
      const heading = document.querySelector(hash);
      const { left, top, bottom } = heading.getBoundingClientRect();
      const onTop = document.elementFromPoint(left + 5, (top + bottom) / 2);
      return top < 0 || bottom > innerHeight || !heading.contains(onTop) || heading.tagName !== 'H3';
    });
    assert(!covered, 'a link lands on its heading');
  }

  // Copying: the command as it is shown, to the clipboard.
  const session = await page.createCDPSession();
  await session.send('Browser.grantPermissions', { permissions: ['clipboardReadWrite', 'clipboardSanitizedWrite'] });
  await page.bringToFront();
  for (const selector of ['.todo pre + .copy', '.stages .copy']) {
    const button = await page.$(selector);
    await button.click();
    await page.waitForFunction((it) => it.textContent !== 'Copy', {}, button);
    const code = await button.evaluate((it) => (it.previousElementSibling.querySelector('code') ?? it.previousElementSibling).textContent);
    assert.equal(await button.evaluate((it) => it.textContent), 'Copied', selector);
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), code, selector);
  }
  await page.close();
}

// A report with thousands of stages is small and still works.
if (large) {
  const page = await open(large, { width: 1280, scheme: 'light' });
  assert(statSync(large).size < 3_000_000, `${statSync(large).size} bytes`);
  const milliseconds = await page.evaluate(() => {
    const form = document.getElementById('filter');
    const start = performance.now();
    form.elements.result.value = 'LOW';
    form.dispatchEvent(new Event('input', { bubbles: true }));
    document.body.getBoundingClientRect();
    return Math.round(performance.now() - start);
  });
  const rows = await page.$$eval('#table tbody tr', (all) => all.length);
  console.log(`${rows} stages: ${statSync(large).size} bytes, filtered and laid out in ${milliseconds} ms`);
  await page.close();
}
await browser.close();
assert.equal(violations, 0, `${violations} serious violations`);
console.log('report-check: passed');
