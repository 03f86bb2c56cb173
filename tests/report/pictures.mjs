// Takes the README's pictures of the report: its key figures and its timeline, light and dark.
//
//   node pictures.mjs REPORT.html FOLDER
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';

const WIDTH = 1120;
const [report, folder] = process.argv.slice(2);
const browser = await launch();
for (const scheme of ['light', 'dark']) {
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTH, height: 1000 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(pathToFileURL(resolve(report)).href);
  const bottom = await page.$eval('section:has(#timeline) details', (it) => it.getBoundingClientRect().top);
  const clip = { x: 0, y: 0, width: WIDTH, height: Math.floor(bottom) };
  await page.screenshot({ path: join(folder, `report-${scheme}.png`), clip });
  await page.close();
}
await browser.close();
