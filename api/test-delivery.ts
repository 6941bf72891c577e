import { messageOf } from '../core/errors.ts';
import { testBody } from '../core/notice.ts';
import { isTaken, refusalOf, type WebhookAllowance } from '../core/webhook.ts';
import { newId } from '../db/id.ts';
import type { Webhook } from '../db/webhooks.ts';
import type { Resolve } from '../outside/post.ts';
import { tellWebhook } from '../outside/tell.ts';
import { ProblemError } from './http/problem.ts';

/** What came of one message of the type `test`. */
export interface TestDelivery {
  /** Its `webhook-id`. */
  id: string;
  delivered: boolean;
  /** `null`: there was no answer. */
  statusCode: number | null;
  durationMs: number;
  /** Why it was not sent, or not taken. */
  reason: string | null;
}

const CALLS_MAX = 4;

/** Sends test messages to webhooks as the worker sends notices: with the same checks and limits, but once. */
export class TestDeliveries {
  readonly #allowance: WebhookAllowance;
  readonly #resolve: Resolve | undefined;
  #underWay = 0;

  constructor(allowance: WebhookAllowance, resolve?: Resolve) {
    this.#allowance = allowance;
    this.#resolve = resolve;
  }

  /** @throws ProblemError 429 */
  async make(webhook: Webhook, stop: AbortSignal): Promise<TestDelivery> {
    if (this.#underWay >= CALLS_MAX)
      throw new ProblemError('too-many-requests', 'Too many test messages are under way.', {
        headers: { 'Retry-After': '5' },
      });
    this.#underWay++;
    try {
      return await this.#send(webhook, stop);
    } finally {
      this.#underWay--;
    }
  }

  async #send(webhook: Webhook, stop: AbortSignal): Promise<TestDelivery> {
    const id = newId();
    const startedAt = performance.now();
    const result = (end: Omit<TestDelivery, 'id' | 'durationMs'>) => {
      return { id, ...end, durationMs: Math.round(performance.now() - startedAt) };
    };
    const options = { allowance: this.#allowance, stop, ...(this.#resolve && { resolve: this.#resolve }) };
    try {
      const answer = await tellWebhook(webhook, { id, body: testBody(webhook.id, new Date()) }, options);
      const delivered = isTaken(answer.status);
      return result({
        delivered,
        statusCode: answer.status,
        reason: delivered ? null : refusalOf(answer),
      });
    } catch (error) {
      return result({ delivered: false, statusCode: null, reason: messageOf(error) });
    }
  }
}
