import { type SQL, sql } from 'drizzle-orm';

/** JSON for a `jsonb` column, which takes neither NUL nor half a surrogate: components say both. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '\ufffd') : inner,
  );
}

/** As a `text[]` of Postgres. */
export function textArray(items: readonly string[] | null): SQL {
  return items === null ? sql`null` : sql`array(select jsonb_array_elements_text(${toJson(items)}::jsonb))`;
}
