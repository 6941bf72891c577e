import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { targetProblem } from '../../core/webhook.ts';
import { createWebhook, deleteWebhook, listWebhooks, type Webhook } from '../../db/webhooks.ts';
import { callerOf } from '../auth.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiHandler, ApiParts } from '../context.ts';
import { ProblemError } from '../problem.ts';
import { valid, webhookRequest } from '../request.ts';

const SECRET_BYTES = 32;

export function webhookRoutes({ webhookAllowance }: ApiParts) {
  const post: ApiHandler = async (c) => {
    const { text } = await readBody(c, ['application/json']);
    const { url, secret = newSecret(), environments = null } = valid(webhookRequest, readJson(text));
    const problem = targetProblem(url, webhookAllowance);
    if (problem !== null) throw notAllowed(problem);
    const webhook = { url, secret, environments, createdBy: callerOf(c).keyId };
    const created = await createWebhook(c.get('database'), webhook);
    // The only time that the secret is shown.
    return c.json({ ...webhookView(created), secret }, 201);
  };

  const list: ApiHandler = async (c) => {
    return c.json({ items: (await listWebhooks(c.get('database'))).map(webhookView) });
  };

  const remove: ApiHandler = async (c) => {
    const id = z.uuid().safeParse(c.req.param('id'));
    if (!id.success || !(await deleteWebhook(c.get('database'), id.data)))
      throw new ProblemError('unknown-webhook', 'No webhook has this id.', {
        nextStep: 'GET /v1/webhooks lists them.',
      });
    return c.body(null, 204);
  };

  return { 'POST /v1/webhooks': post, 'GET /v1/webhooks': list, 'DELETE /v1/webhooks/:id': remove };
}

function webhookView({ id, url, environments, createdAt, createdBy, disabledAt }: Webhook) {
  return { id, url, environments, createdAt, createdBy, disabledAt };
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

function notAllowed(message: string): ProblemError {
  return new ProblemError('webhook-target-not-allowed', `The address of a webhook ${message}.`, {
    errors: [{ path: 'url', message }],
    nextStep:
      'Use a public https address, or name its host or network in DAVY_WEBHOOK_ALLOW, for API and worker.',
  });
}
