import type { Page } from 'playwright-core';

/** Medians, in milliseconds. */
export interface Times {
  /** Until the first byte of the answer. */
  firstByteMs: number;
  /** Until a browser shows the page, and its script works. */
  usableMs: number;
}

const ROUNDS = 15;

/** Loads a page again and again, as a browser does that has its files already. */
export async function timesOf(page: Page, path: string): Promise<Times> {
  const rounds: Times[] = [];
  await load(page, path);
  for (let round = 0; round < ROUNDS; round++) rounds.push(await load(page, path));
  return {
    firstByteMs: median(rounds.map(({ firstByteMs }) => firstByteMs)),
    usableMs: median(rounds.map(({ usableMs }) => usableMs)),
  };
}

async function load(page: Page, path: string): Promise<Times> {
  await page.goto(path);
  await page.locator('html[data-script=on] h1').waitFor({ state: 'attached' });
  const [firstByteMs = 0, usableMs = 0] = await page.evaluate<number[]>(`(() => {
    const [{ responseStart }] = performance.getEntriesByType('navigation');
    const [{ startTime }] = performance.getEntriesByName('usable');
    return [responseStart, startTime];
  })()`);
  return { firstByteMs, usableMs };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
