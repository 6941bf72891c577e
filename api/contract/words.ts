import type { Tag } from './operation.ts';
import type { ProblemCode } from './problems.ts';

/** Problems that are no route's own: a request that does not get as far as one. */
export const BEFORE_ANY_ROUTE = [
  'malformed-request',
  'not-found',
  'method-not-allowed',
  'request-timeout',
  'content-too-large',
  'headers-too-large',
] as const satisfies readonly ProblemCode[];

export const INTRODUCTION = `Davylamp keeps a mining stack alive: a bitcoind-style daemon, a Stratum pool and miners on one host.

**Keys.** Send \`Authorization: Bearer davy_...\`; the first start wrote a key to \`.davy/api-key\`. Each call says which scope it wants; \`admin\` may everything. A HEAD request is answered as its GET is, without the body.

**Errors** are problem documents (RFC 9457): what is wrong, where, and what to do next. The last part of \`type\` is a code for machines. A request that does not get as far as a route is answered with one of \`MalformedRequest\`, \`NotFound\`, \`MethodNotAllowed\`, \`RequestTimeout\`, \`ContentTooLarge\`, \`HeadersTooLarge\` (see the responses of the components).

**Times** are ISO 8601 in UTC, **ids** are UUIDs, **durations** have their unit in their name. Later versions may add members to what is answered; what is sent may have no others than these.`;

export const TAGS: Readonly<Record<Tag, string>> = {
  Runs: 'Pipelines at work: start them, watch them, take a hand in them.',
  Events: 'What happens, as it happens.',
  Incidents: 'What went wrong, what was done about it, and the report for the person who is called.',
  Environments: 'The mining stacks, their hosts and their health.',
  Pipelines: 'What can be run.',
  Webhooks: 'Who is told of escalations and recoveries.',
  Keys: 'Who may call, and who did.',
  Metrics: 'How well recovery works.',
  Probes: 'For those who look after Davylamp itself.',
};
