import { targetBytes, targetFromDifficulty } from '../protocol/target.ts';
import { type Connection, type ConnectionEnd, connect, type PoolMessage } from './connection.ts';
import type { Log } from './log.ts';
import type { MinerOptions } from './options.ts';
import type { Search } from './search.ts';
import type { Tally } from './tally.ts';
import { parseNotice, type Subscription, type Work, workOf } from './work.ts';

const SUBSCRIBE_ID = 1;
const AUTHORIZE_ID = 2;
const FIRST_SUBMIT_ID = 10;
const MAX_EXTRANONCE2_BYTES = 100;
const MAX_OPEN_SUBMITS = 1_000;

/** What one session with the pool works with. */
export interface ClientContext {
  readonly options: MinerOptions;
  readonly log: Log;
  readonly search: Search;
  readonly tally: Tally;
  /** Called once when the session is over. `retryAtOnce` after an interruption, as minerd does. */
  onEnd(retryAtOnce: boolean): void;
}

/** One session with the pool: subscribe, authorize, work, submit; until either side ends it. */
export class StratumClient {
  readonly #context: ClientContext;
  readonly #connection: Connection;
  readonly #openSubmits = new Set<unknown>();
  #subscription: Subscription | undefined;
  #target: Buffer;
  #authorized = false;
  #nextSubmitId = FIRST_SUBMIT_ID;

  constructor(context: ClientContext) {
    const { host, port, timeoutSeconds, algorithm } = context.options;
    this.#context = context;
    this.#target = targetBytes(targetFromDifficulty(algorithm, 1));
    this.#connection = connect({
      host,
      port,
      timeoutMs: timeoutSeconds * 1000,
      onOpen: () => this.#request(SUBSCRIBE_ID, 'mining.subscribe', ['davylamp-miner']),
      onMessage: (message) => this.#receive(message),
      onEnd: (end) => this.#finish(end),
    });
  }

  submit(work: Work, nonce: number): void {
    // A pool that answers no submission is not to fill the memory.
    if (this.#openSubmits.size >= MAX_OPEN_SUBMITS) this.#openSubmits.clear();
    const id = this.#nextSubmitId;
    this.#nextSubmitId += 1;
    this.#openSubmits.add(id);
    const nonceHex = nonce.toString(16).padStart(8, '0');
    const { user } = this.#context.options;
    this.#request(id, 'mining.submit', [user, work.jobId, work.extranonce2, work.time, nonceHex]);
  }

  close(): void {
    this.#connection.close();
  }

  #request(id: number, method: string, params: unknown[]): void {
    this.#connection.send({ id, method, params });
  }

  #receive(message: PoolMessage): void {
    if (message.method === 'mining.notify') this.#takeJob(listOf(message.params));
    else if (message.method === 'mining.set_difficulty') this.#takeDifficulty(listOf(message.params));
    else if (message.id === SUBSCRIBE_ID) this.#takeSubscription(message);
    else if (message.id === AUTHORIZE_ID) this.#takeLogin(message);
    else if (this.#openSubmits.delete(message.id)) this.#takeVerdict(message);
  }

  #takeSubscription({ result }: PoolMessage): void {
    const [, extranonce1, extranonce2Bytes] = listOf(result);
    const size = Number(extranonce2Bytes);
    const usable = typeof extranonce1 === 'string' && size > 0 && size <= MAX_EXTRANONCE2_BYTES;
    if (usable) {
      this.#subscription = { extranonce1: Buffer.from(extranonce1, 'hex'), extranonce2Bytes: size };
      const { user, password } = this.#context.options;
      this.#request(AUTHORIZE_ID, 'mining.authorize', [user, password]);
    } else {
      this.#context.log('Failed to get extranonce1');
      this.close();
    }
  }

  #takeLogin({ result, error }: PoolMessage): void {
    this.#authorized = result === true && (error === null || error === undefined);
    if (this.#authorized) return;
    this.#context.log('Stratum authentication failed');
    this.close();
  }

  #takeDifficulty([difficulty]: unknown[]): void {
    if (typeof difficulty !== 'number' || !(difficulty > 0) || !Number.isFinite(difficulty)) return;
    this.#target = targetBytes(targetFromDifficulty(this.#context.options.algorithm, difficulty));
    this.#context.log(`Stratum difficulty set to ${difficulty}`);
  }

  #takeJob(params: unknown[]): void {
    const { log, search } = this.#context;
    const subscription = this.#subscription;
    const target = this.#target;
    const notice = parseNotice(params);
    if (notice === undefined || subscription === undefined) {
      log('Stratum notify: invalid parameters');
      return;
    }
    log(`New job ${JSON.stringify(notice.jobId)}`);
    if (notice.cleanJobs) log('Stratum requested work restart');
    search.begin({ target, work: (round) => workOf(notice, subscription, round) });
  }

  #takeVerdict({ result, error }: PoolMessage): void {
    if (result === true) this.#context.tally.accepted();
    else this.#context.tally.rejected(String(listOf(error)[1] ?? 'unknown'));
  }

  #finish(end: ConnectionEnd): void {
    const { log, search } = this.#context;
    search.begin(undefined);
    if (end.kind === 'failed') log(`Stratum connection failed: ${end.reason}`);
    if (end.kind === 'timed out') log('Stratum connection timed out');
    if (this.#authorized) log('Stratum connection interrupted');
    this.#context.onEnd(this.#authorized);
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
