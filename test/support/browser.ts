import { type Browser, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';

const EXECUTABLE = '/usr/bin/chromium';
const START_TIMEOUT_MS = 20_000;

/** Debian's chromium, without a window, closed when the running test is over. Tests that call it need `chromium`. */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    // The tests run as root in containers, where chromium has no sandbox to put itself into.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: START_TIMEOUT_MS,
  });
  onTestFinished(() => browser.close());
  return browser;
}
