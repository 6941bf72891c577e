/** What the kernel says when it has no more of something: errno(3). */
const CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** Whether something went wrong because this machine ran out of disk, memory, descriptors or processes. */
export function isResourceExhaustion(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    CODES.has((error as NodeJS.ErrnoException).code) ||
    isRefusedFork(error) ||
    isResourceExhaustion(error.cause)
  );
}

/** Elsewhere EAGAIN means no more than "try again": fork(2) says it at the limit of processes, of a user or a group. */
function isRefusedFork({ code, syscall }: NodeJS.ErrnoException): boolean {
  return code === 'EAGAIN' && syscall?.startsWith('spawn') === true;
}
