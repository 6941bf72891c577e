import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { type Davylamp, type SeenRun, startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';

const SETUP = 'mining-infrastructure-setup';
const COMPONENTS = ['daemon', 'peer-1', 'pool', 'miner-1'];

needs('litecoind').describe('an environment reset over the API', () => {
  test('keeps the chain when it is soft, wipes it when it was confirmed, and keeps the wallet', async () => {
    const davylamp = await startDavylamp();
    expect(await davylamp.untilFinished((await davylamp.post(SETUP)).id)).toMatchObject({
      status: 'succeeded',
    });
    const [height, wallet, pids] = await Promise.all([
      heightOf(davylamp),
      walletOf(davylamp),
      pidsOf(davylamp),
    ]);

    expect(await reset(davylamp, { type: 'soft' })).toMatchObject({
      status: 'succeeded',
      outcome: 'reset_completed',
    });
    expect(await heightOf(davylamp)).toBeGreaterThanOrEqual(height);
    const restarted = await pidsOf(davylamp);
    expect(restarted.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    expect(restarted.flat().filter((pid) => pids.flat().includes(pid))).toEqual([]);

    const genesis = await davylamp.rpc('getblockhash', [1]);
    expect(await reset(davylamp, { type: 'data', confirm: 'lab' })).toMatchObject({ status: 'succeeded' });
    expect(await davylamp.rpc('getblockhash', [1])).not.toBe(genesis);
    expect(await heightOf(davylamp)).toBeGreaterThanOrEqual(101);
    expect(await walletOf(davylamp)).toEqual(wallet);
  }, 240_000);

  test('goes on in the next life of a worker that is killed in the midst of it, and leaves nothing behind', async () => {
    const davylamp = await startDavylamp({ failpoints: true });
    expect(await davylamp.untilFinished((await davylamp.post(SETUP)).id)).toMatchObject({
      status: 'succeeded',
    });
    const [wallet, key] = [await walletOf(davylamp), await keyOf(davylamp)];
    for (const steps of [['set_aside', 'fund'], ['deleting']]) {
      const genesis = await davylamp.rpc('getblockhash', [1]);
      for (const step of steps) await davylamp.arm(`reset@${step}`, 'kill');
      const run = await reset(davylamp, { type: 'full', confirm: 'lab' });
      expect(run, JSON.stringify(run.attempts)).toMatchObject({ outcome: 'reset_completed' });
      expect(await davylamp.armed()).toEqual([]);
      expect(run.attempts).toHaveLength(1);
      expect(await davylamp.rpc('getblockhash', [1])).not.toBe(genesis);
      expect(await heightOf(davylamp)).toBeGreaterThanOrEqual(101);
      expect([await walletOf(davylamp), await keyOf(davylamp)]).toEqual([wallet, key]);
      expect((await pidsOf(davylamp)).map(({ length }) => length)).toEqual([1, 1, 1, 1]);
      const files = await readdir(dirname(davylamp.labDirectory), { recursive: true });
      expect(files.filter((file) => /\.(trash|growth|deleted)-/.test(file))).toEqual([]);
    }
  }, 240_000);

  test('is refused, and changes nothing, without the right confirmation, for an unknown environment, or beside a run', async () => {
    const davylamp = await startDavylamp();
    const answers = await Promise.all([
      order(davylamp, 'lab', { type: 'data' }),
      order(davylamp, 'lab', { type: 'full', confirm: 'LAB' }),
      order(davylamp, 'lab', { type: 'everything' }),
      order(davylamp, 'lab', { type: 'soft', force: true }),
      order(davylamp, 'cellar', { type: 'soft' }),
    ]);
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await typeOf(answer)]))).toEqual([
      [428, 'confirmation-required'],
      [412, 'confirmation-mismatch'],
      [422, 'validation-error'],
      [422, 'validation-error'],
      [404, 'unknown-environment'],
    ]);
    expect(await (await davylamp.fetch('/v1/runs')).json()).toMatchObject({ items: [] });

    await davylamp.post(SETUP);
    const meanwhile = await order(davylamp, 'lab', { type: 'soft' });
    expect([meanwhile.status, await typeOf(meanwhile)]).toEqual([409, 'state-conflict']);
  }, 60_000);
});

function order(davylamp: Davylamp, name: string, body: object): Promise<Response> {
  return davylamp.fetch(`/v1/environments/${name}/reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function reset(davylamp: Davylamp, body: object): Promise<SeenRun> {
  const answer = await order(davylamp, 'lab', body);
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as SeenRun;
  return await davylamp.untilFinished(id, 120_000);
}

async function typeOf(answer: Response): Promise<string | undefined> {
  const { type } = (await answer.json()) as { type: string };
  return type.split('/').at(-1);
}

const heightOf = async (davylamp: Davylamp) => Number(await davylamp.rpc('getblockcount'));
const keyOf = async (davylamp: Davylamp) => {
  const [address] = Object.keys((await walletOf(davylamp)) as object);
  return await davylamp.rpc('dumpprivkey', [address]);
};
const walletOf = (davylamp: Davylamp) => davylamp.rpc('getaddressesbylabel', ['davylamp']);
const pidsOf = (davylamp: Davylamp) => Promise.all(COMPONENTS.map((name) => davylamp.pidsOf(name)));
