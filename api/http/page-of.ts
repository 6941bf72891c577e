/**
 * A page of a list of which one row more was read than the page holds: with it, there is a next page. `next`: where
 * that one begins, as `cursorOf` says it of the last row of this page; `null`: this is the last page.
 */
export function pageOf<Row, Cursor>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => Cursor,
): { items: Row[]; next: Cursor | null } {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? null : cursorOf(last) };
}
