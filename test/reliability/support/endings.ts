/** Registers what must be done at the end; vitest's `onTestFinished` is one. */
export type AtEnd = (work: () => void | Promise<void>) => void;

/** For what the tests of a file share: the last thing that was registered is done first. */
export function endings(): { atEnd: AtEnd; all(): Promise<void> } {
  const works: (() => void | Promise<void>)[] = [];
  return {
    atEnd: (work) => void works.unshift(work),
    async all() {
      for (const work of works) await work();
    },
  };
}
