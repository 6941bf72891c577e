import type { AuditEntry } from '../../db/audit.ts';

export interface TallyLimits {
  windowMs: number;
  /** Kinds of refusals (key, address, problem) that get rows of their own within a window. */
  kindsMax: number;
}

const LIMITS: TallyLimits = { windowMs: 60_000, kindsMax: 5 };
/** What a row says that stands for several calls. */
const SEVERAL = { route: '*', target: null, calls: 0 };

/**
 * Turns refusals into few rows: the first of each kind gets one at once, those that follow within the window are
 * counted, and told together when it ends. That makes a dozen rows a minute,
 * whoever asks and however often.
 */
export class RefusalTally {
  readonly #write: (row: AuditEntry) => Promise<void>;
  readonly #limits: TallyLimits;
  readonly #kinds = new Map<string, AuditEntry>();

  constructor(write: (row: AuditEntry) => Promise<void>, limits: TallyLimits = LIMITS) {
    this.#write = write;
    this.#limits = limits;
  }

  async note(refusal: AuditEntry): Promise<void> {
    if (this.#kinds.size === 0) setTimeout(() => this.#endWindow(), this.#limits.windowMs).unref();
    const kind = `${refusal.keyId} ${refusal.remoteAddress} ${refusal.problem}`;
    const known = this.#kinds.get(kind);
    if (known) known.calls++;
    else if (this.#kinds.size < this.#limits.kindsMax) {
      this.#kinds.set(kind, { ...refusal, ...SEVERAL });
      await this.#write(refusal);
    } else this.#countOther(refusal);
  }

  /** Of callers that are one too many: together, by their problem. */
  #countOther(refusal: AuditEntry): void {
    const kind = `others ${refusal.problem}`;
    const others = this.#kinds.get(kind) ?? { ...refusal, ...SEVERAL, keyId: null, remoteAddress: null };
    this.#kinds.set(kind, { ...others, calls: others.calls + 1 });
  }

  #endWindow(): void {
    const counted = [...this.#kinds.values()].filter(({ calls }) => calls > 0);
    this.#kinds.clear();
    for (const row of counted) void this.#write(row);
  }
}
