import type { ApiMiddleware } from '../context.ts';
import { ProblemError } from '../http/problem.ts';
import { bearerKey, callerWith } from './auth.ts';
import { networkOf, remoteAddress } from './remote-address.ts';
import { type Budget, type Take, TokenBuckets } from './token-buckets.ts';

/** Room for a client that polls 50 times a second, and for its neighbour. */
const BUDGETS = {
  reads: { burst: 1000, perSecond: 100 },
  writes: { burst: 200, perSecond: 20 },
  /** Of an address, for what it asks without a key that works. */
  strangers: { burst: 100, perSecond: 5 },
} as const satisfies Record<string, Budget>;
type Policy = keyof typeof BUDGETS;

/** Of each kind: what is forgotten first is the bucket of whoever was away longest. */
const BUCKETS_MAX = 10_000;

/**
 * Gives each key a budget of reads and one of writes, and each address one for what it asks without a key; a long
 * poll counts once. It finds out who asks, for all that comes after it. While the database is away nobody is known,
 * and nothing is counted.
 */
export function limitRate(factor: number | null = 1): ApiMiddleware {
  if (factor === null) return async (_, next) => await next();
  const limits = {
    reads: new Limit('reads', factor),
    writes: new Limit('writes', factor),
    strangers: new Limit('strangers', factor),
  } satisfies Record<Policy, Limit>;
  return async (c, next) => {
    const address = remoteAddress(c) ?? '';
    const caller = await callerWith(c, bearerKey(c));
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    const limit = caller === null ? limits.strangers : isRead ? limits.reads : limits.writes;
    const take = limit.take(caller === null ? networkOf(address) : caller.keyId);
    const headers = limit.headers(take);
    if (caller !== null) c.set('caller', caller);
    if (!take.taken) throw rateLimited(take, headers);
    await next();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  };
}

class Limit {
  readonly #name: Policy;
  readonly #budget: Budget;
  readonly #buckets: TokenBuckets;

  constructor(name: Policy, factor: number) {
    const { burst, perSecond } = BUDGETS[name];
    this.#name = name;
    this.#budget = { burst: Math.max(1, Math.round(burst * factor)), perSecond: perSecond * factor };
    this.#buckets = new TokenBuckets(this.#budget, BUCKETS_MAX);
  }

  take(caller: string): Take {
    return this.#buckets.take(caller, performance.now());
  }

  /** The fields of draft-ietf-httpapi-ratelimit-headers-11; the window of a bucket is the time in which it fills. */
  headers({ remaining, moreAfterSeconds }: Take): Record<string, string> {
    const { burst, perSecond } = this.#budget;
    return {
      'RateLimit-Policy': `"${this.#name}";q=${burst};w=${Math.ceil(burst / perSecond)}`,
      RateLimit: `"${this.#name}";r=${remaining};t=${moreAfterSeconds}`,
    };
  }
}

function rateLimited({ moreAfterSeconds }: Take, headers: Record<string, string>): ProblemError {
  return new ProblemError('rate-limited', 'These are more requests than you may send.', {
    nextStep: `Repeat it in ${moreAfterSeconds} s. DAVY_RATE_LIMIT sets the limits; ?wait= spares polling.`,
    headers: { ...headers, 'Retry-After': `${moreAfterSeconds}` },
  });
}
