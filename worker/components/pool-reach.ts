import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PoolSpec } from '../../core/environment.ts';
import { defaultGateway, isUnderWindows } from '../host/gateway.ts';
import type { Member, Stack } from './stack.ts';

/** Where a pool may be reached: at its host, or across the border to the Windows side of WSL2. */
export interface Reach {
  /** Where miners are sent. */
  host: string;
  /** Where else it may answer; `null`: nowhere that we may ask. */
  other: string | null;
}

/**
 * Where the pool is reached. The gateway is asked only where the pool may be behind it: a Windows program under
 * WSL, or one that `davy.json` says so of. Any other gateway is a router, and none of our business. It is looked
 * up anew each time, for Windows gives it another address after each of its starts.
 */
export async function reachOf({ stack, spec }: Member<PoolSpec>): Promise<Reach> {
  const gateway = (await mayBeBehindGateway(spec)) ? await defaultGateway() : null;
  if (gateway === null || gateway === spec.host) return { host: spec.host, other: null };
  return existsSync(choiceFile(stack))
    ? { host: gateway, other: spec.host }
    : { host: spec.host, other: gateway };
}

async function mayBeBehindGateway({ reach, command }: PoolSpec): Promise<boolean> {
  if (reach.includes('gateway')) return true;
  return /\.exe$/i.test(command?.[0] ?? '') && (await isUnderWindows());
}

/** Is there while miners go through the gateway: looked up anew each time, so that it outlives every worker. */
function choiceFile({ stateDirectory }: Stack): string {
  return join(stateDirectory, 'pool.gateway');
}

/** From now on miners are sent to the other address. Says where that is. */
export async function switchReach(member: Member<PoolSpec>): Promise<string> {
  const { host, other } = await reachOf(member);
  if (other === null) return `the pool can only be reached at ${host}`;
  const file = choiceFile(member.stack);
  if (existsSync(file)) await rm(file);
  else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'Miners reach the pool at the default gateway. Delete this file to go back.\n');
  }
  return `miners are sent to ${other} from now on, and no longer to ${host}`;
}
