import { randomBytes } from 'node:crypto';
import { access, rename } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { DaemonSpec } from '../../core/environment.ts';
import { DavyError } from '../../core/errors.ts';
import { waitUntil } from '../host/deadline.ts';
import { lockHolders } from '../host/lock.ts';
import { commandOnPath } from '../host/packages.ts';
import { liveness } from '../host/process.ts';
import { type RpcEndpoint, rpcCall } from '../host/rpc.ts';
import { daemonProof } from './adoption-proof.ts';
import { addGlobal, addToSection, argumentOf, type BitcoinConf, parseBitcoinConf } from './bitcoin-conf.ts';
import { type DaemonPlaces, observeDaemon } from './bitcoind-facts.ts';
import { readText, replaceConfig } from './config-file.ts';
import type { ConfigChange, DaemonKind, Program } from './kind.ts';
import { checkedPort, portHolder } from './port-holder.ts';
import { assertManaged, daemonMember, type Member, pathIn, pathOf, peerMembers, reveal } from './stack.ts';
import { endProcess, findProcess, isProven, markEnded, startProcess, workingFolder } from './supervised.ts';

/** Daemons with the same RPC and files, and what sets them apart. Debian ships litecoind alone. */
const FLAVOURS = {
  bitcoind: { configFile: 'bitcoin.conf', algorithm: 'sha256d', packages: [], templateRules: ['segwit'] },
  litecoind: {
    configFile: 'litecoin.conf',
    algorithm: 'scrypt',
    packages: ['litecoind'],
    templateRules: ['mweb', 'segwit'],
  },
} as const;

type Flavour = keyof typeof FLAVOURS;
type Daemon = Member<DaemonSpec>;

export const bitcoind: DaemonKind = {
  async programs(member): Promise<Program[]> {
    const wanted = member.spec.command?.[0];
    if (wanted !== undefined) {
      const flavour = FLAVOURS[await flavourOf(member)];
      return [{ name: wanted, path: await commandOnPath(wanted), packages: [...flavour.packages] }];
    }
    const flavour = await flavourOf(member);
    const path = await commandOnPath(flavour);
    // Where neither is there, the one that Debian has is the one to install.
    return [
      path === null
        ? { name: 'litecoind', path, packages: ['litecoind'] }
        : { name: flavour, path, packages: [] },
    ];
  },

  async configure(member): Promise<ConfigChange[]> {
    const file = await configFile(member);
    const before = await readText(file);
    const text = completed(before ?? '', member, await flavourOf(member), await settings(member));
    if (text === before) return [{ file, change: 'unchanged', keys: [] }];
    await replaceConfig(file, text, before);
    return [{ file, change: before === null ? 'created' : 'adjusted', keys: addedKeys(before ?? '', text) }];
  },

  async start(member, { reindex }) {
    const file = await configFile(member);
    const command = member.spec.command ?? [
      await flavourOf(member),
      `-datadir=${dataDir(member)}`,
      `-conf=${file}`,
    ];
    return await startProcess(member, {
      argv: reindex ? [...command, '-reindex'] : command,
      cwd: workingFolder(member),
    });
  },

  async stop(member, { force }) {
    const identity = await findProcess(member);
    if (!identity) return 'it was not running';
    assertManaged(member);
    markEnded(member);
    if (!force && (await stopsByRpc(member))) return `process ${identity.pid} stopped when asked over RPC`;
    return await endProcess(member, force, { termMs: STOP_TIMEOUT_MS, killMs: KILL_TIMEOUT_MS });
  },

  async observe(member) {
    const flavour = FLAVOURS[await flavourOf(member)];
    return await observeDaemon(member, {
      endpoint: () => endpointOf(member),
      p2pPort: await portOf(member, 'port', member.spec.p2pPort),
      places: await placesOf(member),
      forks: await goesIntoBackground(member),
      templateRules: flavour.templateRules,
    });
  },

  async adoptionProof(member) {
    // Bitcoin Core and Litecoin Core since 0.17 lock the folder of the chain, not the data directory.
    const { locks } = await placesOf(member);
    return daemonProof({ locks, rpcPort: await portOf(member, 'rpcport', member.spec.rpcPort) });
  },

  endpoint: (member) => endpointOf(member),

  algorithm: async (member) => FLAVOURS[await flavourOf(member)].algorithm,

  async setAsideSettings(member) {
    const { locks, settingsFile } = await placesOf(member);
    const holders = await Promise.all(locks.map(lockHolders));
    if ((await findProcess(member)) || holders.some(({ length }) => length > 0))
      return 'it runs: its settings are its own';
    if (!(await exists(settingsFile))) return `${settingsFile} is not there`;
    const aside = `${settingsFile}.bad-${new Date().toISOString().replace(/[-:.]/g, '')}`;
    await rename(settingsFile, aside);
    return `${settingsFile} is now ${aside}`;
  },

  async connectPeers(member) {
    const peers = peerMembers(member.stack);
    if (peers.length === 0) return 'it has no peers to connect to';
    const daemon = await endpointOf(daemonMember(member.stack));
    for (const peer of peers) {
      const port = await portOf(peer, 'port', peer.spec.p2pPort);
      await rpcCall(daemon, 'addnode', [`${peer.spec.host}:${port}`, 'onetry']);
    }
    const connected = await waitUntil(
      async () => Number(await rpcCall(daemon, 'getconnectioncount')) || null,
      {
        timeoutMs: 5_000,
        intervalMs: 25,
        what: 'the daemon connects to its peer',
      },
    );
    return `${connected} of ${peers.length} peers connected`;
  },
};

function flavourOfCommand(command: string): Flavour {
  return basename(command).startsWith('litecoin') ? 'litecoind' : 'bitcoind';
}

/** The command's, else the one whose configuration is in the data directory, else the one that is installed. */
async function flavourOf(member: Daemon): Promise<Flavour> {
  const { command, configFile: declared } = member.spec;
  // The daemon need not be the first word: wrappers such as nice, taskset or a shell stand before it.
  const named = command?.find((word) => /^(lite|bit)coin/.test(basename(word)));
  if (named !== undefined) return flavourOfCommand(named);
  if (declared !== undefined) return flavourOfCommand(basename(declared));
  for (const flavour of ['litecoind', 'bitcoind'] as const)
    if (await exists(join(dataDir(member), FLAVOURS[flavour].configFile))) return flavour;
  return (await commandOnPath('bitcoind')) === null ? 'litecoind' : 'bitcoind';
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function dataDir({ stack, spec }: Daemon): string {
  return pathIn(stack, spec.dataDir);
}

async function configFile(member: Daemon): Promise<string> {
  const { configFile: declared } = member.spec;
  return declared === undefined
    ? join(dataDir(member), FLAVOURS[await flavourOf(member)].configFile)
    : pathOf(member, declared);
}

/** The name of a chain's section in the configuration, and of its folder: Bitcoin Core's chainparamsbase.cpp. */
const CHAINS = {
  regtest: { section: 'regtest', folder: 'regtest' },
  signet: { section: 'signet', folder: 'signet' },
  testnet: { section: 'test', folder: 'testnet3' },
  mainnet: { section: 'main', folder: '.' },
} as const;

function chainFolder(member: Daemon): string {
  return CHAINS[member.stack.environment.network].folder;
}

function chainPath(member: Daemon): string {
  return join(dataDir(member), chainFolder(member));
}

async function placesOf(member: Daemon): Promise<DaemonPlaces> {
  const folder = chainPath(member);
  return {
    folder,
    debugLog: join(folder, 'debug.log'),
    // The databases have locks of their own, which hold where somebody has deleted the first.
    locks: ['.lock', 'blocks/index/LOCK', 'chainstate/LOCK'].map((name) => join(folder, name)),
    configFile: await configFile(member),
    settingsFile: join(folder, 'settings.json'),
  };
}

/** What holds for a daemon: its arguments, its own file, and the files which that includes. */
async function settings(member: Daemon): Promise<Pick<BitcoinConf, 'get'>> {
  const { section } = CHAINS[member.stack.environment.network];
  const own = (await readText(await configFile(member))) ?? '';
  const included = parseBitcoinConf(own, section)
    .all('includeconf')
    .map((file) => readText(resolve(dataDir(member), file)));
  const conf = parseBitcoinConf([own, ...(await Promise.all(included)).map((text) => text ?? '')], section);
  return { get: (key) => argumentOf(member.spec.command ?? [], key) ?? conf.get(key) };
}

/** A port as the daemon's own configuration has it, which wins over `davy.json`. */
async function portOf(member: Daemon, key: string, declared: number): Promise<number> {
  const value = Number((await settings(member)).get(key));
  if (!Number.isInteger(value) || value <= 0) return declared;
  return checkedPort(value, await configFile(member));
}

async function endpointOf(member: Daemon): Promise<RpcEndpoint> {
  const { spec } = member;
  const at = { host: spec.host, port: await portOf(member, 'rpcport', spec.rpcPort) };
  if (spec.credentials !== undefined)
    return {
      ...at,
      username: reveal(spec.credentials.username, 'daemon.credentials.username'),
      password: reveal(spec.credentials.password, 'daemon.credentials.password'),
    };
  const conf = await settings(member);
  const [username, password] = [conf.get('rpcuser'), conf.get('rpcpassword')];
  if (username !== undefined && password !== undefined) return { ...at, username, password };
  return {
    ...at,
    cookieFile: resolve(chainPath(member), conf.get('rpccookiefile') ?? '.cookie'),
  };
}

const PASSWORD_BYTES = 24;
/** A century: a practice chain begins in 2011 and may rest for weeks, and must not count as still downloading. */
const TIP_AGE_SECONDS = 3_153_600_000;

/**
 * On regtest Litecoin's MWEB activates at height 432 and then refuses every block until somebody pegs coins in
 * (`bad-txns-vin-empty`, seen with 0.21.2.1): a practice chain is better off without it.
 */
const NO_MWEB = 'mweb:9999999999:99999999999';

/** The configuration with what Davylamp needs added, and everything that was there left as it was. */
function completed(
  text: string,
  { spec, stack }: Daemon,
  flavour: Flavour,
  conf: Pick<BitcoinConf, 'get'>,
): string {
  const { network } = stack.environment;
  const { section } = CHAINS[network];
  const missing = (wanted: Record<string, string>) =>
    Object.fromEntries(Object.entries(wanted).filter(([key]) => conf.get(key) === undefined));
  const loggedIn = ['rpcuser', 'rpcauth', 'rpccookiefile'].some((key) => conf.get(key) !== undefined);
  const fresh = text.trim() === '';
  const login = fresh &&
    !loggedIn && { rpcuser: 'davylamp', rpcpassword: randomBytes(PASSWORD_BYTES).toString('hex') };
  const chain = missing({
    ...(spec.credentials === undefined && login),
    rpcport: String(spec.rpcPort),
    port: String(spec.p2pPort),
    ...(fresh && { bind: spec.host, rpcbind: spec.host, rpcallowip: spec.host }),
    ...(network === 'regtest' && { maxtipage: String(TIP_AGE_SECONDS) }),
    ...(fresh && network === 'regtest' && { fallbackfee: '0.0002', keypool: '5' }),
    ...(fresh && network === 'regtest' && flavour === 'litecoind' && { vbparams: NO_MWEB }),
  });
  const whole = missing({ server: '1', ...(network === 'regtest' && { regtest: '1' }) });
  return addGlobal(addToSection(text, section, chain), whole);
}

/** Then the process that we start ends at once, with exit code 0 even where the daemon cannot start. */
async function goesIntoBackground(member: Daemon): Promise<boolean> {
  return ((await settings(member)).get('daemon') ?? '0') !== '0';
}

function addedKeys(before: string, after: string): string[] {
  const keys = (text: string) => text.split('\n').flatMap((line) => /^([a-z]+)=/.exec(line)?.[1] ?? []);
  const known = new Set(keys(before));
  return keys(after).filter((key) => !known.has(key));
}

/** Its end is a flush of all that it has in memory, and an idle connection on the RPC port delays it by half a minute. */
const STOP_TIMEOUT_MS = 60_000;
const KILL_TIMEOUT_MS = 5_000;

async function stopsByRpc(member: Daemon): Promise<boolean> {
  const identity = await findProcess(member);
  if (!identity) return true;
  if (!(await isProven(member, identity))) return false;
  try {
    const { port } = await endpointOf(member);
    // Somebody else on the port would take the order, where it happens to know the credentials.
    if ((await portHolder(member, port)).holder === 'foreign') return false;
    await rpcCall(await endpointOf(member), 'stop');
  } catch {
    return false;
  }
  const ended = async () => !['running', 'stopped'].includes(await liveness(identity));
  return await waitUntil(ended, {
    timeoutMs: STOP_TIMEOUT_MS,
    intervalMs: 10,
    what: 'the daemon stops',
  }).catch(() => false);
}

/** Refuses a daemon that works on another chain than `davy.json` says. */
export function assertChain(stack: Daemon['stack'], chain: string): void {
  const expected = { regtest: 'regtest', signet: 'signet', testnet: 'test', mainnet: 'main' }[
    stack.environment.network
  ];
  if (chain === expected) return;
  throw new DavyError(
    'unsafe',
    `the daemon works on the chain "${chain}", davy.json says ${stack.environment.network}`,
    {
      component: 'daemon',
      nextStep: 'Correct "network" in davy.json or start the daemon on that network; nothing was changed.',
    },
  );
}
