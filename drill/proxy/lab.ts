import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labEnvironment } from '../../lab/environment.ts';
import { labCommand } from '../../worker/components/lab.ts';
import type { Stack } from '../../worker/components/stack.ts';
import { commandOnPath } from '../../worker/host/packages.ts';
import { freePorts } from '../../worker/host/port.ts';
import { stackIn } from '../lab.ts';
import { labPoolConfig, NOBODYS_ADDRESS } from '../pool-config.ts';
import { type FaultProxies, proxiesAt } from './control.ts';
import type { ProxyConfig } from './main.ts';

const LOGIN = { username: 'davylamp', password: 'drill-only' };
const DAEMONS = {
  bitcoind: { configFile: 'bitcoin.conf', algorithm: 'sha256d', further: [] },
  litecoind: {
    configFile: 'litecoin.conf',
    algorithm: 'scrypt',
    further: ['vbparams=mweb:9999999999:99999999999'],
  },
} as const;

/**
 * Makes a practice stack whose daemon and pool stand behind fault proxies. A proxy is the component's declared
 * command, so the ports stay the component's own. The pool is of the generic kind `process`.
 */
export async function createProxyLab(
  parent: string,
  name: string,
  dataDir: string,
): Promise<{ stack: Stack; proxies: FaultProxies }> {
  await mkdir(join(parent, name, 'pool'), { recursive: true });
  const directory = await realpath(join(parent, name));
  const ports = await freePorts(9);
  const [rpc = 0, p2p = 0, peerRpc = 0, peerP2p = 0, stratum = 0, innerRpc = 0, innerStratum = 0] = ports;
  const [rpcControl = 0, stratumControl = 0] = ports.slice(7);
  const flavour = (await commandOnPath('bitcoind')) === null ? 'litecoind' : 'bitcoind';
  const { configFile, algorithm, further } = DAEMONS[flavour];
  const conf = join(directory, 'daemon', configFile);
  const poolFile = join(directory, 'pool', 'pool.json');
  const daemonArgv = [
    flavour,
    `-datadir=${join(directory, 'daemon')}`,
    `-conf=${conf}`,
    `-rpcport=${innerRpc}`,
  ];
  const places = {
    daemon: { controlPort: rpcControl, faultFile: join(directory, 'daemon.fault') },
    pool: { controlPort: stratumControl, faultFile: join(directory, 'pool.fault') },
  };
  const daemonProxy: ProxyConfig = {
    protocol: 'rpc',
    port: rpc,
    innerPort: innerRpc,
    argv: daemonArgv,
    ...places.daemon,
  };
  const poolProxy: ProxyConfig = {
    protocol: 'stratum',
    port: stratum,
    innerPort: innerStratum,
    argv: labCommand('pool', '--config', poolFile),
    ...places.pool,
  };
  // The kind of a daemon is told by the name of its program: this one is the interpreter under that name.
  const program = join(directory, flavour);
  await symlink(process.execPath, program);
  await mkdir(join(directory, 'daemon'), { recursive: true });
  const base = labEnvironment(name, { rpc, p2p, peerRpc, peerP2p, stratum, stratumFallbacks: [] });
  const document = {
    ...base,
    daemon: { ...base.daemon, command: proxyCommand(program, join(directory, 'daemon.proxy.json')) },
    pool: {
      kind: 'process',
      directory: 'pool',
      command: proxyCommand(process.execPath, join(directory, 'pool.proxy.json')),
      stratumPort: stratum,
      fallbackPorts: [],
    },
    miners: [{ ...base.miners[0], alternative: { kind: 'lab-miner', directory: 'miner' } }],
  };
  await Promise.all([
    writeFile(join(directory, 'davy.json'), `${JSON.stringify(document, null, 2)}\n`),
    writeFile(join(directory, 'daemon.proxy.json'), JSON.stringify(daemonProxy)),
    writeFile(join(directory, 'pool.proxy.json'), JSON.stringify(poolProxy)),
    writeFile(conf, daemonConf({ rpc, p2p, further }), { mode: 0o600 }),
    writeFile(
      poolFile,
      JSON.stringify(
        labPoolConfig({
          algorithm,
          port: innerStratum,
          logFile: join(directory, 'pool', 'pool.log'),
          daemon: { host: '127.0.0.1', port: rpc, ...LOGIN },
          address: NOBODYS_ADDRESS,
        }),
      ),
      { mode: 0o600 },
    ),
  ]);
  return { stack: stackIn(directory, document, dataDir), proxies: proxiesAt(places) };
}

function proxyCommand(program: string, file: string): string[] {
  const run = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
  return [program, run, 'drill/proxy/main.ts', file];
}

/** A century in seconds: a practice chain must not count as still downloading. */
const TIP_AGE = 3_153_600_000;

function daemonConf({ rpc, p2p, further }: { rpc: number; p2p: number; further: readonly string[] }): string {
  return [
    'regtest=1',
    'server=1',
    '[regtest]',
    `rpcuser=${LOGIN.username}`,
    `rpcpassword=${LOGIN.password}`,
    `rpcport=${rpc}`,
    `port=${p2p}`,
    'bind=127.0.0.1',
    'rpcbind=127.0.0.1',
    'rpcallowip=127.0.0.1',
    `maxtipage=${TIP_AGE}`,
    'fallbackfee=0.0002',
    'keypool=5',
    ...further,
    '',
  ].join('\n');
}
