import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { minerKind, poolKind } from '../../worker/components/index.ts';
import { minerMembers, outputFile, poolMember } from '../../worker/components/stack.ts';
import { findProcess } from '../../worker/components/supervised.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freePorts } from '../../worker/host/port.ts';
import { testStack } from './components/support/stack.ts';
import { lookerAt } from './support/look-at.ts';

/** Takes connections, tells of each, and says nothing to it: a look at it waits for its words. */
const SILENT = [
  'const server = require("node:net").createServer(() => console.log("asked"))',
  'server.listen(Number(process.argv[1]), "127.0.0.1", () => console.log("listens"))',
].join('; ');

test('a miner that ends while the pool is still looked at is seen as ended', async () => {
  const [port = 0] = await freePorts(1);
  const made = await testStack({
    pool: { kind: 'process', stratumPort: port, command: [process.execPath, '-e', SILENT, `${port}`] },
    miners: [{ kind: 'process', command: ['sleep', '60'] }],
  });
  const [miner] = minerMembers(made.stack);
  const pool = poolMember(made.stack);
  if (!miner) throw new Error('no miner');
  await poolKind(pool).start(pool, { reindex: false });
  await minerKind(miner).start(miner, { reindex: false });
  const says = (word: string) =>
    waitUntil(async () => (await readFile(outputFile(pool), 'utf8')).includes(word), {
      timeoutMs: 10_000,
      intervalMs: 5,
      what: `the pool says "${word}"`,
    });
  await says('listens');
  const look = await lookerAt(made);

  const looking = look();
  await says('asked');
  process.kill((await findProcess(miner))?.pid ?? Number.NaN, 'SIGKILL');
  const seen = await looking;
  expect(seen.pool.stratum).toMatchObject({ kind: 'silent' });
  expect(seen.miners).toMatchObject([{ process: { state: 'down', exit: { signal: 'SIGKILL' } } }]);
});
