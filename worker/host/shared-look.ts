/**
 * Lets callers share a costly look at the world without ever handing out one that began before they asked:
 * who comes while a look is under way gets the next one, together with all who come meanwhile.
 */
export function sharedLook<T>(look: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const start = (): Promise<T> => {
    const started = look().finally(() => {
      if (current === started) current = null;
    });
    current = started;
    return started;
  };
  return () => {
    if (current === null) return start();
    next ??= current.then(ignoreError, ignoreError).then(() => {
      next = null;
      return start();
    });
    return next;
  };
}

function ignoreError(): void {}
