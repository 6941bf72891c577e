import { type ConnectionEnd, openStratum, type StratumConnection } from './stratum-connection.ts';
import type {
  StratumFailure,
  StratumLogin,
  StratumSession,
  StratumStep,
  StratumWatcher,
} from './stratum-types.ts';
import { type StratumJob, type StratumMessage, Subscription } from './stratum-wire.ts';

const DEFAULT_TIMEOUT_MS = 500;
const AGENT_NAME = 'davylamp';

/** Subscribes, authorizes and waits for a job; the session then stays open until close(). Never throws. */
export function holdStratumSession(
  login: StratumLogin,
  watcher: StratumWatcher = {},
): Promise<StratumSession | StratumFailure> {
  return new Promise((resolve) => new Session(login, watcher, resolve).start());
}

class Session {
  readonly #login: StratumLogin;
  readonly #watcher: StratumWatcher;
  readonly #settle: (result: StratumSession | StratumFailure) => void;
  readonly #connection: StratumConnection;
  readonly #startedAt = performance.now();
  readonly #pings = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #step: StratumStep | 'held' | 'over' = 'connect';
  #requestId = 0;
  #difficulty = 1;
  #job: StratumJob | null = null;

  constructor(
    login: StratumLogin,
    watcher: StratumWatcher,
    settle: (result: StratumSession | StratumFailure) => void,
  ) {
    this.#login = login;
    this.#watcher = watcher;
    this.#settle = settle;
    this.#connection = openStratum(login.host, login.port, {
      onOpen: () => this.#subscribe(),
      onMessage: (message) => this.#receive(message),
      onEnd: (end) => this.#end(end),
    });
  }

  start(): void {
    const timeoutMs = this.#login.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#timer = setTimeout(() => this.#expire(timeoutMs), timeoutMs);
  }

  #subscribe(): void {
    this.#step = 'subscribe';
    this.#requestId = this.#connection.send('mining.subscribe', [AGENT_NAME]);
  }

  #receive(message: StratumMessage): void {
    for (const settle of this.#pings) settle();
    if (message.type === 'malformed') this.#end({ outcome: 'malformed', detail: message.detail });
    if (message.type === 'difficulty') this.#difficulty = message.difficulty;
    if (message.type === 'notify') this.#take({ ...message.job, difficulty: this.#difficulty });
    if (message.type === 'answer') this.#answer(message);
  }

  #answer({ id, result, error }: Extract<StratumMessage, { type: 'answer' }>): void {
    if (id !== this.#requestId) return;
    if (this.#step === 'subscribe') this.#subscribed(result, error);
    else if (this.#step === 'authorize') this.#authorized(result, error);
  }

  #subscribed(result: unknown, error: string | null): void {
    if (error) this.#end({ outcome: 'refused', detail: `the pool declined to subscribe us: ${error}` });
    else if (Subscription.safeParse(result).success) this.#authorize();
    else this.#end({ outcome: 'malformed', detail: 'the answer to mining.subscribe has no extranonce' });
  }

  #authorize(): void {
    this.#step = 'authorize';
    const { username, password } = this.#login;
    this.#requestId = this.#connection.send('mining.authorize', [username, password]);
  }

  #authorized(result: unknown, error: string | null): void {
    if (error || result !== true) {
      this.#end({ outcome: 'unauthorized', detail: error ?? 'the pool does not accept this login' });
      return;
    }
    this.#step = 'notify';
    if (this.#job) this.#hold(this.#job);
  }

  #take(job: StratumJob): void {
    this.#job = job;
    if (this.#step === 'notify') this.#hold(job);
    else if (this.#step === 'held') this.#watcher.onJob?.(job);
  }

  #hold(job: StratumJob): void {
    this.#step = 'held';
    clearTimeout(this.#timer);
    this.#settle({
      outcome: 'working',
      job,
      elapsedMs: this.#elapsedMs(),
      ping: (timeoutMs) => this.#ping(timeoutMs),
      close: () => this.#close(),
    });
  }

  #expire(timeoutMs: number): void {
    const [outcome, what] = SILENCE[this.#step as StratumStep];
    this.#end({ outcome, detail: `${what} within ${timeoutMs} ms` });
  }

  #end({ outcome, detail }: ConnectionEnd | Pick<StratumFailure, 'outcome' | 'detail'>): void {
    const step = this.#step;
    this.#close();
    if (step === 'held') this.#watcher.onClosed?.(detail);
    else if (step !== 'over') this.#settle({ outcome, step, detail, elapsedMs: this.#elapsedMs() });
  }

  /**
   * Whatever it says counts: a pool that does not know mining.get_transactions answers with an error, and some
   * answer without saying to which question.
   */
  #ping(timeoutMs: number): Promise<number | null> {
    if (this.#step !== 'held') return Promise.resolve(null);
    const sentAt = performance.now();
    this.#connection.send('mining.get_transactions', [this.#job?.id ?? '']);
    return new Promise((resolve) => {
      const settle = (roundTripMs: number | null) => {
        clearTimeout(timer);
        this.#pings.delete(answered);
        resolve(roundTripMs);
      };
      const answered = () => settle(this.#step === 'held' ? performance.now() - sentAt : null);
      const timer = setTimeout(() => settle(null), timeoutMs);
      this.#pings.add(answered);
    });
  }

  #close(): void {
    this.#step = 'over';
    clearTimeout(this.#timer);
    this.#connection.close();
    for (const settle of this.#pings) settle();
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }
}

const SILENCE: Record<StratumStep, [StratumFailure['outcome'], string]> = {
  connect: ['unreachable', 'no answer to the TCP handshake'],
  subscribe: ['silent', 'no answer to mining.subscribe'],
  authorize: ['silent', 'no answer to mining.authorize'],
  notify: ['no_job', 'authorized, but no job'],
};
