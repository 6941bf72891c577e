import { waitUntil } from '../host/deadline.ts';
import { rpcCall } from '../host/rpc.ts';
import { probeStratum } from '../host/stratum.ts';
import { daemonEndpoint } from './daemon-kinds.ts';
import type { Pool } from './json-pool.ts';
import type { PoolKind, StartOptions } from './kind.ts';
import { reveal } from './stack.ts';
import { findProcess } from './supervised.ts';

/** A good start takes 40 ms, and under load 350; one in fifty or so hangs for five seconds instead. */
const FIRST_JOB_MS = 600;
const ASK_MS = 150;
const MORE_STARTS = 2;

/** Starts ckpool, and anew where its first job does not come although the daemon would give it one. */
export async function startUntilWorking(
  { start, stop, port }: Pick<PoolKind, 'start' | 'stop' | 'port'>,
  member: Pool,
  options: StartOptions,
): Promise<'started' | 'already_running'> {
  const began = await start(member, options);
  if (began === 'already_running' || !(await daemonGivesWork(member))) return began;
  for (let more = 0; more < MORE_STARTS && (await isMute(member, await port(member))); more++) {
    await stop(member, { force: true });
    await start(member, options);
  }
  return began;
}

async function daemonGivesWork({ stack }: Pool): Promise<boolean> {
  try {
    const endpoint = await daemonEndpoint(stack);
    await rpcCall(endpoint, 'getblocktemplate', [{ rules: ['mweb', 'segwit'] }], { timeoutMs: ASK_MS });
    return true;
  } catch {
    return false;
  }
}

/** It lives, listens, and does not even answer a subscription: the sign of a start that hangs. */
async function isMute(member: Pool, port: number): Promise<boolean> {
  const { host, login } = member.spec;
  const { username } = login;
  const password = reveal(login.password, 'pool.login.password');
  let last = 'refused';
  const settled = async () => {
    if (!(await findProcess(member))) return true;
    last = (await probeStratum({ host, port, username, password, timeoutMs: ASK_MS })).outcome;
    // Whatever it says, it speaks: what is wrong with it then is for diagnosis.
    return !['refused', 'silent', 'no_job'].includes(last);
  };
  const wait = { timeoutMs: FIRST_JOB_MS, intervalMs: 10, what: 'the first job' };
  return await waitUntil(settled, wait).then(
    () => false,
    () => last === 'silent',
  );
}
