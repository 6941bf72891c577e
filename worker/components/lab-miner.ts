import type { MinerSpec } from '../../core/environment.ts';
import { bitcoind } from './bitcoind.ts';
import { editJson, type JsonEdit, readJson, valueAt } from './config-file.ts';
import type { MinerKind } from './kind.ts';
import { labCommand } from './lab.ts';
import { observeMiner } from './miner-facts.ts';
import { poolKind } from './pools.ts';
import { daemonMember, type Member, pathOf, poolMember, reveal } from './stack.ts';
import { endProcess, startProcess, workingFolder } from './supervised.ts';

type Miner = Member<MinerSpec>;

/** The practice miner of `lab/`: a throttled CPU miner that talks like minerd. */
export const labMiner: MinerKind = {
  async programs() {
    return [{ name: 'node', path: process.execPath, packages: [] }];
  },

  async configure(member) {
    const pool = poolMember(member.stack);
    const url = `stratum+tcp://${pool.spec.host}:${await poolKind(pool).port(pool)}`;
    const algo = await bitcoind.algorithm(daemonMember(member.stack));
    const { username, password } = member.spec.login;
    const template = {
      url,
      user: username,
      pass: reveal(password, `${member.ref.name}.login.password`),
      algo,
    };
    const edits: JsonEdit[] = [{ path: ['url'], value: url }];
    return [await editJson(configFile(member), template, edits)];
  },

  async start(member) {
    const argv = member.spec.command ?? labCommand('miner', '-c', configFile(member));
    return await startProcess(member, { argv, cwd: workingFolder(member) });
  },

  stop: (member, { force }) => endProcess(member, force),

  async observe(member) {
    const config = await readJson(configFile(member)).catch(() => null);
    return await observeMiner(member, String(valueAt(config, ['url']) ?? ''));
  },
};

function configFile(member: Miner): string {
  return pathOf(member, member.spec.configFile ?? `${member.ref.name}.json`);
}
