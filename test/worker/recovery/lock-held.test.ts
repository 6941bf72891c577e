import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { diagnoseDaemon } from '../../../core/diagnosis/daemon.ts';
import { parseEnvironment } from '../../../core/environment.ts';
import { bitcoind } from '../../../worker/components/bitcoind.ts';
import { daemonMember, type Stack } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { needs } from '../../support/packages.ts';

async function daemonOn(directory: string, name: string) {
  const [rpcPort, p2pPort] = await freePorts(2);
  const ports = [`-rpcport=${rpcPort}`, `-port=${p2pPort}`, '-bind=127.0.0.1', '-listenonion=0'];
  const parsed = parseEnvironment({
    name,
    daemon: {
      dataDir: 'data',
      rpcPort,
      p2pPort,
      command: ['litecoind', `-datadir=${join(directory, 'data')}`, '-regtest', '-server', ...ports],
    },
    pool: {},
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { environment } = parsed;
  const stateDirectory = join(directory, name);
  const stack: Stack = { environmentId: name, environment, directory, stateDirectory };
  const member = daemonMember(stack);
  onTestFinished(async () => {
    await bitcoind.stop(member, { force: true });
  });
  return member;
}

needs('litecoind').describe('a lock deleted under a living daemon', () => {
  test('makes the second one cry corruption; it is found as a lock that is held', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'davy-lock-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const first = await daemonOn(directory, 'first');
    const second = await daemonOn(directory, 'second');
    await mkdir(join(directory, 'data'));
    await bitcoind.start(first, { reindex: false });
    await waitUntil(async () => (await bitcoind.observe(first)).rpc?.kind === 'ok', {
      timeoutMs: 20_000,
      intervalMs: 50,
      what: 'the first daemon answers',
    });
    await rm(join(directory, 'data', 'regtest', '.lock'));

    await bitcoind.start(second, { reindex: false });
    const facts = await waitUntil(
      async () => {
        const seen = await bitcoind.observe(second);
        return seen.process.state === 'down' && seen.process.exit !== null ? seen : null;
      },
      { timeoutMs: 20_000, intervalMs: 50, what: 'the second daemon gives up' },
    );
    const finding = diagnoseDaemon({ ...facts, desired: 'running', knownHeight: 0, staleLocks: [] });
    expect(finding).toMatchObject({ failure: 'lock_held' });
  }, 60_000);
});
