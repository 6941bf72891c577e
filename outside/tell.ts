import type { WebhookAllowance } from '../core/webhook.ts';
import { type Answer, postOutside, type Resolve } from './post.ts';
import { signedHeaders } from './sign.ts';

export interface TellOptions {
  allowance: WebhookAllowance;
  /** Breaks it off. */
  stop: AbortSignal;
  resolve?: Resolve;
}

/**
 * Sends a webhook one signed message, once.
 * @throws where it may not be called, cannot be reached, or does not answer in time.
 */
export async function tellWebhook(
  { url, secret }: { url: string; secret: string },
  { id, body }: { id: string; body: string },
  { allowance, stop, resolve }: TellOptions,
): Promise<Answer> {
  const headers = signedHeaders({ id, body, secret }, new Date());
  return await postOutside(url, { headers, body }, allowance, stop, resolve);
}
