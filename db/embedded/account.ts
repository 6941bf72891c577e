import { readFile } from 'node:fs/promises';
import { DavyError } from '../../core/errors.ts';
import { runCommand } from './command.ts';

/** Who owns a cluster's files: the only thing that decides how its server must be run. */
export interface Owner {
  uid: number;
  gid: number;
}

/** How programs are run on a cluster. PostgreSQL refuses to run as root, so root has to become someone else. */
export interface Account extends Owner {
  mode: 'direct' | 'user-namespace' | 'account';
  /** Put before a program's argv. The program keeps the pid of the child, and gets SIGINT when we die. */
  prefix: readonly string[];
}

const ROOT = 0;
const PDEATHSIG = ['setpriv', '--pdeathsig=INT'];
const TRIAL_TIMEOUT_MS = 10_000;

/** In order of preference; the last word is with a trial run. */
export async function ownersForNewCluster(): Promise<Owner[]> {
  const me = { uid: process.getuid?.() ?? ROOT, gid: process.getgid?.() ?? ROOT };
  return me.uid === ROOT ? [me, await serviceOwner()] : [me];
}

/**
 * @throws DavyError `postgres-account` where this process may not act for the owner.
 */
export async function accountFor(owner: Owner): Promise<Account> {
  const { uid, gid } = owner;
  const myUid = process.getuid?.();
  if (myUid === uid && uid !== ROOT) return { ...owner, mode: 'direct', prefix: await deathSignal() };
  if (myUid !== ROOT) throw foreignError(owner);
  if (uid === ROOT) return { ...owner, mode: 'user-namespace', prefix: [...USER_NAMESPACE, ...PDEATHSIG] };
  const become = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return { ...owner, mode: 'account', prefix: [...PDEATHSIG, ...become] };
}

/** Root's files look like the files of user 1000 from within, so nothing has to change hands. */
const USER_NAMESPACE = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];

/** Can the account be had on this machine, and write in this directory? Says why not. */
export async function tryAccount(account: Account, directory: string): Promise<string | undefined> {
  const argv = [...account.prefix, 'sh', '-c', 'test -w "$0" && test -x "$0"', directory];
  const trial = await runCommand(argv, { timeoutMs: TRIAL_TIMEOUT_MS });
  return trial.ok ? undefined : `${account.mode} (uid ${account.uid}): ${trial.stderr}`;
}

async function deathSignal(): Promise<readonly string[]> {
  const trial = await runCommand([...PDEATHSIG, 'true'], { timeoutMs: TRIAL_TIMEOUT_MS });
  return trial.ok ? PDEATHSIG : [];
}

async function serviceOwner(): Promise<Owner> {
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry =
    accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  return { uid: Number(entry?.[2] ?? 65_534), gid: Number(entry?.[3] ?? 65_534) };
}

function foreignError(owner: Owner): DavyError {
  return new DavyError(
    'postgres-account',
    `The cluster belongs to user ${owner.uid}, and this process is user ${process.getuid?.()}.`,
    { component: 'postgres', nextStep: 'Start as that user or as root, or choose another data directory.' },
  );
}
