/**
 * `bitcoin.conf` as Bitcoin Core reads it (doc/bitcoin-conf.md): `key=value` lines, `#` comments, and sections
 * in brackets whose values hold for one chain only.
 */
export interface BitcoinConf {
  /** The value that holds on the chain: the section's first, else the one that stands for all chains. */
  get(key: string): string | undefined;
  /** Every value that holds on the chain, in the order of the lines. */
  all(key: string): string[];
}

interface Line {
  section: string | null;
  key: string;
  value: string;
}

/** Of several texts, such as a file and those that it includes, each begins outside of all sections. */
export function parseBitcoinConf(text: string | readonly string[], chain: string): BitcoinConf {
  const lines = [text].flat().flatMap(readLines);
  const valid = (key: string) =>
    lines.filter((line) => line.key === key && (line.section === chain || line.section === null));
  return {
    get: (key) => (valid(key).find(({ section }) => section === chain) ?? valid(key)[0])?.value,
    all: (key) => valid(key).map(({ value }) => value),
  };
}

/** An option among the arguments of a daemon, where it wins over every file; of several the last one counts. */
export function argumentOf(command: readonly string[], key: string): string | undefined {
  const found = command.findLast((word) => new RegExp(`^--?${key}(=|$)`).test(word));
  return found && (/=(.*)$/s.exec(found)?.[1] ?? '1');
}

function readLines(text: string): Line[] {
  let section: string | null = null;
  return text.split('\n').flatMap((raw) => {
    const line = raw.replace(/#.*$/, '').trim();
    const header = /^\[(\w+)\]$/.exec(line);
    if (header) {
      section = header[1] ?? null;
      return [];
    }
    const equals = line.indexOf('=');
    if (equals < 1) return [];
    return [{ section, key: line.slice(0, equals).trim(), value: line.slice(equals + 1).trim() }];
  });
}

/** Adds settings that hold on one chain at the end of its section, and makes the section where there is none. */
export function addToSection(
  text: string,
  chain: string,
  settings: Readonly<Record<string, string>>,
): string {
  const added = Object.entries(settings).map(([key, value]) => `${key}=${checked(value)}`);
  if (added.length === 0) return text;
  const lines = text.replace(/\n+$/, '').split('\n');
  const header = lines.indexOf(`[${chain}]`);
  if (header === -1) return `${[...lines, '', `[${chain}]`, ...added].join('\n').replace(/^\n+/, '')}\n`;
  const next = lines.findIndex((line, index) => index > header && /^\[\w+\]$/.test(line.trim()));
  lines.splice(next === -1 ? lines.length : next, 0, ...added);
  return `${lines.join('\n')}\n`;
}

/** Adds a setting that holds for all chains, above the first section. */
export function addGlobal(text: string, settings: Readonly<Record<string, string>>): string {
  const added = Object.entries(settings).map(([key, value]) => `${key}=${checked(value)}`);
  return added.length === 0 ? text : `${added.join('\n')}\n${text}`;
}

/** A value that stays on its line: what would begin a new one or a comment is refused. */
function checked(value: string): string {
  if (/[\p{Cc}#]/u.test(value)) throw new RangeError('a configuration value has a control character or a #');
  return value;
}
