import { execFileSync, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../../worker/host/port.ts';
import { canSplitNetworks } from '../../support/capabilities.ts';
import { STRATUM_POOL } from './support/stratum-pool.ts';

const FIXTURE = join(import.meta.dirname, 'fixtures/behind-gateway.ts');
/** Of the addresses for benchmarks (RFC 2544): no real network has them. */
const [HERE, THERE] = ['198.19.231.2', '198.19.231.1'] as const;

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

/** Two sides of a border: `there` is the default gateway of `here`, and nothing else joins them. */
function border(): { here: string; there: string } {
  const [here, there] = [`davy-${process.pid}-here`, `davy-${process.pid}-there`];
  onTestFinished(() => void [here, there].map((name) => spawnSync('ip', ['netns', 'delete', name])));
  for (const name of [here, there]) ip('netns', 'add', name);
  ip('link', 'add', 'side', 'netns', here, 'type', 'veth', 'peer', 'name', 'side', 'netns', there);
  for (const [name, address] of [
    [here, HERE],
    [there, THERE],
  ] as const) {
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'side');
    for (const device of ['lo', 'side']) ip('-n', name, 'link', 'set', device, 'up');
  }
  ip('-n', here, 'route', 'add', 'default', 'via', THERE);
  return { here, there };
}

/** What is seen of a pool beyond the border by a worker on this side of it. */
async function lookAcross(pool: object) {
  const { here, there } = border();
  const directory = realpathSync(await mkdtemp(join(tmpdir(), 'davy-gateway-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [stratumPort = 0] = await freePorts(1);
  const command = [
    'ip',
    'netns',
    'exec',
    there,
    process.execPath,
    'pool.cjs',
    String(stratumPort),
    '0.0.0.0',
  ];
  const document = {
    name: 'border',
    daemon: { dataDir: 'daemon' },
    pool: { kind: 'process', command, stratumPort, ...pool },
    miners: [{ kind: 'lab-miner' }],
  };
  await writeFile(join(directory, 'pool.cjs'), STRATUM_POOL);
  await writeFile(join(directory, 'davy.json'), JSON.stringify(document));
  const argv = ['netns', 'exec', here, process.execPath, '--import', 'tsx', FIXTURE, directory, THERE];
  const { status, stdout, stderr } = spawnSync('ip', argv, { encoding: 'utf8', timeout: 45_000 });
  expect(status, stderr).toBe(0);
  return { report: JSON.parse(stdout), port: stratumPort };
}

test.runIf(canSplitNetworks)(
  'a pool that answers at the gateway alone is unreachable, and its miners are sent there',
  async () => {
    const { report, port } = await lookAcross({ reach: ['gateway'] });
    expect(report.before.facts).toMatchObject({
      process: { state: 'running' },
      stratumPort: { holder: 'nobody' },
      stratum: { kind: 'refused' },
      answersAt: THERE,
    });
    expect(report.before.diagnosis).toMatchObject({
      failure: 'stratum_unreachable',
      evidence: expect.arrayContaining([expect.stringContaining(`it answers at ${THERE}`)]),
    });
    expect(report.firstUrl).toBe(`stratum+tcp://127.0.0.1:${port}`);
    expect(report.actions).toEqual([
      expect.stringContaining(`miners are sent to ${THERE}`),
      'redirected: miner-1',
    ]);
    expect(report.after.facts.stratum).toMatchObject({ kind: 'working' });
    expect(report.after.diagnosis).toBeNull();
    expect(report.lastUrl).toBe(`stratum+tcp://${THERE}:${port}`);
  },
  60_000,
);

test.runIf(canSplitNetworks)(
  'a gateway that nobody spoke of is a router, and is not asked',
  async () => {
    const { report } = await lookAcross({});
    expect(report.before.facts.answersAt).toBeUndefined();
    expect(report.before.diagnosis).toMatchObject({ failure: 'stratum_not_listening' });
  },
  60_000,
);
