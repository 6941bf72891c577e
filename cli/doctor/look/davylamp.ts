import { z } from 'zod';
import { DavyError, messageOf } from '../../../core/errors.ts';
import { describeProcess } from '../../../worker/components/port-holder.ts';
import { isPortFree, listeners } from '../../../worker/host/port.ts';
import { apiKeyOf } from '../../client/api-key.ts';
import { ApiRefusal } from '../../client/problem.ts';
import { ask } from '../../client/request.ts';
import type { DoctorContext } from '../checks.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

const TIMEOUT_MS = 3_000;

const hostsSchema = z.object({
  items: z.array(z.object({ name: z.string(), alive: z.boolean(), seenAt: z.string().nullish() })),
});
const environmentsSchema = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      host: z.string(),
      workingDirectory: z.string(),
      healthy: z.boolean().nullish(),
      maintenance: z.unknown(),
    }),
  ),
});

/** Whether Davylamp runs; where it does, what it says of itself, else whether its port is free. */
export async function lookAtDavylamp(context: DoctorContext): Promise<Finding[]> {
  const { url } = context.config;
  if (!(await isDavylamp(url))) return [await freePort(context)];
  const api = ok('api', `Davylamp answers at ${url}`);
  try {
    const address = { url, apiKey: await apiKeyOf(context.config) };
    const get = async (path: string) =>
      (await ask(address, { method: 'GET', path, timeoutMs: TIMEOUT_MS })).body;
    const [hosts, environments] = await Promise.all([get('/v1/hosts'), get('/v1/environments')]);
    return [
      api,
      ok('api key', 'the API takes it'),
      ...hostFindings(hostsSchema.parse(hosts).items, context.config.host),
      ...environmentFindings(environmentsSchema.parse(environments).items),
    ];
  } catch (error) {
    return [api, refusal(error)];
  }
}

function refusal(error: unknown): Finding {
  const isOfKey = error instanceof ApiRefusal || (error instanceof DavyError && error.code === 'no-api-key');
  const ofKey = 'Set DAVY_API_KEY, or run this where `davy up` was started: its data directory has a key.';
  const nextStep = error instanceof DavyError ? error.nextStep : null;
  return isOfKey
    ? problem('api key', messageOf(error), ofKey)
    : problem('api', messageOf(error), nextStep ?? 'Look at its log: logs/api.log in the data directory.');
}

async function isDavylamp(url: string): Promise<boolean> {
  const answer = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    () => null,
  );
  const body = (await answer?.json().catch(() => null)) as Record<string, unknown> | null | undefined;
  // A problem document of ours is an answer, too: its database may be away.
  return (
    body !== null && body !== undefined && ('postgres' in body || String(body.type).includes('davylamp'))
  );
}

async function freePort({ config: { port, bind, url } }: DoctorContext): Promise<Finding> {
  if (new URL(url).port !== `${port}`)
    return problem('api', `nothing of Davylamp answers at ${url}`, 'Start it there, or correct DAVY_URL.');
  const address = bind === 'localhost' ? '127.0.0.1' : bind;
  const check = `port ${port}`;
  if (port === 0 || (await isPortFree({ port, address })))
    return ok(check, 'free; Davylamp does not run here: davy up starts it');
  const [listener] = await listeners(port);
  const holder = listener?.owner
    ? describeProcess(listener.owner)
    : 'a process that cannot be seen from here';
  return problem(
    check,
    `held by ${holder}, which is no Davylamp`,
    'End it, or set DAVY_PORT to another port.',
  );
}

function hostFindings(hosts: z.infer<typeof hostsSchema>['items'], here: string): Finding[] {
  if (!hosts.some(({ name }) => name === here)) {
    const fact = `no worker has registered as ${here}`;
    return [
      warning('worker', fact, 'Start one here with davy up or davy worker, or set DAVY_HOST to its name.'),
    ];
  }
  return hosts.map(({ name, alive, seenAt }) =>
    alive
      ? ok('worker', `${name} gave a sign of life at ${seenAt}`)
      : problem(
          'worker',
          `${name} is silent since ${seenAt}`,
          `Look at its log, and start it again on ${name}.`,
        ),
  );
}

function environmentFindings(environments: z.infer<typeof environmentsSchema>['items']): Finding[] {
  if (environments.length === 0) {
    const mend = 'Write a davy.json below one of DAVY_ROOTS; the worker finds it by itself.';
    return [warning('environments', 'none is registered', mend)];
  }
  return environments.map(({ name, host, workingDirectory, healthy, maintenance }) => {
    const check = `environment ${name}`;
    const place = `on ${host}, in ${workingDirectory}`;
    if (maintenance !== null && maintenance !== undefined)
      return warning(check, `in maintenance, ${place}`, 'End the maintenance when the work is done.');
    if (healthy === false) return warning(check, `not healthy, ${place}`, 'davy incidents; davy runs');
    return ok(check, `${healthy ? 'healthy' : 'not looked at yet'}, ${place}`);
  });
}
