import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Squatter } from '../../cli/demo/squatter.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { type Davylamp, startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';
import { receiver } from '../worker/notices/receiver.ts';

const SETUP = 'mining-infrastructure-setup';

needs('litecoind').describe('a notice', () => {
  test('calls a person once, by log and by webhook, with a report of what was seen, and tells when it is over', async () => {
    const davylamp = await startDavylamp({ webhookAllow: '127.0.0.1' });
    const { url, received } = await receiver((response) => response.end());
    const registered = await davylamp.fetch('/v1/webhooks', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url, environments: ['lab'] }),
    });
    expect(registered.status).toBe(201);

    const squatter = new Squatter();
    const definition = JSON.parse(await readFile(join(davylamp.labDirectory, 'davy.json'), 'utf8'));
    await squatter.take(definition.daemon.rpcPort);
    try {
      const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
      expect(run, JSON.stringify(run.incidents)).toMatchObject({
        status: 'escalated',
        incidents: [{ component: 'daemon', failure: 'port_conflict', status: 'escalated' }],
      });
      const lines = await waitUntil(
        async () => {
          const text = await readFile(escalationLog(davylamp), 'utf8').catch(() => '');
          return text.endsWith('\n') && received.length > 0 ? text.trimEnd().split('\n') : null;
        },
        { timeoutMs: 10_000, intervalMs: 20, what: 'the notices are delivered' },
      );
      expect(lines).toEqual([
        expect.stringContaining('[ESCALATION] lab daemon: port_conflict: critical_error'),
      ]);
      expect(received).toHaveLength(1);
      const { data } = JSON.parse(received[0]?.body ?? '');
      expect(data).toMatchObject({ environment: 'lab', component: 'daemon', runId: run.id });

      const report = await davylamp.fetch(data.report, { headers: { accept: 'text/markdown' } });
      const markdown = await report.text();
      expect(markdown).toMatch(/^# lab on rig-1: daemon: port_conflict\n/);
      expect(markdown).toContain(`port ${definition.daemon.rpcPort} of daemon: held by node (pid`);
      expect(markdown).toMatch(/### daemon: .*debug\.log/);
      const [, file = ''] = /report (\S+),/.exec(lines[0] ?? '') ?? [];
      expect(await readFile(file, 'utf8')).toBe(markdown);
    } finally {
      await squatter.release();
    }

    expect(await davylamp.untilFinished((await davylamp.post(SETUP)).id)).toMatchObject({
      status: 'succeeded',
    });
    const [, recovered = ''] = await waitUntil(
      async () => {
        const lines = (await readFile(escalationLog(davylamp), 'utf8')).trimEnd().split('\n');
        return lines.length > 1 && received.length > 1 ? lines : null;
      },
      { timeoutMs: 60_000, intervalMs: 50, what: 'the watch sees that it works again' },
    );
    expect(recovered).toContain(
      '[RECOVERED] lab daemon: port_conflict: everything that should be running works',
    );
    expect(JSON.parse(received[1]?.body ?? '')).toMatchObject({ type: 'incident.recovered' });
  }, 240_000);
});

function escalationLog({ labDirectory }: Davylamp): string {
  return join(dirname(labDirectory), 'data', 'environments', 'lab', 'logs', 'escalation.log');
}
