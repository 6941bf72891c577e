import { and, desc, eq, or, type SQL, sql } from 'drizzle-orm';
import type { DeliveryState, NoticeType } from '../core/notice.ts';
import type { Database } from './connection.ts';
import { environments, noticeDeliveries, notices } from './schema.ts';

/** What a webhook was told, or is still to be told, of one notice. */
export interface WebhookDelivery {
  noticeId: string;
  type: NoticeType;
  incidentId: string;
  environment: string;
  noticedAt: Date;
  /** Made so far; those before a dead letter was put back are not counted. */
  attempts: number;
  nextAttemptAt: Date;
  deliveredAt: Date | null;
  /** Given up. */
  deadAt: Date | null;
  lastError: string | null;
}

const IN_STATE: Readonly<Record<DeliveryState, SQL>> = {
  pending: sql`(${noticeDeliveries.deliveredAt} is null and ${noticeDeliveries.deadAt} is null)`,
  delivered: sql`${noticeDeliveries.deliveredAt} is not null`,
  dead: sql`(${noticeDeliveries.deliveredAt} is null and ${noticeDeliveries.deadAt} is not null)`,
};

export interface DeliveryFilter {
  state?: readonly DeliveryState[];
  /** Only notices older than this one: the cursor. */
  before?: string;
}

/** The newest notices first. */
export async function listDeliveries(
  database: Database,
  webhookId: string,
  { state, before }: DeliveryFilter,
  limit: number,
): Promise<WebhookDelivery[]> {
  return await database.query((db) =>
    db
      .select({
        noticeId: notices.id,
        type: notices.type,
        incidentId: notices.incidentId,
        environment: environments.name,
        noticedAt: notices.createdAt,
        attempts: noticeDeliveries.attempts,
        nextAttemptAt: noticeDeliveries.nextAttemptAt,
        deliveredAt: noticeDeliveries.deliveredAt,
        deadAt: noticeDeliveries.deadAt,
        lastError: noticeDeliveries.lastError,
      })
      .from(noticeDeliveries)
      .innerJoin(notices, eq(notices.id, noticeDeliveries.noticeId))
      .innerJoin(environments, eq(environments.id, notices.environmentId))
      .where(
        and(
          eq(noticeDeliveries.target, webhookId),
          state && or(...state.map((one) => IN_STATE[one])),
          // Not by the ids, whose order is not that of their making.
          before === undefined
            ? undefined
            : sql`(${notices.createdAt}, ${notices.id}) < (select last.created_at, last.id from notices last where last.id = ${before})`,
        ),
      )
      .orderBy(desc(notices.createdAt), desc(notices.id))
      .limit(limit),
  );
}

/** `due`: it is made as soon as the worker comes by. `delivered`, `disabled`: nothing was changed. */
export type RetryVerdict = 'due' | 'delivered' | 'disabled';

/**
 * Makes a delivery due now. A dead letter has the whole schedule before it again. `null`: there is no such
 * delivery.
 */
export async function retryDelivery(
  database: Database,
  webhookId: string,
  noticeId: string,
): Promise<RetryVerdict | null> {
  const [found] = await database.query((db) =>
    db.execute<{ verdict: RetryVerdict }>(sql`
      with found as (
        select case when w.disabled_at is not null then 'disabled'
                    when d.delivered_at is not null then 'delivered' else 'due' end as verdict
        from notice_deliveries d join webhooks w on w.id::text = d.target
        where d.notice_id = ${noticeId} and d.target = ${webhookId}
      ), put_back as (
        update notice_deliveries
        set attempts = case when dead_at is null then attempts else 0 end, dead_at = null, next_attempt_at = now()
        where notice_id = ${noticeId} and target = ${webhookId} and delivered_at is null
          and exists (select 1 from found where verdict = 'due')
      )
      select verdict from found`),
  );
  return found?.verdict ?? null;
}
