import { asc, eq, isNull, sql } from 'drizzle-orm';
import type { Database } from './connection.ts';
import { newId } from './id.ts';
import { noticeDeliveries, webhooks } from './schema.ts';

export type Webhook = typeof webhooks.$inferSelect;

export interface NewWebhook {
  url: string;
  secret: string;
  environments: string[] | null;
  createdBy: string;
}

export async function createWebhook(database: Database, webhook: NewWebhook): Promise<Webhook> {
  const [created] = await database.query((db) =>
    db
      .insert(webhooks)
      .values({ id: newId(), ...webhook })
      .returning(),
  );
  if (!created) throw new Error('the webhook was not kept');
  return created;
}

/** How many of its deliveries are still to be made, and how many were given up. */
export interface OpenDeliveries {
  pending: number;
  dead: number;
}

export async function listWebhooks(database: Database): Promise<(Webhook & { open: OpenDeliveries })[]> {
  return await database.query(async (db) => {
    const counted = db
      .select({
        target: noticeDeliveries.target,
        pending: sql<number>`count(*) filter (where ${noticeDeliveries.deadAt} is null)::int`.as('pending'),
        dead: sql<number>`count(*) filter (where ${noticeDeliveries.deadAt} is not null)::int`.as('dead'),
      })
      .from(noticeDeliveries)
      .where(isNull(noticeDeliveries.deliveredAt))
      .groupBy(noticeDeliveries.target)
      .as('counted');
    const rows = await db
      .select({ webhook: webhooks, pending: counted.pending, dead: counted.dead })
      .from(webhooks)
      .leftJoin(counted, eq(counted.target, sql`${webhooks.id}::text`))
      .orderBy(asc(webhooks.id));
    return rows.map(({ webhook, pending, dead }) => ({
      ...webhook,
      open: { pending: pending ?? 0, dead: dead ?? 0 },
    }));
  });
}

export async function findWebhook(database: Database, id: string): Promise<Webhook | null> {
  const [found] = await database.query((db) => db.select().from(webhooks).where(eq(webhooks.id, id)));
  return found ?? null;
}

/** Forgets a webhook, and what it was still to be told. `false`: there was none. */
export async function deleteWebhook(database: Database, id: string): Promise<boolean> {
  const deleted = await database.query((db) =>
    db.execute(sql`
      with undelivered as (
        delete from notice_deliveries where target = ${id} and delivered_at is null
      )
      delete from webhooks where id = ${id} returning id`),
  );
  return deleted.length > 0;
}
