// Starts the Chromium that is installed, or the one in $CHROMIUM.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// As root, Chromium needs --no-sandbox. Nothing looks for updates or other hosts in the background.
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? BROWSERS.find(existsSync);
  assert(executablePath, 'no Chromium: set CHROMIUM to its path');
  return puppeteer.launch({ executablePath, args: ARGUMENTS });
}
