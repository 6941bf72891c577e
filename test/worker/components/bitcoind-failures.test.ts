import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, rm, truncate } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { diagnoseDaemon } from '../../../core/diagnosis/daemon.ts';
import type { DaemonFacts } from '../../../core/observation.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { readStat } from '../../../worker/host/proc.ts';
import { rpcCall } from '../../../worker/host/rpc.ts';
import { byHand, eventually, isAlive, litecoinStack } from './support/litecoin-stack.ts';

const START = { reindex: false };

const diagnosed = (facts: Omit<DaemonFacts, 'desired' | 'knownHeight' | 'staleLocks'>) =>
  diagnoseDaemon({ ...facts, desired: 'running', knownHeight: 0, staleLocks: [] });

const failure = (facts: Parameters<typeof diagnosed>[0]) => diagnosed(facts)?.failure ?? 'healthy';

/** Bitcoin Core too, where it is installed: no package of Debian brings it. */
const FLAVOURS = (['litecoin', 'bitcoin'] as const).filter(
  (flavour) => flavour === 'litecoin' || spawnSync('bitcoind', ['-version']).status === 0,
);

function occupy(port: number): void {
  // Whoever has it already keeps it.
  const server = createServer()
    .on('error', () => {})
    .listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
}

/** Where a daemon of v0.21 or newer listens as well, for Tor: it is content with one of its ports. */
const ONION_PORTS = { litecoin: 19444, bitcoin: 18445 } as const;

describe.each(FLAVOURS)('%s', (flavour) => {
  const setUp = (daemon: object = {}) => litecoinStack({ flavour, daemon });

  test.each(['rpcPort', 'p2pPort'] as const)('its %s is taken', async (which) => {
    const made = await setUp();
    occupy(made[which]);
    occupy(ONION_PORTS[flavour]);
    await made.kind.start(made.daemon, START);
    const facts = await made.ends();
    expect(facts).toMatchObject({
      startFailure: { cause: 'port_conflict' },
      [which]: { holder: 'foreign' },
    });
    expect(failure(facts)).toBe('port_conflict');
  });

  test.runIf(flavour === 'bitcoin')('a port beside those that are configured is taken', async () => {
    const { p2pPort, daemon, kind, ends, read, write } = await setUp();
    const file = `daemon/${flavour}.conf`;
    await write(file, (await read(file)).replace(/^bind=.*\n/m, ''));
    await write(
      file,
      (await read(file)).replace(
        `port=${p2pPort}\n`,
        `port=${p2pPort}\nbind=127.0.0.1:${p2pPort + 1}=onion\n`,
      ),
    );
    occupy(p2pPort + 1);
    await kind.start(daemon, START);
    expect(diagnosed(await ends())).toMatchObject({
      failure: 'port_conflict',
      evidence: expect.arrayContaining([expect.stringContaining(`port ${p2pPort + 1} is held by`)]),
    });
  });

  test('its RPC port is taken, and it is content with the other address', async () => {
    const { rpcPort, daemon, kind, read, write } = await setUp();
    const file = `daemon/${flavour}.conf`;
    await write(file, (await read(file)).replace(/rpc(bind|allowip).*\n/g, ''));
    occupy(rpcPort);
    await kind.start(daemon, START);
    await eventually('it is seen', async () => {
      const facts = await kind.observe(daemon);
      return facts.process.state === 'running' && failure(facts) === 'port_conflict';
    });
  });

  test('another daemon works in its data directory, and no longer', async () => {
    const { at, daemon, kind, ends } = await setUp();
    const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
    const other = byHand(`${flavour}d`, [
      `-datadir=${at('daemon')}`,
      `-rpcport=${rpcPort}`,
      `-port=${p2pPort}`,
      '-printtoconsole=0',
    ]);
    const endpoint = { ...(await kind.endpoint(daemon)), port: rpcPort };
    await eventually('it answers', async () => (await rpcCall(endpoint, 'getblockcount')) === 0);
    await kind.start(daemon, START);
    expect(failure(await ends())).toBe('lock_held');
    // Deleting its lock file lets a second one in, as far as the databases. That is no corruption.
    await rm(at('daemon/regtest/.lock'));
    await kind.start(daemon, START);
    const second = await ends();
    expect(failure(second)).toBe('lock_held');
    expect(isAlive(other)).toBe(true);
  });

  test('a settings.json that cannot be read is set aside', async () => {
    const { at, write, daemon, kind, ends, answers } = await setUp();
    await write('daemon/regtest/settings.json', '{ "wallet": [');
    await kind.start(daemon, START);
    const facts = await ends();
    expect(facts.startFailure).toMatchObject({ cause: 'bad_settings' });
    expect(failure(facts)).toBe('process_down');
    const text = await kind.setAsideSettings(daemon);
    expect(text).toContain('settings.json.bad-');
    await kind.start(daemon, START);
    await answers();
    expect(await kind.setAsideSettings(daemon)).toContain('it runs');
    const files = await readdir(at('daemon/regtest'));
    expect(files.filter((name) => name.startsWith('settings.json.bad-'))).toHaveLength(1);
  });

  test('an option with an impossible value is a bad configuration', async () => {
    const { write, read, daemon, kind, ends } = await setUp();
    await write(`daemon/${flavour}.conf`, `${await read(`daemon/${flavour}.conf`)}this is no option\n`);
    await kind.start(daemon, START);
    expect(failure(await ends())).toBe('bad_config');
  });

  test('a line that it cannot read is told without the password in it', async () => {
    const { write, read, daemon, kind, ends } = await setUp();
    const good = await read(`daemon/${flavour}.conf`);
    for (const line of ['rpcpassword tulip-17', '-rpcpassword=tulip-17']) {
      await write(`daemon/${flavour}.conf`, `${good}${line}\n`);
      await kind.start(daemon, START);
      const facts = await ends();
      expect(failure(facts)).toBe('bad_config');
      expect(JSON.stringify(facts)).toMatch(/parse error on line \d+: -?rpcpassword[ =]\[redacted\]/);
      expect(JSON.stringify(facts)).not.toContain('tulip');
    }
  });

  test('an option that is none wins over what was said at earlier starts, until the file is put right', async () => {
    const { at, write, read, daemon, kind, ends, answers } = await setUp();
    const file = `daemon/${flavour}.conf`;
    const good = await read(file);
    await kind.start(daemon, START);
    await answers();
    await kind.stop(daemon, { force: true });
    await appendFile(
      at('daemon/regtest/debug.log'),
      '2020-01-01T00:00:00Z LOCK: Resource temporarily unavailable\n2020-01-01T00:00:00Z Error: Failed to listen on any port.\n',
    );
    await write(file, `${good}this is no option\n`);
    await kind.start(daemon, START);
    expect(failure(await ends())).toBe('bad_config');
    await write(file, good);
    expect(failure(await ends())).toBe('process_down');
  });

  test('broken blocks and databases are corrupt, and a reindex mends them', async () => {
    const { at, daemon, kind, ends, answers } = await setUp();
    await kind.start(daemon, START);
    await answers();
    const endpoint = await kind.endpoint(daemon);
    await rpcCall(endpoint, 'generatetodescriptor', [5, 'raw(51)#8lvh9jxk']);
    await kind.stop(daemon, { force: false });
    const chainstate = at('daemon/regtest/chainstate');
    for (const name of await readdir(chainstate))
      if (/^MANIFEST|\.ldb$|\.log$/.test(name)) await truncate(`${chainstate}/${name}`, 3);
    await kind.start(daemon, START);
    expect(failure(await ends())).toBe('data_corrupt');
    await kind.start(daemon, { reindex: true });
    await answers();
    await eventually('all blocks', async () => (await rpcCall(endpoint, 'getblockcount')) === 5);
  });

  test('too few descriptors are a resource that ran out', async () => {
    const { at, daemon, kind, ends } = await setUp({
      command: ['sh', '-c', 'ulimit -n 100; exec "$0" "$@"', `${flavour}d`, '-datadir=daemon'],
    });
    expect(at('daemon')).toBeTruthy();
    await kind.start(daemon, START);
    expect(failure(await ends())).toBe('resource_exhausted');
  });

  // SHA-256 is verified too fast for a chain of a few seconds to show it.
  test.runIf(flavour === 'litecoin')(
    'one that verifies its chain answers nobody and is busy; one that is stopped is not',
    async () => {
      const { daemon, kind, answers, read, write } = await setUp();
      const file = `daemon/${flavour}.conf`;
      await write(file, `${await read(file)}vbparams=mweb:9999999999:99999999999\n`);
      await kind.start(daemon, START);
      const { process } = await answers();
      const endpoint = await kind.endpoint(daemon);
      const patient = { timeoutMs: 120_000 };
      await rpcCall(endpoint, 'generatetodescriptor', [1_500, 'raw(51)#8lvh9jxk'], patient);
      // Two, for as long as a look takes: it asks one after the other.
      const verified = [0, 0].map(() => rpcCall(endpoint, 'verifychain', [4, 0], patient));
      const facts = await eventually('it gives no answer', async () => {
        const seen = await kind.observe(daemon);
        return seen.rpc?.kind === 'timeout' && seen;
      });
      expect(facts.busy).toMatch(/processor|disk/);
      expect(diagnosed(facts)?.evidence).toContain(facts.busy);
      await Promise.all(verified);
      expect(await answers()).not.toHaveProperty('busy');
      if (process.state !== 'running') throw new Error('it does not run');
      const { pid } = process;
      globalThis.process.kill(pid, 'SIGSTOP');
      await eventually('it is stopped', async () => readStat(pid)?.state === 'T');
      expect(await kind.observe(daemon)).toMatchObject({
        process: { state: 'frozen' },
        rpc: { kind: 'timeout' },
      });
      expect(await kind.observe(daemon)).not.toHaveProperty('busy');
    },
    120_000,
  );

  // Version 28 does not wait for its callers: it is gone before it is seen to go.
  test.runIf(flavour === 'litecoin')(
    'one that shuts down is given its time to write what it has in memory',
    async () => {
      const { rpcPort, daemon, kind, answers, read, write } = await setUp();
      const file = `daemon/${flavour}.conf`;
      // An idle connection on its RPC port delays its end by this: longer than others are waited for.
      await write(file, `rpcservertimeout=13\n${await read(file)}`);
      await kind.start(daemon, START);
      await answers();
      const connection = connect(rpcPort, '127.0.0.1').on('error', () => {});
      onTestFinished(() => void connection.destroy());
      await once(connection, 'connect');
      await rpcCall(await kind.endpoint(daemon), 'stop');
      const facts = await eventually('it says so', async () => {
        const seen = await kind.observe(daemon);
        return seen.stopping !== undefined && seen;
      });
      expect(diagnosed(facts)).toMatchObject({
        failure: 'rpc_refused',
        evidence: expect.arrayContaining([expect.stringContaining('Shutdown: In progress')]),
      });
      expect(await kind.stop(daemon, { force: false })).toContain('terminated');
      const { process } = await kind.observe(daemon);
      expect(process).toMatchObject({ state: 'down', exit: { exitCode: 0 } });
      await kind.start(daemon, START);
      expect(await answers()).not.toHaveProperty('stopping');
    },
    60_000,
  );

  test('a command that goes into the background is found again, and is one daemon', async () => {
    const { daemon, kind, answers } = await setUp({
      command: [`${flavour}d`, '-datadir=daemon', '-daemon'],
    });
    expect(await kind.start(daemon, START)).toBe('started');
    const { process: first } = await answers();
    expect(await kind.start(daemon, START)).toBe('already_running');
    expect(['healthy', 'no_peers']).toContain(failure(await kind.observe(daemon)));
    expect(await kind.stop(daemon, { force: false })).toContain('stopped when asked over RPC');
    expect(first).toMatchObject({ state: 'running' });
  });

  test('a start in the background that fails says so, whatever its exit code', async () => {
    const { rpcPort, daemon, kind, ends } = await setUp({
      command: [`${flavour}d`, '-datadir=daemon', '-daemon'],
    });
    occupy(rpcPort);
    await kind.start(daemon, START);
    await ends();
    const facts = await eventually('its words', async () => {
      const seen = await kind.observe(daemon);
      return seen.startFailure !== null && seen;
    });
    expect(facts.startFailure?.cause).toBe('port_conflict');
  });
});
