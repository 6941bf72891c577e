import { asc, eq, sql } from 'drizzle-orm';
import type { Database } from './connection.ts';
import { newId } from './id.ts';
import { webhooks } from './schema.ts';

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

export async function listWebhooks(database: Database): Promise<Webhook[]> {
  return await database.query((db) => db.select().from(webhooks).orderBy(asc(webhooks.id)));
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
