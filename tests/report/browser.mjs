// Starts the Chromium that is installed, or the one in $CHROMIUM.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? BROWSERS.find(existsSync);
  assert(executablePath, 'no Chromium: set CHROMIUM to its path');
  return puppeteer.launch({ executablePath, args: ['--no-sandbox'] });
}
