import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { RESET_TYPES } from '../../../core/reset.ts';
import { environmentActivity } from '../../../db/health.ts';
import type { ApiContext, ApiHandler, ApiParts } from '../../context.ts';
import { callerOf } from '../../guards/auth.ts';
import { readForm } from '../../http/form.ts';
import { ProblemError } from '../../http/problem.ts';
import { findEnvironment } from '../../runs/find-environment.ts';
import { orderReset } from '../../runs/order-reset.ts';
import { answerPage } from '../page.tsx';
import { pageQuery } from '../query.ts';
import { type ResetFields, ResetForm } from './form.tsx';

const form = z.strictObject({
  type: z.enum(RESET_TYPES),
  confirm: z.string().max(256).default(''),
  host: z.string().min(1).max(256),
  preempt: z.literal('on').optional(),
  /** Pressed twice, it starts one run. */
  once: z.uuid(),
});

const query = z.object({ host: z.string().max(256).optional(), type: z.enum(RESET_TYPES).optional() });

/** The form that resets a stack, with what that means for this one; the same rules as those of the API. */
export function resetPageRoutes(parts: ApiParts) {
  const answer = async (c: ApiContext, fields: ResetFields, problem: ProblemError | null) => {
    const database = c.get('database');
    const environment = await findEnvironment(database, fields);
    const { run } = await environmentActivity(database, environment.id);
    return await answerPage(c, {
      title: `Reset ${environment.name}`,
      section: 'stacks',
      status: problem?.status ?? 200,
      children: (
        <ResetForm
          environment={environment}
          run={run}
          fields={{ ...fields, host: environment.host }}
          problem={problem}
          caller={callerOf(c)}
        />
      ),
    });
  };

  const show: ApiHandler = async (c) => {
    const { host, type = 'soft' } = pageQuery(c, query);
    const fields = { name: nameOf(c), host, type, confirm: '', preempt: false, once: randomUUID() };
    return await answer(c, fields, null);
  };

  const reset: ApiHandler = async (c) => {
    const { preempt, ...given } = await readForm(c, form);
    const fields = { ...given, name: nameOf(c), preempt: preempt !== undefined };
    try {
      return c.redirect(`/runs/${await submit(c, fields)}`, 303);
    } catch (error) {
      if (error instanceof ProblemError) return await answer(c, { ...fields, once: randomUUID() }, error);
      throw error;
    }
  };

  const submit = async (c: ApiContext, { once, confirm, ...fields }: ResetFields): Promise<string> => {
    const order = { ...fields, confirm: confirm === '' ? undefined : confirm };
    const caller = { keyId: callerOf(c).keyId, idempotencyKey: `page-${once}` };
    const { detail } = await orderReset(c.get('database'), parts, { order, caller });
    return detail.run.id;
  };

  return { 'GET /environments/:name/reset': show, 'POST /environments/:name/reset': reset };
}

function nameOf(c: ApiContext): string {
  return c.req.param('name') ?? '';
}
