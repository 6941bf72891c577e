/** What the kernel says when it has no more of something: errno(3). */
const CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** Whether something went wrong because this machine ran out of disk, memory or descriptors. */
export function isResourceExhaustion(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return CODES.has((error as NodeJS.ErrnoException).code) || isResourceExhaustion(error.cause);
}
