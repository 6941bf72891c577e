import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LitecoinPair, startLitecoinPair } from '../support/litecoin.ts';
import { poolConfig } from './support/config.ts';
import { eventually, type PoolProcess, startPoolProcess, temporaryDirectory } from './support/processes.ts';
import { connectRaw, connectWorking, type RawMiner } from './support/stratum.ts';

const user = { name: 'rig', password: 'sesame-4711' };

let dir: Awaited<ReturnType<typeof temporaryDirectory>>;
let litecoin: LitecoinPair;
let pool: PoolProcess;
const open: RawMiner[] = [];

beforeAll(async () => {
  dir = await temporaryDirectory();
  litecoin = await startLitecoinPair({ dir: dir.path });
  const config = await poolConfig(litecoin, { users: [user], difficulty: 1e6 });
  pool = await startPoolProcess(dir.path, config);
});

afterEach(() => {
  for (const miner of open.splice(0)) miner.close();
});

afterAll(async () => {
  await pool?.stop();
  await litecoin?.stop();
  await dir?.remove();
});

async function raw(): Promise<RawMiner> {
  const miner = await connectRaw(pool.port);
  open.push(miner);
  return miner;
}

async function working() {
  const connected = await connectWorking(pool.port, user.name, user.password);
  open.push(connected.miner);
  return connected;
}

describe('the handshake', () => {
  test('gives an extranonce of its own to every session, then difficulty, then work', async () => {
    const [first, second] = [await working(), await working()];
    const extranonces = [first, second].map(({ subscription }) => (subscription.result as unknown[])[1]);
    expect(new Set(extranonces).size).toBe(2);
    expect(extranonces[0]).toMatch(/^[0-9a-f]{8}$/);
    expect((first.subscription.result as unknown[])[2]).toBe(4);
    const methods = first.miner.lines.map((line) => line.method).filter((method) => method !== undefined);
    expect(methods).toEqual(['mining.set_difficulty', 'mining.notify']);
    expect(first.job).toHaveLength(9);
    expect(first.job[8]).toBe(true);
  });

  test('may log in before it subscribes', async () => {
    const miner = await raw();
    expect((await miner.request('mining.authorize', [user.name, user.password])).result).toBe(true);
    await miner.request('mining.subscribe');
    await miner.notification('mining.notify');
  });

  test('that fails three times ends the session, and no password reaches the log', async () => {
    const miner = await raw();
    for (const password of ['wrong-1', '', 'wrong-3']) {
      const answer = await miner.request('mining.authorize', [user.name, password]);
      expect(answer).toMatchObject({ result: false, error: [24, 'Unauthorized worker', null] });
    }
    await eventually('the session closed', miner.isClosed);
    expect(pool.log()).toContain('Miner authentication failed: "rig"');
    expect(pool.log()).not.toMatch(/sesame|wrong-/);
    expect(pool.log()).not.toContain(litecoin.password);
  });
});

describe('a submission', () => {
  test('before subscribing is 25, before logging in 24, under another name 24', async () => {
    const miner = await raw();
    const share = [user.name, '1', '00000000', '00000000', '00000000'];
    expect((await miner.request('mining.submit', share)).error?.[0]).toBe(25);
    await miner.request('mining.subscribe');
    expect((await miner.request('mining.submit', share)).error?.[0]).toBe(24);
    await miner.request('mining.authorize', [user.name, user.password]);
    expect((await miner.request('mining.submit', ['other', ...share.slice(1)])).error?.[0]).toBe(24);
  });

  test('is judged: 21 no such job, 20 malformed, 23 low difficulty, 22 the same again', async () => {
    const { miner, job } = await working();
    const [id, time] = [job[0], job[7]];
    const codeOf = async (...share: unknown[]) =>
      (await miner.request('mining.submit', [user.name, ...share])).error?.[0];
    expect(await codeOf('ffff', '00000000', time, '00000000')).toBe(21);
    expect(await codeOf(id, '00', time, '00000000')).toBe(20);
    expect(await codeOf(id, '00000000', '00000000', '00000000')).toBe(20);
    expect(await codeOf(id, '00000000', time, 7)).toBe(20);
    expect(await codeOf()).toBe(21);
    expect(await codeOf(id, '00000000', time, '00000000')).toBe(23);
    expect(await codeOf(id, '00000000', time, '00000000')).toBe(22);
  });
});

test('mining.get_transactions answers for the current job, and 21 for an unknown one', async () => {
  const { miner, job } = await working();
  expect(await miner.request('mining.get_transactions')).toMatchObject({ result: [], error: null });
  expect(await miner.request('mining.get_transactions', [job[0]])).toMatchObject({ result: [] });
  expect((await miner.request('mining.get_transactions', ['no'])).error?.[0]).toBe(21);
});

test('an unknown method is error -3, and the session goes on', async () => {
  const { miner } = await working();
  for (const method of ['mining.nonsense', 'constructor', '__proto__', 'x\ny']) {
    expect((await miner.request(method)).error?.[0]).toBe(-3);
  }
});

describe('a bad line ends its session and nothing else', () => {
  test.each([
    ['broken JSON', '{"id": 1, "method"\n'],
    ['no object', '42\n'],
    ['no method', '{"id": 1}\n'],
    ['parameters that are no list', '{"id": 1, "method": "mining.subscribe", "params": {}}\n'],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0000\n'],
    ['10,000 levels', `${'['.repeat(10_000)}\n`],
    ['a long line', `{"id": 1, "method": "${'x'.repeat(20_000)}"}\n`],
    ['a long line without an end', 'x'.repeat(20_000)],
  ])('%s', async (_, text) => {
    const bystander = await working();
    const miner = await raw();
    miner.write(text);
    await eventually('the session closed', miner.isClosed);
    expect((await bystander.miner.request('mining.get_transactions')).error).toBeNull();
  });
});

test('there are at most 256 sessions; the others go on', async () => {
  const { miner } = await working();
  const crowd = await Promise.all(Array.from({ length: 260 }, raw));
  await eventually('the surplus closed', () => crowd.filter((each) => each.isClosed()).length >= 5);
  expect((await miner.request('mining.get_transactions')).error).toBeNull();
});

test('a new tip reaches every session as clean work, a lower one too', async () => {
  const { miner } = await working();
  const jobs = () => miner.lines.filter(({ method }) => method === 'mining.notify');
  const tipOf = (at: number) => jobs()[at]?.params?.[1];
  await litecoin.rpc('generatetoaddress', [1, litecoin.address]);
  await eventually('a second job', () => jobs().length >= 2);
  expect(jobs()[1]?.params?.[8]).toBe(true);
  const tip = await litecoin.rpc('getbestblockhash');
  await litecoin.rpc('invalidateblock', [tip]);
  await eventually('a third job', () => jobs().length >= 3);
  expect(tipOf(2)).toBe(tipOf(0));
  await litecoin.rpc('reconsiderblock', [tip]);
});
