import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const works = (command: string, args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Whether the tests run as root. */
export const isRoot = process.getuid?.() === 0;

/**
 * Whether Postgres can run in place: an ordinary user needs nothing for it, root a user namespace, which
 * containers and chroots often refuse. Where it cannot, it runs under another account with its data elsewhere.
 */
export const postgresRunsInPlace =
  !isRoot || works('unshare', ['--user', '--map-user=1000', '--map-group=1000', 'true']);

const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));

/** Whether another account can run what is in this repository: not below a home folder that is root's alone. */
export const othersCanRun =
  isRoot && works('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'test', '-r', manifest]);

/** Whether networks of their own can be made, for what listens on the other side of a border. */
export const canSplitNetworks = isRoot && works('unshare', ['--net', 'ip', 'link', 'add', 'type', 'veth']);
