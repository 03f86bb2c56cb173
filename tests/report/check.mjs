// Checks reports in a browser: accessibility in light and dark, wide and narrow, with scripts and
// without; that the page loads nothing and runs nothing from an account; that sorting and filtering
// work. Also writes screenshots and a PDF for people to review.
//
//   node check.mjs FOLDER REPORT.html…
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';

const [folder, ...reports] = process.argv.slice(2);
assert(folder && reports.length > 0, 'usage: node check.mjs FOLDER REPORT.html...');
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
  await plain.pdf({ path: join(folder, `${name}.pdf`), format: 'A4', printBackground: false });
  await plain.close();

  const page = await open(report, { width: 1280, scheme: 'light' });
  const visible = () => page.$$eval('tbody tr', (rows) => rows.filter((row) => !row.hidden).map((row) => row.cells[0].dataset.sort));
  const all = await visible();
  await page.click('thead th:first-child button');
  const sorted = await visible();
  assert.deepEqual([...sorted].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })), sorted, 'sorted');
  assert.equal(await page.$eval('thead th', (header) => header.ariaSort), 'ascending');
  await page.click('thead th:first-child button');
  assert.deepEqual(await visible(), sorted.toReversed(), 'and back');
  await page.select('[name=result]', 'COMPLIANT');
  const compliant = await visible();
  assert(compliant.length < all.length, 'filtered');
  assert.equal(await page.$eval('output', (it) => it.textContent), `${compliant.length} of ${all.length}`);
  await page.select('[name=result]', '');
  await page.type('[name=text]', 'no stage has this name');
  assert.deepEqual(await visible(), []);
  const link = await page.$('td a');
  if (link) {
    await page.$eval('[name=text]', (it) => { it.value = ''; it.dispatchEvent(new Event('input', { bubbles: true })); });
    await page.click('td a');
    const target = await page.$eval('td a', (it) => it.hash);
    assert(await page.$eval(target, (it) => it.closest('details').open), 'a link opens its target');
  }
  await page.close();
}
await browser.close();
assert.equal(violations, 0, `${violations} serious violations`);
console.log('report-check: passed');
