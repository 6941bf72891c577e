import axe, { type AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { startBrowser } from '../../support/browser.ts';

/** What a page must never do, as it was seen to do it. */
interface Sins {
  consoleErrors: string[];
  foreignRequests: string[];
}

export interface Visit {
  page: Page;
  sins: Sins;
}

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export interface VisitOptions extends Pick<BrowserContextOptions, 'colorScheme' | 'javaScriptEnabled'> {
  viewport?: { width: number; height: number };
  /** Where to go once signed in. */
  to?: string;
}

/** A browser that is signed in; at the end of the test it is seen to have met no error and no other host. */
export async function visit(
  { url, key }: { url: string; key: string },
  { viewport = DESK, to = '/', ...options }: VisitOptions = {},
): Promise<Visit> {
  const browser = await startBrowser();
  const context = await browser.newContext({ viewport, baseURL: url, ...options });
  const page = await context.newPage();
  const sins = watchSins(page, url);
  onTestFinished(() => expect(sins).toEqual({ consoleErrors: [], foreignRequests: [] }));
  await page.goto(to);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((now) => now.pathname === new URL(to, url).pathname);
  return { page, sins };
}

function watchSins(page: Page, url: string): Sins {
  const sins: Sins = { consoleErrors: [], foreignRequests: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') sins.consoleErrors.push(message.text());
  });
  page.on('pageerror', (error) => sins.consoleErrors.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:') && new URL(request.url()).origin !== url)
      sins.foreignRequests.push(request.url());
  });
  return sins;
}

/** What axe finds that keeps somebody out: in words, so that a failing test says what to mend. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = (await page.evaluate(`${axe.source}; axe.run()`)) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}
