import { expect, test } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { resetPlan } from '../../core/reset-plan.ts';

function environment() {
  const parsed = parseEnvironment({
    name: 'attic',
    daemon: { dataDir: '~/.bitcoin' },
    peers: [{ dataDir: 'peer', rpcPort: 1, p2pPort: 2 }],
    pool: { directory: 'pool', logFiles: ['pool.log', '/var/log/pool.log'] },
    miners: [{}, { name: 'garage', logFiles: ['garage.log'] }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.environment;
}

test('what depends on others stops first, whatever the type', () => {
  for (const type of ['soft', 'data', 'full', 'config'] as const)
    expect(resetPlan(environment(), type).stops).toEqual(['garage', 'miner-1', 'pool', 'daemon', 'peer-1']);
});

test('data is cleared where the type says so, and only what is declared', () => {
  const { clears, configures } = resetPlan(environment(), 'data');
  expect(clears).toEqual([
    { what: 'chain', component: 'peer-1', dataDir: 'peer' },
    { what: 'chain', component: 'daemon', dataDir: '~/.bitcoin' },
    { what: 'log', component: 'pool', directory: 'pool', file: 'pool.log' },
    { what: 'log', component: 'pool', directory: 'pool', file: '/var/log/pool.log' },
    { what: 'output', component: 'pool' },
    { what: 'output', component: 'miner-1' },
    { what: 'log', component: 'garage', directory: '.', file: 'garage.log' },
    { what: 'output', component: 'garage' },
  ]);
  expect(configures).toEqual([]);
  expect(resetPlan(environment(), 'full').clears).toEqual(clears);
  expect(resetPlan(environment(), 'full').configures).toHaveLength(5);
  for (const type of ['soft', 'config'] as const) expect(resetPlan(environment(), type).clears).toEqual([]);
});
