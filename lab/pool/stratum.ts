import { EXTRANONCE2_BYTES, type Job, notifyParams } from './job.ts';
import { type Log, quoted } from './log.ts';
import type { CheckLogin } from './logins.ts';
import { errorLine, type Message, notificationLine, resultLine, textAt } from './messages.ts';
import { judgeShare, type ShareRules, type ShareVerdict, stratumErrors, type ValidShare } from './share.ts';

const MAX_WORKERS = 16;
const MAX_FAILED_LOGINS = 3;
const METHOD_NOT_FOUND = -3;

/** What all dialogues of a pool share. */
export interface StratumContext {
  readonly rules: ShareRules;
  readonly difficulty: number;
  readonly log: Log;
  readonly checkLogin: CheckLogin;
  onShare(share: ValidShare): void;
}

/** The far end of a dialogue. */
export interface Peer {
  /** Its address, for the log. */
  readonly name: string;
  send(line: string): void;
  close(reason: string): void;
}

/** One miner's side of Stratum v1: what it has said so far, and what it is answered. */
export class StratumDialogue {
  readonly #context: StratumContext;
  readonly #peer: Peer;
  readonly #extranonce1: Buffer;
  readonly #workers = new Set<string>();
  #subscribed = false;
  #failedLogins = 0;

  /** `extranonce1` must be unique among the pool's open sessions. */
  constructor(context: StratumContext, peer: Peer, extranonce1: Buffer) {
    this.#context = context;
    this.#peer = peer;
    this.#extranonce1 = extranonce1;
  }

  /** True once the miner has subscribed and logged in, in either order. */
  isWorking(): boolean {
    return this.#subscribed && this.#workers.size > 0;
  }

  /** Sends a job to a miner that is working. */
  notify(job: Job, cleanJobs: boolean): void {
    if (this.isWorking()) this.#peer.send(notificationLine('mining.notify', notifyParams(job, cleanJobs)));
  }

  handle(message: Message): void {
    switch (message.method) {
      case 'mining.subscribe':
        this.#subscribe(message);
        break;
      case 'mining.authorize':
        this.#authorize(message);
        break;
      case 'mining.submit':
        this.#submit(message);
        break;
      case 'mining.get_transactions':
        this.#sendTransactions(message);
        break;
      default:
        this.#refuse(message.id, METHOD_NOT_FOUND, `Method ${quoted(message.method)} not found`);
    }
  }

  #subscribe({ id }: Message): void {
    const subscription = this.#extranonce1.toString('hex');
    const subscriptions = ['mining.set_difficulty', 'mining.notify'].map((method) => [method, subscription]);
    this.#answer(id, [subscriptions, subscription, EXTRANONCE2_BYTES]);
    this.#advance(() => {
      this.#subscribed = true;
    });
  }

  #authorize({ id, params }: Message): void {
    const worker = textAt(params, 0);
    const room = this.#workers.has(worker) || this.#workers.size < MAX_WORKERS;
    if (room && this.#context.checkLogin(worker, textAt(params, 1))) {
      this.#answer(id, true);
      this.#advance(() => {
        this.#workers.add(worker);
      });
    } else {
      this.#refuseLogin(id, worker);
    }
  }

  /** Takes a step of the handshake; the step that completes it starts the work. */
  #advance(step: () => void): void {
    const before = this.isWorking();
    step();
    if (before || !this.isWorking()) return;
    this.#peer.send(notificationLine('mining.set_difficulty', [this.#context.difficulty]));
    const job = this.#context.rules.jobs.current();
    if (job !== undefined) this.notify(job, true);
  }

  #refuseLogin(id: unknown, worker: string): void {
    this.#context.log(`Miner authentication failed: ${quoted(worker)} from ${this.#peer.name}`);
    this.#peer.send(errorLine(id, stratumErrors.unauthorized, 'Unauthorized worker', false));
    this.#failedLogins += 1;
    if (this.#failedLogins >= MAX_FAILED_LOGINS) this.#peer.close('too many failed logins');
  }

  #submit({ id, params }: Message): void {
    const verdict = this.#judge(params);
    if (verdict.accepted) {
      this.#answer(id, true);
      this.#context.onShare(verdict);
    } else {
      this.#context.log(`Share rejected: ${verdict.reason} (${verdict.code}) from ${this.#peer.name}`);
      this.#refuse(id, verdict.code, verdict.reason);
    }
  }

  #judge(params: readonly unknown[]): ShareVerdict {
    if (!this.#subscribed) {
      return { accepted: false, code: stratumErrors.notSubscribed, reason: 'Not subscribed' };
    }
    if (!this.#workers.has(textAt(params, 0))) {
      return { accepted: false, code: stratumErrors.unauthorized, reason: 'Unauthorized worker' };
    }
    return judgeShare(this.#context.rules, this.#extranonce1, {
      jobId: textAt(params, 1),
      extranonce2: textAt(params, 2),
      time: textAt(params, 3),
      nonce: textAt(params, 4),
    });
  }

  #sendTransactions({ id, params }: Message): void {
    const { jobs } = this.#context.rules;
    const job = params.length === 0 ? jobs.current() : jobs.find(textAt(params, 0));
    if (job === undefined || job === 'stale') {
      this.#refuse(id, stratumErrors.jobNotFound, 'Job not found');
    } else {
      const transactions = job.template.transactions.map(({ data }) => data);
      this.#answer(id, transactions);
    }
  }

  #answer(id: unknown, result: unknown): void {
    this.#peer.send(resultLine(id, result));
  }

  #refuse(id: unknown, code: number, reason: string): void {
    this.#peer.send(errorLine(id, code, reason));
  }
}
