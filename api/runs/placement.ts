import { isLost } from '../../core/waiting.ts';
import type { Database } from '../../db/connection.ts';
import { type Host, listEnvironments, listHosts, type RegisteredEnvironment } from '../../db/environments.ts';
import { ProblemError } from '../http/problem.ts';
import { contains, hasSymlink, pathProblem } from './working-directory.ts';

/**
 * The environment that a working directory belongs to: the registered one with the longest matching path, on
 * a host that allows the path.
 * @throws ProblemError 422 or 409 that says what is wrong with the directory or its environment, or which host to
 * name.
 */
export async function placeRun(
  database: Database,
  { workingDirectory, host }: { workingDirectory: string; host?: string | undefined },
): Promise<RegisteredEnvironment> {
  const wrong = pathProblem(workingDirectory);
  if (wrong !== null) throw notAllowed(wrong);
  const [hosts, environments] = await Promise.all([listHosts(database), listEnvironments(database)]);
  const allowing = allowingHosts(hosts, workingDirectory, host);
  if (await hasSymlink(workingDirectory)) throw notAllowed('must not have a symbolic link in it');
  const around = environments.filter(
    (environment) =>
      allowing.some(({ name }) => name === environment.host) &&
      contains(environment.workingDirectory, workingDirectory),
  );
  const lost = lostAmong(hosts);
  const found = closest(around);
  const served = found.filter((environment) => !lost(environment));
  const chosen = chooseOne(served.length > 0 ? served : found, workingDirectory, allowing);
  if (lost(chosen)) throw environmentLost(chosen);
  return chosen;
}

/** @throws ProblemError 409 where the worker of its host lives and does not serve it any more. */
export async function assertServed(database: Database, environment: RegisteredEnvironment): Promise<void> {
  if (lostAmong(await listHosts(database))(environment)) throw environmentLost(environment);
}

function lostAmong(hosts: readonly Host[]): (environment: RegisteredEnvironment) => boolean {
  return (environment) => {
    const host = hosts.find(({ name }) => name === environment.host);
    return host !== undefined && isLost({ host, environment });
  };
}

function environmentLost({ name, host, workingDirectory, seenAt }: RegisteredEnvironment): ProblemError {
  const since = seenAt.toISOString();
  return new ProblemError(
    'environment-lost',
    `The worker of ${host} has not served environment ${name} since ${since}.`,
    {
      nextStep: `On ${host}, see to it that ${workingDirectory}/davy.json is there, is valid and says "name": "${name}"; where it is, the log of the worker says why it cannot be taken. Or name the folder of another environment.`,
    },
  );
}

function allowingHosts(hosts: readonly Host[], path: string, wanted: string | undefined): Host[] {
  const candidates = wanted === undefined ? hosts : hosts.filter(({ name }) => name === wanted);
  if (wanted !== undefined && candidates.length === 0)
    throw new ProblemError('unknown-host', 'No worker has registered under that name.', {
      errors: [{ path: 'host', message: `must be one of ${hosts.map(({ name }) => name).join(', ')}` }],
      nextStep: 'Look at GET /v1/hosts, or start a worker on that host.',
    });
  const allowing = candidates.filter(({ roots }) => roots.some((root) => contains(root, path)));
  if (allowing.length > 0) return allowing;
  const allowed = candidates.map(({ name, roots }) => `${roots.join(' or ')} on ${name}`).join('; ');
  throw notAllowed(
    candidates.length === 0 ? 'cannot be placed: no worker has registered yet' : `must lie under ${allowed}`,
    candidates.length === 0
      ? 'Start a worker on the mining host.'
      : 'Use a folder below one of these, or add its folder to DAVY_ROOTS of the worker.',
  );
}

/** The environments with the longest path, one for each host: of several there, the one seen last. */
function closest(around: readonly RegisteredEnvironment[]): RegisteredEnvironment[] {
  const longest = Math.max(...around.map(({ workingDirectory }) => workingDirectory.length));
  const byHost = new Map<string, RegisteredEnvironment>();
  for (const environment of around) {
    const other = byHost.get(environment.host);
    if (environment.workingDirectory.length === longest && !(other && other.seenAt >= environment.seenAt))
      byHost.set(environment.host, environment);
  }
  return [...byHost.values()];
}

function chooseOne(
  found: readonly RegisteredEnvironment[],
  path: string,
  allowing: readonly Host[],
): RegisteredEnvironment {
  const [environment, ...others] = found;
  if (environment === undefined)
    throw new ProblemError('environment-not-found', `No registered environment contains ${path}.`, {
      errors: [{ path: 'workingDirectory', message: 'belongs to no environment' }],
      nextStep: `On ${allowing.map(({ name }) => name).join(' or ')}, write ${path}/davy.json with at least {"name": "my-stack", "daemon": {}, "pool": {}, "miners": [{}]}; the worker there registers it.`,
    });
  if (others.length > 0) {
    const names = found.map(({ host }) => host).sort();
    throw new ProblemError(
      'ambiguous-host',
      `${names.join(' and ')} all have ${environment.workingDirectory}.`,
      {
        errors: [{ path: 'host', message: `must be one of ${names.join(', ')}` }],
        nextStep: 'Repeat the request with the field "host".',
      },
    );
  }
  return environment;
}

function notAllowed(message: string, nextStep?: string): ProblemError {
  return new ProblemError('working-directory-not-allowed', `The working directory ${message}.`, {
    errors: [{ path: 'workingDirectory', message }],
    ...(nextStep === undefined ? {} : { nextStep }),
  });
}
