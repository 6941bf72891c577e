import { setTimeout as pause } from 'node:timers/promises';
import { ACTIVE_STATUSES, type RunStatus } from '../../core/run.ts';
import { Client, type Listing } from '../client/client.ts';
import { loadConfig } from '../environment-variables.ts';
import type { Name } from './words.ts';

/** `open`: for those that ask the API. */
type Source = (open: () => Promise<Client>) => Promise<Name[]>;

/** Somebody waits with a finger on the key. */
const DEADLINE_MS = 1_000;
const LIMIT = '30';

const runs =
  (...statuses: readonly RunStatus[]): Source =>
  async (open) => {
    const { view } = await (await open()).listRuns({ statuses, limit: LIMIT });
    return view.map(({ id, status, pipelineName, environment }) => {
      return { name: id, about: `${status} ${pipelineName} in ${environment}` };
    });
  };

const listed =
  (listing: Listing): Source =>
  async (open) => {
    const names = await (await open()).listNames(listing);
    return names.map((name) => ({ name, about: '' }));
  };

const incidents: Source = async (open) => {
  const { view } = await (await open()).listIncidents({ statuses: [], limit: LIMIT });
  return view.map(({ id, status, component, failure }) => {
    return { name: id, about: `${status} ${component ?? ''} ${failure ?? ''}` };
  });
};

const keys: Source = async (open) => {
  const known = await (await open()).listKeys();
  return known.map(({ id, name }) => ({ name: id, about: name }));
};

const faults: Source = async () => {
  const { FAULTS } = await import('../../drill/faults/index.ts');
  return FAULTS.map(({ name, title }) => ({ name, about: title }));
};

/** What the API is asked for, by command and by its argument or option. */
const SOURCES: Readonly<Record<string, Readonly<Record<string, Source>>>> = {
  run: { pipeline: listed('pipelines'), '--host': listed('hosts') },
  reset: {
    environment: listed('environments'),
    '--confirm': listed('environments'),
    '--host': listed('hosts'),
  },
  status: { id: runs() },
  cancel: { id: runs(...ACTIVE_STATUSES) },
  resume: { id: runs('failed', 'escalated') },
  'retry-now': { id: runs('waiting_retry') },
  incidents: { '--environment': listed('environments') },
  report: { id: incidents },
  drill: { '--fault': faults },
  'keys revoke': { id: keys },
};

/** Names for an argument or an option of a command; none where the API does not tell them in time. */
export async function namesFor(command: string, place: string): Promise<Name[]> {
  const source = SOURCES[command]?.[place];
  if (!source) return [];
  try {
    const asked = source(async () => await Client.open(loadConfig()));
    return await Promise.race([asked, pause(DEADLINE_MS, [], { ref: false })]);
  } catch {
    return [];
  }
}
