import { z } from 'zod';
import { type Problem, zodProblems } from './errors.ts';

const tries = (count: number) =>
  z.object({ maxAttempts: z.int().min(1).max(20).default(count) }).prefault({});

/** `agents/error_recovery_agent.json`: the knobs an operator turns, under the names of the specification. */
export const settingsSchema = z
  .looseObject({
    autoRecoveryEnabled: z.boolean().default(true),
    maxRecoveryAttempts: z.int().min(1).max(20).default(3),
    recoveryBackoffSeconds: z.array(z.number().min(0).max(86_400)).min(1).max(20).default([10, 30, 60]),
    escalateAfterFailures: z.int().min(1).max(20).default(3),
    detectionIntervalSeconds: z.number().min(1).max(3600).default(15),
    maxStageAttempts: z.int().min(1).max(10_000).default(200),
    stageTimeoutSeconds: z.number().min(1).max(86_400).default(300),
    recoveryTimeoutSeconds: z.number().min(1).max(86_400).default(300),
    crashLoop: z
      .object({
        maxCrashes: z.int().min(1).max(100).default(3),
        windowMinutes: z.number().min(1).max(1440).default(10),
      })
      .prefault({}),
    strategies: z
      .looseObject({
        daemonCrash: tries(3),
        rpcFailure: tries(5),
        poolDisconnection: tries(3),
        minerError: tries(3),
        staleLock: tries(1),
        cascadingFailure: z
          .object({ action: z.enum(['full_reset', 'escalate']).default('full_reset') })
          .prefault({}),
      })
      .prefault({}),
  })
  .prefault({});

export type Settings = z.infer<typeof settingsSchema>;

/** What holds where no settings file says otherwise. */
export const DEFAULT_SETTINGS: Settings = settingsSchema.parse({});

export function parseSettings(
  document: unknown,
): { ok: true; settings: Settings } | { ok: false; problems: Problem[] } {
  const parsed = settingsSchema.safeParse(document);
  return parsed.success
    ? { ok: true, settings: parsed.data }
    : { ok: false, problems: zodProblems(parsed.error) };
}
