import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { type Davylamp, startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';

const README = new URL('../../README.md', import.meta.url);

/** The client that the README has under "The API by example", as it is written there. */
async function pageOfCurl(): Promise<string> {
  const text = await readFile(README, 'utf8');
  const [, page] = /^## The API by example$[\s\S]*?^```bash\n([\s\S]*?)^```$/m.exec(text) ?? [];
  if (page === undefined) throw new Error('the README has no page of curl any more');
  return page;
}

/** Runs the commands in the folder of the stack; what they said so far. */
async function runThere({ url, apiKey, labDirectory }: Davylamp, commands: string) {
  const script = join(labDirectory, 'page-of-curl.sh');
  await writeFile(script, `set -eu -o pipefail\n${commands}`);
  const bash = spawn('bash', [script], {
    cwd: labDirectory,
    env: { PATH: process.env.PATH, DAVY_URL: url, DAVY_API_KEY: apiKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    bash.kill('SIGKILL');
  });
  const said = { out: '', error: '' };
  bash.stdout.on('data', (part) => {
    said.out += part;
  });
  bash.stderr.on('data', (part) => {
    said.error += part;
  });
  return { said, ended: once(bash, 'close').then(([code]) => code as number) };
}

async function occupy(port: number): Promise<void> {
  const server = createServer();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
  });
}

interface Line {
  event: string;
  data: { seq: number; runId: string; type: string; status?: string };
}

/** `<event> <data>`, one a line; the rest is the report. */
function readLines(out: string): { lines: Line[]; rest: string } {
  const all = out.slice(0, out.lastIndexOf('\n') + 1).split('\n');
  const isEvent = (line: string) => /^[a-z_]+ \{/.test(line);
  const lines = all.filter(isEvent).map((line) => {
    const [event = ''] = line.split(' ', 1);
    return { event, data: JSON.parse(line.slice(event.length + 1)) as Line['data'] };
  });
  return { lines, rest: all.filter((line) => !isEvent(line)).join('\n') };
}

async function eventsOf(davylamp: Davylamp, id: string): Promise<number[]> {
  const headers = { accept: 'application/json' };
  const page = await davylamp.fetch(`/v1/runs/${id}/events?limit=1000`, { headers });
  const { items, nextAfter } = (await page.json()) as { items: { seq: number }[]; nextAfter: null };
  expect(nextAfter).toBeNull();
  return items.map(({ seq }) => seq);
}

test('whatever of the README is pasted into one shell, no function takes the place of another', async () => {
  const names = [...(await readFile(README, 'utf8')).matchAll(/^(\w+)\(\) \{/gm)].map(([, name]) => name);
  expect(names).toContain('davy');
  expect(names).toEqual([...new Set(names)]);
});

needs('litecoind').describe('the README', () => {
  needs('curl').describe('has a page of curl', () => {
    test('that sets up a stack through a restart of the API, resets it, and reads a report', async () => {
      const davylamp = await startDavylamp({ name: 'rig' });
      await occupy(davylamp.ports.stratum);
      const { said, ended } = await runThere(davylamp, await pageOfCurl());
      const first = await davylamp.pidOf('api');
      await waitUntil(async () => readLines(said.out).lines.length >= 3, {
        timeoutMs: 60_000,
        intervalMs: 20,
        what: 'the stream has told some events',
      });
      expect(said.out, 'the run goes on').not.toMatch(/^end /m);
      process.kill(first, 'SIGKILL');

      expect([await ended, said.error]).toEqual([0, '']);
      expect(await davylamp.pidOf('api')).not.toBe(first);
      const { lines, rest } = readLines(said.out);
      const ends = lines.filter(({ event }) => event === 'end');
      expect(ends.map(({ data }) => data.status)).toEqual(['succeeded', 'succeeded']);
      const [run = '', reset = ''] = ends.map(({ data }) => data.runId);
      for (const id of [run, reset]) {
        const told = lines.filter(({ event, data }) => event !== 'end' && data.runId === id);
        expect(told.map(({ data }) => data.seq)).toEqual(await eventsOf(davylamp, id));
      }
      expect(rest).toContain('stratum_port_conflict');
      expect(rest).toMatch(/^# /m);
    }, 240_000);
  });
});
