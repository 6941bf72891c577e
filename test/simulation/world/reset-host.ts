import type { ResetHost } from '../../../worker/reset/host.ts';
import type { Hands } from './hands.ts';
import type { ComponentName, Host } from './host.ts';

/** A folder or file that a reset may clear, as one life of the stack filled it. */
export interface Content {
  /** 0 for what was there before any reset. */
  generation: number;
  hasWallet: boolean;
}

export const CHAIN = '/stack/chain';
export const LOG = '/stack/pool.log';

/** What resets do to the files of a host: what is in place, aside under a nonce, or marked for deletion. */
export class Files {
  readonly inPlace = new Map<string, Content>([
    [CHAIN, { generation: 0, hasWallet: true }],
    [LOG, { generation: 0, hasWallet: false }],
  ]);
  readonly aside = new Map<string, Content>();
  readonly marked = new Map<string, Content>();
  readonly wallets = new Set<string>();
  private generations = 0;

  /** A daemon or pool that finds nothing begins anew. */
  begin(path: string): void {
    if (!this.inPlace.has(path)) this.inPlace.set(path, { generation: ++this.generations, hasWallet: false });
  }
}

/** What a reset does to the simulated host, bound to the nonce of an attempt. */
export function resetHostOf(
  host: Host,
  nonce: string,
  { looking, acting, stopping, starting, settling }: Hands,
  { signal, object }: { signal: AbortSignal; object: (rule: string) => void },
): ResetHost {
  const { files } = host;
  const asideOf = (path: string) => `${nonce} ${path}`;
  const start = async (component: ComponentName) => {
    const result = await starting(component);
    if (result !== 'done') throw new Error(result);
  };
  return {
    progress: () => looking('reset: how far?', () => host.resets.get(nonce) ?? null),
    record: (progress) =>
      acting(`reset: record ${progress.phase}`, () => void host.resets.set(nonce, progress)),
    stop: (component) => stopping(component as ComponentName, `reset: stop ${component}`),
    pathsToClear: () => looking('reset: what is to go?', () => [CHAIN, LOG]),
    copyWallets: () =>
      acting('reset: copy the wallets', () => {
        const chain = files.aside.get(asideOf(CHAIN)) ?? files.inPlace.get(CHAIN);
        if (chain?.hasWallet) files.wallets.add(nonce);
      }),
    setAside: (path) =>
      acting(`reset: set ${path} aside`, () => {
        if (files.aside.has(asideOf(path))) return 'already';
        const content = files.inPlace.get(path);
        if (!content) return 'absent';
        if (host.isUp('daemon')) object(`I5: ${path} was moved under a daemon that runs`);
        files.aside.set(asideOf(path), content);
        files.inPlace.delete(path);
        return 'moved';
      }),
    restoreWallets: () =>
      acting('reset: restore the wallets', () => {
        if (!files.wallets.has(nonce)) return;
        files.begin(CHAIN);
        const chain = files.inPlace.get(CHAIN);
        if (chain) chain.hasWallet = true;
      }),
    configure: () => acting('reset: configure', () => {}),
    startDaemons: () => start('daemon'),
    fund: () => acting('reset: fund', () => 101),
    startPool: () => start('pool'),
    startMiner: () => start('miner-1'),
    async verify() {
      await settling(signal);
      await looking('reset: verify', () => {
        if (!host.isHealthy()) throw new Error('it does not work');
      });
    },
    putBack: (path) =>
      acting(`reset: put ${path} back`, () => {
        const content = files.aside.get(asideOf(path));
        if (!content) return false;
        files.inPlace.set(path, content);
        return files.aside.delete(asideOf(path));
      }),
    markForDeletion: (path) =>
      acting(`reset: mark ${path}`, () => {
        const content = files.aside.get(asideOf(path));
        if (!content) return false;
        if (host.resets.get(nonce)?.phase !== 'proven')
          object(`I5: ${path} was marked for deletion unproven`);
        files.marked.set(asideOf(path), content);
        return files.aside.delete(asideOf(path));
      }),
    delete: (path) => acting(`reset: delete ${path}`, () => files.marked.delete(asideOf(path))),
  };
}
