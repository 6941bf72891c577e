import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { listEnvironments, type RegisteredEnvironment } from '../../../db/environments.ts';
import type { ApiContext, ApiHandler, ApiParts } from '../../context.ts';
import { runRequest } from '../../contract/run.ts';
import { callerOf } from '../../guards/auth.ts';
import { readForm } from '../../http/form.ts';
import { ProblemError } from '../../http/problem.ts';
import { valid } from '../../http/request.ts';
import { unknown } from '../../http/unknown.ts';
import { nudge } from '../../runs/nudge.ts';
import { readRun } from '../../runs/read-run.ts';
import { submitRun } from '../../runs/submit-run.ts';
import { answerPage } from '../page.tsx';
import { pageQuery } from '../query.ts';
import { type StartFields, StartForm } from './form.tsx';

const form = z.strictObject({
  pipeline: z.string().max(256),
  /** `<host>/<name>` */
  stack: z.string().max(1024),
  prompt: z.string().max(64 * 1024),
  /** Pressed twice, it starts one run. */
  once: z.uuid(),
});

const query = z.object({ stack: z.string().max(1024).optional(), pipeline: z.string().max(256).optional() });

const PIPELINE = 'mining-infrastructure-setup';

/** The form that starts a run. */
export function newRunRoutes({ pipelines, dispatcher, log }: ApiParts) {
  const answer = async (c: ApiContext, fields: StartFields, problem: ProblemError | null) => {
    const [environments, catalogue] = await Promise.all([
      listEnvironments(c.get('database')),
      pipelines.catalogue(),
    ]);
    return await answerPage(c, {
      title: 'Start a run',
      section: 'runs',
      status: problem?.status ?? 200,
      children: (
        <StartForm
          fields={fields}
          problem={problem}
          caller={callerOf(c)}
          stacks={environments}
          pipelines={[...catalogue.pipelines.values()].map(({ pipeline }) => pipeline)}
        />
      ),
    });
  };

  const show: ApiHandler = async (c) => {
    const { stack = '', pipeline = PIPELINE } = pageQuery(c, query);
    return await answer(c, { stack, pipeline, prompt: '', once: randomUUID() }, null);
  };

  const start: ApiHandler = async (c) => {
    const fields = await readForm(c, form);
    try {
      const runId = await submit(c, fields);
      return c.redirect(`/runs/${runId}`, 303);
    } catch (error) {
      if (error instanceof ProblemError) return await answer(c, { ...fields, once: randomUUID() }, error);
      throw error;
    }
  };

  const submit = async (c: ApiContext, { pipeline, stack, prompt, once }: StartFields): Promise<string> => {
    const database = c.get('database');
    const { host, workingDirectory } = stackNamed(stack, await listEnvironments(database));
    const request = valid(runRequest, { pipelineName: pipeline, userPrompt: prompt, workingDirectory, host });
    const asking = { keyId: callerOf(c).keyId, idempotencyKey: `page-${once}` };
    const { runId, replayed } = await submitRun({ database, pipelines }, request, asking);
    c.set('target', runId);
    if (!replayed) nudge(dispatcher, (await readRun(database, runId)).run, log);
    return runId;
  };

  return { 'GET /runs/new': show, 'POST /runs/new': start };
}

/** @throws ProblemError 404 */
function stackNamed(stack: string, all: readonly RegisteredEnvironment[]): RegisteredEnvironment {
  const found = all.find(({ host, name }) => `${host}/${name}` === stack);
  if (!found) throw unknown('unknown-environment');
  return found;
}
