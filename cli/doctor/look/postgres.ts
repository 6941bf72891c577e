import { DavyError, messageOf } from '../../../core/errors.ts';
import { tryEmbeddedPostgres } from '../../../db/embedded/trial.ts';
import { type DatabaseFacts, lookAtDatabase } from '../../../db/look.ts';
import { withDeadline } from '../../../worker/host/deadline.ts';
import type { DoctorContext } from '../checks.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

const TIMEOUT_MS = 5_000;
const MAJOR_MINIMUM = 15;
/** Leases and delays are counted by the clock of the database alone; people compare it with the one in the logs. */
const SKEW_MS_MAX = 2_000;

const MODES = {
  direct: 'as this user',
  'user-namespace': 'in a user namespace, as root cannot run it',
  account: 'under another account, as root cannot run it',
};

/** The operator's Postgres where DATABASE_URL names one, else whether our own can be started. */
export async function lookAtPostgres({
  config: { databaseUrl, dataDir },
}: DoctorContext): Promise<Finding[]> {
  return databaseUrl === null ? [await embedded(dataDir)] : await named(databaseUrl);
}

async function embedded(dataDir: string): Promise<Finding> {
  try {
    const { major, mode, exists } = await tryEmbeddedPostgres(dataDir);
    const data = exists ? `its data is in ${dataDir}/postgres` : `it will be made in ${dataDir}/postgres`;
    return ok('postgres', `a private Postgres ${major} can be started ${MODES[mode]}; ${data}`);
  } catch (error) {
    const nextStep = error instanceof DavyError ? error.nextStep : null;
    return problem('postgres', messageOf(error), nextStep ?? 'Set DATABASE_URL to a Postgres of your own.');
  }
}

async function named(url: string): Promise<Finding[]> {
  const place = placeOf(url);
  try {
    const facts = await withDeadline(lookAtDatabase(url), TIMEOUT_MS, `Postgres at ${place}`);
    return [server(facts, place), ...schema(facts), skew(facts)];
  } catch (error) {
    const mend = 'Start it, or correct DATABASE_URL; without that variable Davylamp brings its own Postgres.';
    return [problem('postgres', `${place} cannot be asked: ${messageOf(error)}`, mend)];
  }
}

function server({ major, version, readOnly }: DatabaseFacts, place: string): Finding {
  const fact = `Postgres ${version} at ${place}`;
  if (major < MAJOR_MINIMUM)
    return problem('postgres', `${fact} is too old`, `Use Postgres ${MAJOR_MINIMUM} or newer.`);
  if (readOnly)
    return problem('postgres', `${fact} takes no writes`, 'Name the primary, or end its read-only mode.');
  return ok('postgres', fact);
}

function schema({ pendingMigrations, isNewer }: DatabaseFacts): Finding[] {
  if (isNewer)
    return [
      problem('schema', 'a newer Davylamp has used this database', 'Run that version, or update this one.'),
    ];
  if (pendingMigrations === 0) return [ok('schema', 'it has the newest schema')];
  const fact = `${pendingMigrations} migrations are still to be made`;
  return [warning('schema', fact, 'davy migrate; davy up does so by itself.')];
}

function skew({ clockAheadMs }: DatabaseFacts): Finding {
  const side = clockAheadMs < 0 ? 'behind' : 'ahead of';
  const fact = `that of the database is ${Math.abs(clockAheadMs)} ms ${side} that of this host`;
  if (Math.abs(clockAheadMs) <= SKEW_MS_MAX) return ok('clocks', fact);
  return warning('clocks', fact, 'Let both be set by NTP: times in logs and on pages do not agree.');
}

/** Without the password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
