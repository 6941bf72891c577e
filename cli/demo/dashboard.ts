import { z } from 'zod';

const boardSchema = z.object({
  queues: z.array(z.object({ name: z.string(), counts: z.record(z.string(), z.number()) })),
});

/** The delayed jobs that the queue dashboard shows, such as `recovery-rig-1: 1`. */
export async function waitingJobs({ url, apiKey }: { url: string; apiKey: string }): Promise<string[]> {
  const response = await fetch(new URL('/queues/api/queues', url), {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(10_000),
  });
  const board = boardSchema.safeParse(await response.json());
  if (!board.success) return ['the dashboard did not answer'];
  return board.data.queues
    .filter(({ counts }) => (counts.delayed ?? 0) > 0)
    .map(({ name, counts }) => `${name}: ${counts.delayed}`);
}
