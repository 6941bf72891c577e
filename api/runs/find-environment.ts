import type { Database } from '../../db/connection.ts';
import { listEnvironments, type RegisteredEnvironment } from '../../db/environments.ts';
import { ProblemError } from '../http/problem.ts';
import { unknown } from '../http/unknown.ts';

/**
 * The environment of that name; where several hosts have one, that of the host.
 * @throws ProblemError 404 where there is none, 409 where a host has to be named.
 */
export async function findEnvironment(
  database: Database,
  { name, host }: { name: string; host?: string | undefined },
): Promise<RegisteredEnvironment> {
  const all = await listEnvironments(database);
  const found = all.filter(
    (candidate) => candidate.name === name && (host ?? candidate.host) === candidate.host,
  );
  const [environment, ...others] = found;
  if (!environment) throw unknown('unknown-environment');
  if (others.length > 0)
    throw new ProblemError('ambiguous-host', `Several hosts have an environment ${name}.`, {
      nextStep: `Name one as "host": ${found.map((candidate) => candidate.host).join(', ')}.`,
    });
  return environment;
}
