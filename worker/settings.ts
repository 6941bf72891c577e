import { readFile, stat } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { DEFAULT_SETTINGS, parseSettings, type Settings } from '../core/settings.ts';

/** The operator's knobs, read anew when the file has changed. */
export interface SettingsSource {
  current(): Promise<Settings>;
}

/** An invalid or missing file keeps the last good settings, and says so once for each version of the file. */
export function settingsFrom(file: string, log: Log): SettingsSource {
  let settings = DEFAULT_SETTINGS;
  let version: string | null = null;
  return {
    async current() {
      const found = await versionOf(file);
      if (found === version) return settings;
      version = found;
      try {
        const parsed = parseSettings(JSON.parse(await readFile(file, 'utf8')));
        if (parsed.ok) settings = parsed.settings;
        else
          log('warn', 'the settings are invalid; the last good ones stay', {
            file,
            problems: parsed.problems,
          });
      } catch (error) {
        log('warn', 'the settings cannot be read; the last good ones stay', {
          file,
          reason: messageOf(error),
        });
      }
      return settings;
    },
  };
}

async function versionOf(file: string): Promise<string> {
  return await stat(file).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
    () => 'missing',
  );
}
