import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { createApi } from '../../api/app.ts';
import { serveApi } from '../../api/http/server.ts';
import { PipelineLibrary } from '../../api/runs/pipeline-library.ts';
import { parseAllowance } from '../../core/webhook.ts';
import { type Database, openDatabase } from '../../db/connection.ts';
import { startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { createKey } from '../../db/keys.ts';
import { migrate } from '../../db/migrate.ts';
import { openDispatcher } from '../../queue/dispatcher.ts';
import { fill } from './fill.ts';
import { type Times, timesOf } from './measure.ts';

/** How fast the pages are on a database with many runs, each with an incident, beside a page that reads nothing:
 * `npm run bench:pages [runs] [stacks]`. */
const RUNS = Number(process.argv[2] ?? 100_000);
const STACKS = Number(process.argv[3] ?? 12);
const LAST = RUNS.toString(16).padStart(12, '0');
const LAST_RUN = `01900000-1000-7000-8000-${LAST}`;
const LAST_INCIDENT = `01900000-3000-7000-8000-${LAST}`;
const FLOOR = '/sign-in';
const PAGES = [
  '/',
  '/runs',
  '/runs?status=failed',
  '/runs?stack=stack-1',
  `/runs/${LAST_RUN}`,
  '/runs/new',
  '/incidents',
  '/incidents?status=escalated',
  '/incidents?stack=stack-1',
  `/incidents/${LAST_INCIDENT}`,
  '/recovery?days=30',
  '/recovery?days=90',
  '/environments/stack-1/reset',
];

const dataDir = await mkdtemp(join(tmpdir(), 'davy-bench-'));
const postgres = await startEmbeddedPostgres({ dataDir });
const closing: (() => Promise<unknown>)[] = [
  () => rm(dataDir, { recursive: true, force: true }),
  () => postgres.stop(),
];
try {
  await migrate(postgres.url);
  const database = openDatabase(postgres.url);
  closing.push(() => database.close());
  console.log(`Filling a database with ${RUNS} runs on ${STACKS} stacks ...`);
  await fill(database, { runs: RUNS, stacks: STACKS });
  const url = await serve(database, postgres.url);
  const browser = await openBrowser();
  await compare(browser, url, await createKey(database, 'bench', ['admin']));
} finally {
  for (const close of closing.reverse()) await close();
}

async function serve(database: Database, databaseUrl: string): Promise<string> {
  const log = () => {};
  const dispatcher = await openDispatcher({ databaseUrl, log });
  closing.push(() => dispatcher.close());
  const pipelines = new PipelineLibrary([fileURLToPath(new URL('../../pipelines', import.meta.url))]);
  const app = createApi({ database, dispatcher, pipelines, webhookAllowance: parseAllowance(''), log });
  const server = await serveApi(app, { port: 0, bind: '127.0.0.1' });
  closing.push(() => server.close());
  return server.url;
}

async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  closing.push(() => browser.close());
  return browser;
}

async function compare(browser: Browser, url: string, key: string): Promise<void> {
  const page = await browser.newPage({ baseURL: url });
  await page.goto(FLOOR);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${url}/`);
  const floor = await timesOf(page, FLOOR);
  console.log(row('page', 'first byte', 'usable'));
  console.log(row(FLOOR, told(floor.firstByteMs), told(floor.usableMs)));
  for (const path of PAGES) {
    const times = await timesOf(page, path);
    const beside = (which: keyof Times) =>
      `${told(times[which])} (x ${(times[which] / floor[which]).toFixed(1)})`;
    console.log(
      row(
        path.replace(LAST_RUN, ':id').replace(LAST_INCIDENT, ':id'),
        beside('firstByteMs'),
        beside('usableMs'),
      ),
    );
  }
}

function told(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}

function row(page: string, firstByte: string, usable: string): string {
  return `${page.padEnd(30)}${firstByte.padStart(18)}${usable.padStart(18)}`;
}
