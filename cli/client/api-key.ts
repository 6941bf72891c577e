import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../core/config.ts';
import { messageOf } from '../../core/errors.ts';
import { UsageError } from '../exit-codes.ts';

/** Where the first start of the API leaves the admin key. */
export function keyFileOf(dataDir: string): string {
  return join(dataDir, 'api-key');
}

/** @throws UsageError where DAVY_API_KEY is unset and there is no readable key file. */
export async function apiKeyOf({ apiKey, dataDir }: Pick<Config, 'apiKey' | 'dataDir'>): Promise<string> {
  return apiKey ?? (await readKeyFile(dataDir));
}

/** @throws UsageError where it cannot be read. */
export async function readKeyFile(dataDir: string): Promise<string> {
  const path = keyFileOf(dataDir);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError('no-api-key', `There is no API key: ${messageOf(cause)}.`, {
      nextStep: 'Start `davy up` in this folder, or set DAVY_API_KEY, or DAVY_DATA_DIR to where it runs.',
      cause,
    });
  }
}
