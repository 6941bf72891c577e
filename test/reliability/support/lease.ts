import { waitUntil } from '../../../worker/host/deadline.ts';
import { type Light, soon } from './light.ts';

/** Waits until the lease of a run has been over for a second, by the clock of the database. */
export async function untilLeaseIsOver(light: Light, id: string, leaseSeconds: number): Promise<void> {
  const isOver = async () => {
    const [run] = await light.rows<{ over: boolean }>(
      `select lease_until < now() - interval '1 second' as over from runs where id = '${id}'`,
    );
    return run?.over;
  };
  await waitUntil(isOver, soon('the lease is over', 2 * leaseSeconds * 1000 + 5_000));
}
