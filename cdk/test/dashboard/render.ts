// Renders each dashboard with sample data as a page and a picture.
//
//   node --import tsx test/dashboard/render.ts FOLDER
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dashboards } from './bodies';
import { page } from './draw';

const folder = resolve(process.argv[2] ?? 'cdk.out');
mkdirSync(folder, { recursive: true });
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browser = process.env.CHROMIUM ?? browsers.find(existsSync);
if (browser === undefined) {
  throw new Error('Chromium not found; set CHROMIUM to its path');
}
for (const [name, { widgets }] of Object.entries(dashboards())) {
  const path = join(folder, `${name.replace(/[^a-z-]+/g, '-')}.html`);
  writeFileSync(path, page(name, widgets));
  const height = Math.max(...widgets.map((widget) => widget.y + widget.height)) * 50 + 24;
  const picture = path.replace(/html$/, 'png');
  const options = ['--headless', '--no-sandbox', '--hide-scrollbars', `--window-size=1512,${height}`];
  const { status, stderr } = spawnSync(browser, [...options, `--screenshot=${picture}`, pathToFileURL(path).href]);
  if (status !== 0) {
    throw new Error(stderr.toString());
  }
  console.log(picture);
}
