/** A settings document with faults; `problems` lists all of them, each with its path. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Bounds of a number, both included. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads a JSON object field by field and collects what is wrong, so that all problems are told at once. Unknown
 * keys are tolerated. Written by hand because loading zod takes longer than everything else a restart needs.
 */
export class Fields {
  readonly problems: string[];
  readonly #source: Record<string, unknown>;
  readonly #path: string;

  constructor(source: unknown, path = '', problems: string[] = []) {
    this.problems = problems;
    this.#path = path;
    this.#source = isRecord(source) ? source : {};
    if (!isRecord(source)) problems.push(`${path === '' ? 'the document' : path}: must be an object`);
  }

  has(key: string): boolean {
    return this.#source[key] !== undefined;
  }

  text(key: string, fallback?: string): string {
    const value = this.#source[key] ?? fallback;
    if (typeof value === 'string' && value !== '') return value;
    return this.#fault(key, 'must be a non-empty string', '');
  }

  integer(key: string, bounds: Bounds, fallback?: number): number {
    const value = this.number(key, bounds, fallback);
    return Number.isInteger(value) ? value : this.#fault(key, 'must be a whole number', bounds.min);
  }

  number(key: string, bounds: Bounds, fallback?: number): number {
    const value = this.#source[key] ?? fallback;
    if (typeof value === 'number' && value >= bounds.min && value <= bounds.max) return value;
    return this.#fault(key, `must be a number from ${bounds.min} to ${bounds.max}`, bounds.min);
  }

  oneOf<T extends string>(key: string, choices: readonly T[], otherwise: T): T {
    const choice = choices.find((each) => each === this.#source[key]);
    return choice ?? this.#fault(key, `must be one of ${choices.join(', ')}`, otherwise);
  }

  section(key: string): Fields {
    return new Fields(this.#source[key], this.#pathOf(key), this.problems);
  }

  list(key: string): Fields[] {
    const value = this.#source[key];
    if (!Array.isArray(value)) return this.#fault(key, 'must be a list', []);
    return value.map((item, at) => new Fields(item, `${this.#pathOf(key)}[${at}]`, this.problems));
  }

  /** Throws `SettingsError` when anything read so far, in any section, was wrong. */
  finish(): void {
    if (this.problems.length > 0) throw new SettingsError(this.problems);
  }

  #fault<T>(key: string, problem: string, otherwise: T): T {
    this.problems.push(`${this.#pathOf(key)}: ${problem}`);
    return otherwise;
  }

  #pathOf(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

/** Parses a settings file's text; throws `SettingsError` when it is not JSON. */
export function parseSettings(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and so maybe a password.
    throw new SettingsError(['the document: is not valid JSON']);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
