import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Config, parseConfig } from '../core/config.ts';
import type { Problem } from '../core/errors.ts';
import { UsageError } from './exit-codes.ts';

const HOST_NAME_MAX_LENGTH = 63;

/**
 * The configuration of this process from its environment variables, its folders as absolute paths.
 * @throws UsageError that lists all problems at once.
 */
export function loadConfig(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  workingDirectory = process.cwd(),
): Config {
  const parsed = parse(variables, workingDirectory);
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ path, message }) => `  ${path}: ${message}`);
    throw new UsageError('bad-configuration', ['Bad environment variables:', ...problems].join('\n'));
  }
  const { config } = parsed;
  const absolute = (path: string) => resolve(workingDirectory, path);
  return {
    ...config,
    dataDir: absolute(config.dataDir),
    pipelinesDir: config.pipelinesDir && absolute(config.pipelinesDir),
    settingsFile: config.settingsFile && absolute(config.settingsFile),
  };
}

/** What is wrong with the environment variables of Davylamp; the path is the name of the variable. */
export function problemsOfVariables(variables: Readonly<Record<string, string | undefined>>): Problem[] {
  const parsed = parse(variables, process.cwd());
  return parsed.ok ? [] : parsed.problems;
}

function parse(variables: Readonly<Record<string, string | undefined>>, workingDirectory: string) {
  return parseConfig(variables, { hostname: hostNameFrom(hostname()), workingDirectory });
}

/** A configuration whose database is known. */
export type ServiceConfig = Config & { databaseUrl: string };

/** @throws UsageError where no database is named. */
export function requireDatabase(config: Config): ServiceConfig {
  const { databaseUrl } = config;
  if (databaseUrl === null)
    throw new UsageError('no-database', 'DATABASE_URL is not set.', {
      nextStep: 'Run `davy up`, which brings its own Postgres, or set DATABASE_URL.',
    });
  return { ...config, databaseUrl };
}

/** The system's name of this machine, as far as a host of ours may be called that. */
export function hostNameFrom(systemName: string): string {
  const name = systemName.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return name.slice(0, HOST_NAME_MAX_LENGTH) || 'localhost';
}
