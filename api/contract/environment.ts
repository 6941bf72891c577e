import { z } from 'zod';
import { RESET_TYPES } from '../../core/reset.ts';
import {
  componentRole,
  count,
  diagnosis,
  failureType,
  instant,
  name,
  runStatus,
  text,
  uuid,
} from './fields.ts';

export const resetRequest = z
  .strictObject({
    type: z.enum(RESET_TYPES).meta({
      description:
        '`soft` stops and starts. `data` also begins chain, pool data and logs anew, `config` generates the configuration again, `full` does both.',
    }),
    confirm: text(256)
      .optional()
      .meta({ description: 'The name of the environment, where the type destroys data: `data`, `full`.' }),
    host: name.optional(),
    preempt: z.boolean().optional().meta({
      description:
        'Cancels the runs that are at work or wait in the environment, and resets it when they have ended. Without it they make this a conflict.',
    }),
  })
  .meta({ id: 'ResetRequest' });

export const maintenanceRequest = z
  .strictObject({ reason: text(1024).min(1).optional(), host: name.optional() })
  .meta({ id: 'MaintenanceRequest' });

const maintenance = z
  .strictObject({
    since: instant,
    reason: z.string().nullable(),
    by: z.string().meta({ description: 'The id of the API key.' }),
  })
  .meta({ id: 'Maintenance', description: 'The watch looks on and does not act.' });

const shape = {
  name: z.string(),
  host: z.string(),
  workingDirectory: z.string(),
  network: z.enum(['regtest', 'signet', 'testnet', 'mainnet']),
  managed: z.boolean().meta({ description: 'Whether Davylamp may start and stop something here.' }),
  resettable: z.boolean().meta({ description: 'Whether data may be wiped.' }),
  components: z.array(z.strictObject({ name: z.string(), role: componentRole, kind: z.string() })),
  maintenance: maintenance.nullable(),
  healthy: z.boolean().nullable().meta({ description: '`null`: the watch has not looked yet.' }),
  seenAt: instant.meta({ description: 'When its worker last served it.' }),
};

export const environmentSummary = z.strictObject(shape).meta({ id: 'EnvironmentSummary' });

const figures = z
  .strictObject({
    height: count.optional(),
    peers: count.optional(),
    stratumPort: count.optional(),
    hashrate: z.number().optional().meta({ description: 'Hashes a second, as the miner says.' }),
    acceptedShares: count.optional().meta({ description: 'Since its start.' }),
    rejectedShares: count.optional(),
  })
  .meta({ id: 'Figures', description: 'What is counted or measured of a component, as far as it was seen.' });

const componentHealth = z
  .strictObject({
    name: z.string(),
    role: componentRole,
    desired: z.enum(['running', 'stopped']).meta({ description: 'Whether it should be running.' }),
    state: z.enum(['running', 'frozen', 'down']).meta({ description: '`frozen`: alive, but stopped.' }),
    pid: z.int().nullable(),
    detail: z.string().nullable().meta({ description: 'What is known beyond its process.' }),
    figures,
    failure: failureType.nullable(),
    evidence: z.array(z.string()),
    since: instant.nullable().meta({ description: 'Since when it has been like this.' }),
  })
  .meta({ id: 'ComponentHealth' });

const health = z
  .strictObject({
    at: instant.nullable().meta({ description: 'When the watch looked.' }),
    stale: z
      .boolean()
      .nullable()
      .meta({ description: 'Three looks did not come. While a run is at work, none do.' }),
    healthy: z.boolean(),
    since: instant.nullable().meta({ description: 'Since when it has been healthy, or not.' }),
    diagnoses: z.array(diagnosis).meta({ description: 'What is wrong, the root cause first.' }),
    components: z.array(componentHealth),
  })
  .meta({ id: 'Health', description: 'What the watch saw last.' });

export const environment = z
  .strictObject({
    ...shape,
    health: health.nullable().meta({ description: '`null`: the watch has not looked yet.' }),
    currentRun: z
      .strictObject({ id: uuid, pipelineName: z.string(), status: runStatus })
      .nullable()
      .meta({ description: 'The run that is at work on it, or first in line.' }),
    openIncident: uuid.nullable(),
  })
  .meta({ id: 'Environment', description: 'One mining stack on one host.' });

export const host = z
  .strictObject({
    name: z.string(),
    alive: z.boolean().meta({ description: 'Its worker gave a sign of life within the last 10 s.' }),
    seenAt: instant,
    startedAt: instant,
    roots: z.array(z.string()).meta({ description: 'The folders in which it works.' }),
    environments: z.array(z.string()),
  })
  .meta({ id: 'Host', description: 'A machine with a worker.' });

export type EnvironmentSummary = z.output<typeof environmentSummary>;
export type Environment = z.output<typeof environment>;
