interface PagingProps {
  path: string;
  /** The filters that stay as they are. */
  filters: Readonly<Record<string, string | undefined>>;
  /** Where this page begins; `undefined`: with the newest. */
  before: string | undefined;
  /** Where the page after this one begins; `null`: there is none. */
  next: string | null;
}

/** Further pages of a list whose newest come first. */
export function Paging({ path, filters, before, next }: PagingProps) {
  if (before === undefined && next === null) return null;
  return (
    <nav class="paging" aria-label="Pages of the list">
      {before !== undefined && <a href={addressOf(path, filters)}>Newest</a>}
      {next !== null && <a href={addressOf(path, { ...filters, before: next })}>Older</a>}
    </nav>
  );
}

function addressOf(path: string, wanted: PagingProps['filters']): string {
  const known = Object.entries(wanted).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return known.length === 0 ? path : `${path}?${new URLSearchParams(known)}`;
}
