import { copyFile, mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JSONPath } from 'jsonc-parser';
import { DavyError } from '../../core/errors.ts';
import { replaceFile } from '../../disk/replace-file.ts';
import { type Dialect, JSONC, type JsonEdit, parseObject, withValue } from './json-text.ts';
import type { ConfigChange } from './kind.ts';

/** Configuration files hold credentials: nobody else may read them. */
const MODE = 0o600;

/** A file that is there and cannot be read: of another user, or a folder. */
const UNREADABLE: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ELOOP']);

/**
 * The text of a file; `null` where there is none.
 * @throws {DavyError} `bad_config`, where it cannot be read
 */
export async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (!UNREADABLE.has(code)) throw error;
    throw new DavyError('bad_config', `${file} cannot be read (${code})`, {
      nextStep: 'Make it a file that the user of the worker may read.',
      cause: error,
    });
  }
}

/**
 * Replaces a file in one step; what stood there before is kept beside it as `.bak`. Where the operator has a symlink,
 * it stays one, and the file that it leads to is replaced.
 */
export async function replaceConfig(file: string, text: string, previous: string | null): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  if (previous === null) return await replaceFile(file, text, MODE);
  await copyFile(file, `${file}.bak`);
  await replaceFile(await realpath(file), text, MODE);
}

/** A JSON file with comments allowed, unless the dialect says otherwise; `null` where there is none. */
export async function readJson(file: string, dialect: Dialect = JSONC): Promise<unknown> {
  const text = await readText(file);
  return text === null ? null : parseJson(file, text, dialect);
}

function parseJson(file: string, text: string, dialect: Dialect): unknown {
  const parsed = parseObject(text, dialect);
  if ('value' in parsed) return parsed.value;
  throw new DavyError('bad_config', `${file}: line ${parsed.line} is not valid JSON`, {
    nextStep: dialect.hint,
  });
}

/** Sets values in a JSON file and leaves every other byte as it is; makes the file from `template` where there is none. */
export async function editJson(
  file: string,
  template: object,
  edits: readonly JsonEdit[],
  dialect: Dialect = JSONC,
): Promise<ConfigChange> {
  const before = await readText(file);
  const start = before ?? `${JSON.stringify(template, null, 2)}\n`;
  const current = parseJson(file, start, dialect);
  const wanted = edits.filter(({ path, value }) => valueAt(current, path) !== value);
  const text = wanted.reduce((draft, edit) => withValue(draft, dialect, edit), start);
  if (before === text) return { file, change: 'unchanged', keys: [] };
  await replaceConfig(file, text, before);
  const keys = wanted.map(({ path }) => path.join('.'));
  return { file, change: before === null ? 'created' : 'adjusted', keys };
}

export function valueAt(document: unknown, path: JSONPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    document,
  );
}
