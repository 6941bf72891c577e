import { parseEnvironment } from '../../core/environment.ts';
import type { EnvironmentHealth } from '../../core/health.ts';
import type { Database } from '../../db/connection.ts';
import { registerEnvironment, registerHost } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';

const HOST = 'rig-1';
const FILL_TIMEOUT_MS = 300_000;

/** A database as a year leaves it: that many runs on some stacks, each with an incident, most of which were repaired. */
export async function fill(
  database: Database,
  { runs, stacks }: { runs: number; stacks: number },
): Promise<void> {
  await registerHost(database, { name: HOST, workerId: 'bench', roots: ['/srv'] });
  for (let number = 1; number <= stacks; number++) await addStack(database, `stack-${number}`);
  for (const statement of statements(runs))
    await database.query((db) => db.execute(statement), FILL_TIMEOUT_MS);
}

async function addStack(database: Database, name: string): Promise<void> {
  const parsed = parseEnvironment({ name, daemon: {}, pool: {}, miners: [{}, {}] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const definition = parsed.environment;
  const { id } = await registerEnvironment(database, {
    host: HOST,
    workingDirectory: `/srv/${name}`,
    definition,
  });
  const running = ['daemon', 'pool', 'miner-1', 'miner-2'].map(
    (component) => `('${id}', '${component}', 'running')`,
  );
  const wanted = `insert into components (environment_id, component, desired) values ${running.join(', ')}`;
  await database.query((db) => db.execute(wanted));
  await recordHealth(database, id, HEALTH, { lookEverySeconds: 3600 });
}

const UP = { desired: 'running', state: 'running', pid: 7, detail: null } as const;
const SHARES = { hashrate: 1.2e6, acceptedShares: 4711, rejectedShares: 2 };
const HEALTH: EnvironmentHealth = {
  healthy: true,
  diagnoses: [],
  components: [
    { ...UP, name: 'daemon', role: 'daemon', figures: { height: 840_000, peers: 8 } },
    { ...UP, name: 'pool', role: 'pool', figures: { stratumPort: 3333 } },
    { ...UP, name: 'miner-1', role: 'miner', figures: SHARES },
    { ...UP, name: 'miner-2', role: 'miner', figures: SHARES },
  ],
};

const PIPELINE = JSON.stringify({
  id: 'mining-infrastructure-setup',
  name: 'Mining infrastructure setup',
  version: '2.0.0',
  stages: [
    {
      id: 'start_pool',
      name: 'Start pool',
      agent: 'pool_server_manager',
      decisions: [{ choice: 'pool_started' }],
    },
  ],
  flow: { connections: [{ from: 'start_pool', to: null, condition: 'pool_started' }] },
  metadata: {},
});
const STATE = JSON.stringify({
  status: 'succeeded',
  work: null,
  outcome: 'complete',
  attempts: {},
  incident: null,
  continuation: null,
});

/** Ids sort by time, as those of real runs do. */
const idOf = (kind: string) => `('01900000-${kind}000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid`;

function statements(runs: number): string[] {
  return [
    `insert into pipeline_versions (hash, pipeline_id, definition)
     values ('sha256:bench', 'mining-infrastructure-setup', '${PIPELINE}')`,
    `insert into runs (id, pipeline_name, pipeline_version, pipeline_hash, environment_id, host, working_directory,
                       user_prompt, mutating, status, state, outcome, created_at, started_at, finished_at)
     select ${idOf('1')}, 'mining-infrastructure-setup', '2.0.0', 'sha256:bench', e.id, e.host, e.working_directory,
            'Set up the whole mining stack', true,
            (case when number % 20 = 0 then 'failed' when number % 33 = 0 then 'escalated' else 'succeeded' end)::run_status,
            '${STATE}', 'complete', at, at, at + interval '9 seconds'
     from generate_series(1, ${runs}) as number
          join (select *, row_number() over (order by name) as place, count(*) over () as stacks from environments) e
            on e.place = number % e.stacks + 1,
          lateral (select now() - make_interval(mins => ${runs} - number) as at) t`,
    `insert into stage_attempts (id, run_id, stage_id, number, purpose, status, decision, started_at, finished_at)
     select ${idOf('2')}, ${idOf('1')}, 'start_pool', 1, 'flow', 'succeeded', 'pool_started', now(), now()
     from generate_series(1, ${runs}) as number`,
    `insert into incidents (id, run_id, environment_id, status, component, failure, raised, occurred_at, detected_at, resolved_at)
     select ${idOf('3')}, r.id, r.environment_id, case when number % 100 = 0 then 'escalated' else 'resolved' end::incident_status,
            'pool', 'process_down', '{"code": "timeout", "message": "x"}', r.started_at, r.started_at, r.finished_at
     from generate_series(1, ${runs}) as number join runs r on r.id = ${idOf('1')}`,
    `insert into recovery_attempts (id, run_id, incident_id, number, mode, delay_seconds, outcome, started_at, finished_at)
     select ${idOf('4')}, i.run_id, i.id, 1, 'targeted', 0, 'recovery_successful', i.detected_at, i.resolved_at
     from generate_series(1, ${runs}) as number join incidents i on i.id = ${idOf('3')}`,
    `insert into notices (id, incident_id, environment_id, type, payload)
     select gen_random_uuid(), i.id, i.environment_id, type, '{}'
     from incidents i, (values ('incident.escalated'), ('incident.recovered')) as types(type) where i.status = 'escalated'`,
    'analyze',
  ];
}
