interface PagingProps {
  path: string;
  /** The filters that stay as they are. */
  filters: Readonly<Record<string, string | undefined>>;
  /** Where this page begins; `undefined`: with the newest. */
  before: string | undefined;
  /** The last one on this page, where there are more. */
  last: string | undefined;
}

/** Further pages of a list whose newest come first. */
export function Paging({ path, filters, before, last }: PagingProps) {
  if (before === undefined && last === undefined) return null;
  return (
    <nav class="paging" aria-label="Pages of the list">
      {before !== undefined && <a href={addressOf(path, filters)}>Newest</a>}
      {last !== undefined && <a href={addressOf(path, { ...filters, before: last })}>Older</a>}
    </nav>
  );
}

function addressOf(path: string, wanted: PagingProps['filters']): string {
  const known = Object.entries(wanted).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return known.length === 0 ? path : `${path}?${new URLSearchParams(known)}`;
}
