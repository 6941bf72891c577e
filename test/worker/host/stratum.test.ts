import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../../../worker/host/port.ts';
import { holdStratumSession, probeStratum, type StratumJob } from '../../../worker/host/stratum.ts';
import { answersOf, JOB, type PoolScript, startPool } from './stand-in-pool.ts';
import { child, FIXTURES, nextLine, until } from './support.ts';

const AMPLE_MS = 5_000;
const SHORT_MS = 300;

async function probe(script: PoolScript, timeoutMs = AMPLE_MS) {
  const pool = await startPool(script);
  return probeStratum({ ...pool.login, timeoutMs });
}

describe('probeStratum against a stand-in pool (the real one is tested in test/lab)', () => {
  it('decodes the job of a working pool', async () => {
    expect(await probe(answersOf())).toEqual({
      outcome: 'working',
      job: {
        id: 'job-1',
        previousBlockHash: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
        difficulty: 512,
        versionHex: '20000000',
        bits: '1d00ffff',
        cleanJobs: true,
      },
      elapsedMs: expect.any(Number),
    });
  });

  it('takes a job that comes before the answer to authorize, and one without a difficulty', async () => {
    const early: PoolScript = {
      ...answersOf(),
      subscribe: (reply) => [reply(['x', '08', 4]), JOB],
      authorize: (reply) => [reply(true)],
    };
    expect(await probe(early)).toMatchObject({ outcome: 'working', job: { difficulty: 1 } });
  });

  it('waits for lines that come in pieces, between lines that mean nothing to it', async () => {
    const chatty = answersOf({
      before: ['{"id":null,"method":"client.show_message","params":["hi"]}'],
      isSplit: true,
    });
    expect(await probe(chatty)).toMatchObject({ outcome: 'working' });
  });

  it.each<[string, Partial<PoolScript>, object]>([
    ['no answer at all', { subscribe: () => [] }, { outcome: 'silent', step: 'subscribe' }],
    [
      'a declined subscription',
      { subscribe: (_, refuse) => [refuse('banned')] },
      { outcome: 'refused', step: 'subscribe' },
    ],
    ['no answer to authorize', { authorize: () => [] }, { outcome: 'silent', step: 'authorize' }],
    [
      'a wrong login',
      { authorize: (reply) => [reply(false)] },
      { outcome: 'unauthorized', step: 'authorize' },
    ],
    [
      'a login error',
      { authorize: (_, refuse) => [refuse('who?')] },
      { outcome: 'unauthorized', detail: expect.stringContaining('who?') },
    ],
    ['no job', { authorize: (reply) => [reply(true)] }, { outcome: 'no_job', step: 'notify' }],
    ['a web page', { subscribe: () => ['<html>'] }, { outcome: 'malformed', step: 'subscribe' }],
    ['no extranonce', { subscribe: (reply) => [reply(true)] }, { outcome: 'malformed', step: 'subscribe' }],
    [
      'a broken job',
      { authorize: (reply) => [reply(true), JOB.replace('20000000', 'xyz')] },
      { outcome: 'malformed', step: 'notify' },
    ],
    ['an endless line', { subscribe: () => 'endless line' }, { outcome: 'malformed', step: 'subscribe' }],
    ['a close at once', { onConnect: 'close' }, { outcome: 'closed', step: 'subscribe' }],
    ['a close on subscribe', { subscribe: () => 'close' }, { outcome: 'closed', step: 'subscribe' }],
    ['a reset on authorize', { authorize: () => 'reset' }, { outcome: 'closed', step: 'authorize' }],
  ])('tells %s', async (_, change, expected) => {
    const timeoutMs =
      'outcome' in expected && /silent|no_job/.test(String(expected.outcome)) ? SHORT_MS : AMPLE_MS;
    expect(await probe({ ...answersOf(), ...change }, timeoutMs)).toMatchObject({
      ...expected,
      detail: expect.any(String),
    });
  });

  it('has one deadline over the whole session', async () => {
    const noise = answersOf({ isDripping: true });
    expect(await probe({ ...noise, authorize: () => [] }, 200)).toMatchObject({
      outcome: 'silent',
      step: 'authorize',
      detail: 'no answer to mining.authorize within 200 ms',
    });
  });

  it('tells a port where nobody listens, and an address that leads nowhere', async () => {
    const [port = 0] = await freePorts(1);
    const login = { username: 'u', password: 'x', port, timeoutMs: AMPLE_MS };
    expect(await probeStratum({ ...login, host: '127.0.0.1' })).toMatchObject({
      outcome: 'refused',
      step: 'connect',
    });
    const nowhere = await probeStratum({ ...login, host: 'no-such-host.invalid' });
    expect(nowhere).toMatchObject({ outcome: 'unreachable', step: 'connect' });
  });

  it('finds a process that accepts and says nothing silent, stopped or not', async () => {
    const [port = 0] = await freePorts(1);
    const server = child(process.execPath, [join(FIXTURES, 'listen.mjs'), String(port), '127.0.0.1']);
    await nextLine(server);
    const login = { host: '127.0.0.1', port, username: 'u', password: 'x', timeoutMs: 150 };
    expect(await probeStratum(login)).toMatchObject({ outcome: 'silent', step: 'subscribe' });
    server.kill('SIGSTOP');
    expect(await probeStratum(login)).toMatchObject({ outcome: 'silent', step: 'subscribe' });
  });
});

describe('holdStratumSession', () => {
  it('reports new jobs, answers to pings and the close', async () => {
    const pool = await startPool(answersOf());
    const jobs: StratumJob[] = [];
    const closings: string[] = [];
    const session = await holdStratumSession(
      { ...pool.login, timeoutMs: AMPLE_MS },
      {
        onJob: (job) => jobs.push(job),
        onClosed: (detail) => closings.push(detail),
      },
    );
    if (session.outcome !== 'working') throw new Error(session.detail);
    expect(session.job.id).toBe('job-1');
    expect(await session.ping(AMPLE_MS)).toEqual(expect.any(Number));

    pool.say(JOB.replace('job-1', 'job-2'));
    await until('the second job', () => jobs.length === 1);
    expect(jobs[0]).toMatchObject({ id: 'job-2', difficulty: 512 });

    pool.fallSilent();
    expect(await session.ping(80)).toBeNull();
    const pending = session.ping(10_000);
    pool.hangUp();
    await until('the close', () => closings.length === 1);
    expect(await pending).toBeNull();
    expect(await session.ping(10_000)).toBeNull();
  });

  it('does not report its own close', async () => {
    const pool = await startPool(answersOf());
    let isReported = false;
    const session = await holdStratumSession(
      { ...pool.login, timeoutMs: AMPLE_MS },
      {
        onClosed: () => {
          isReported = true;
        },
      },
    );
    if (session.outcome !== 'working') throw new Error(session.detail);
    session.close();
    await until('the pool to see it', () => pool.openConnections() === 0);
    expect(isReported).toBe(false);
  });
});
