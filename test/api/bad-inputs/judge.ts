import { waitUntil } from '../../../worker/host/deadline.ts';
import { ask, type TestApi } from '../support/api.ts';
import type { RawAnswer } from '../support/raw.ts';
import type { Attack } from './attack.ts';
import { auditRows, changedTables, type Footprint, footprintOf } from './footprint.ts';

/** How much was judged in this process. */
export const tally = { attacks: 0, requests: 0 };

/**
 * Makes the attacks one after the other. What was answered, by the name of the attack; anything else that was seen
 * and must not be (rows, a document of another shape, a server that no longer serves) stands behind it.
 */
export async function judge(api: TestApi, attacks: readonly Attack[]): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  let footprint = await footprintOf(api.database);
  for (const attack of attacks) {
    const answer = await attack.send(api);
    const faults = [...oddities(api, answer), ...(await unaudited(api, attack, answer, footprint))];
    const after = await footprintOf(api.database);
    faults.push(...changedTables(footprint, after).map((table) => `${table} has changed`));
    footprint = after;
    const next = await ask(api, '/v1/hosts');
    if (next.status !== 200) faults.push(`the next good request is answered with ${next.status}`);
    seen[labelOf(attack)] = [`${answer.status} ${answer.code}`.trim(), ...faults].join('; ');
    tally.attacks++;
    tally.requests += 2;
  }
  return seen;
}

export function expectations(attacks: readonly Attack[]): Record<string, string> {
  const expected: Record<string, string> = {};
  for (const attack of attacks) {
    const label = labelOf(attack);
    if (label in expected) throw new Error(`two attacks are called "${label}"`);
    expected[label] = attack.expected;
  }
  return expected;
}

function labelOf({ name, request }: Attack): string {
  return name === request ? request : `${request}: ${name}`;
}

const MEMBERS = new Set(['type', 'title', 'status', 'detail', 'instance', 'errors', 'nextStep']);
const INNARDS = /\bat \S+ \(|node_modules|\.ts:\d|not-for-clients|postgres(ql)?:\/\//;

/** What is not as the answer to a bad request should be. */
function oddities(api: TestApi, { status, headers, body }: RawAnswer): string[] {
  const [, , secret = ''] = api.key.split('_');
  const told = INNARDS.test(body) || body.includes(secret) ? ['it tells what is not for clients'] : [];
  if (!(status >= 400)) return told;
  if (!headers['content-type']?.startsWith('application/problem+json'))
    return [...told, 'no problem document'];
  const document = JSON.parse(body) as Record<string, unknown>;
  const odd = Object.keys(document).filter((member) => !MEMBERS.has(member));
  const isWhole = document.status === status && [document.title, document.detail].every(isText);
  return [...told, ...odd.map((member) => `has a member ${member}`), ...(isWhole ? [] : ['not whole'])];
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

/** Every call of somebody known that is not a read leaves one row, refused or not; strangers are only counted. */
async function unaudited(
  api: TestApi,
  { request, unheard }: Attack,
  { status }: RawAnswer,
  footprint: Footprint,
): Promise<string[]> {
  const before = Number(footprint.audit_log);
  if (status === 401 || status === 429) return [];
  const isRead = /^(GET|HEAD|OPTIONS) /.test(request);
  const expected = before + (isRead || unheard ? 0 : 1);
  try {
    const isThere = async () => (await auditRows(api.database)) === expected;
    await waitUntil(isThere, { timeoutMs: 5_000, intervalMs: 10, what: 'its audit row' });
    return [];
  } catch {
    return [`${(await auditRows(api.database)) - before} audit rows`];
  }
}
