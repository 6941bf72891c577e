import { cpus, loadavg, release, uptime } from 'node:os';
import type { SystemFacts } from '../../core/report.ts';
import { observePort } from '../components/port-holder.ts';
import { daemonMember, type Member, peerMembers, poolMember, type Stack } from '../components/stack.ts';
import { findProcess } from '../components/supervised.ts';
import { descriptors, diskFree, memory } from '../host/resources.ts';
import { allMembers } from '../observe.ts';

/** How each fact about the host is had: every one by itself, so that one that fails or hangs spoils no other. */
export const SYSTEM_FACTS: { [Name in keyof SystemFacts]: (stack: Stack) => Promise<SystemFacts[Name]> } = {
  async uptimeSeconds() {
    return { host: Math.round(uptime()), worker: Math.round(process.uptime()) };
  },
  async loadAverage() {
    return loadavg().map((load) => Number(load.toFixed(2)));
  },
  async processors() {
    return cpus().length;
  },
  async memory() {
    const { totalBytes, availableBytes } = await memory();
    return { totalBytes, availableBytes };
  },
  async disks({ directory, stateDirectory }) {
    const paths = [...new Set([directory, stateDirectory])];
    return await Promise.all(paths.map(async (path) => ({ path, ...(await diskFree(path)) })));
  },
  async descriptors(stack) {
    const running = await Promise.all(
      allMembers(stack).map(async (member) => ({ member, found: await findProcess(member) })),
    );
    const processes = [
      { process: 'the worker', pid: process.pid },
      ...running.flatMap(({ member, found }) =>
        found ? [{ process: member.ref.name, pid: found.pid }] : [],
      ),
    ];
    const counted = await Promise.all(
      processes.map(async (one) => ({ ...one, used: await descriptors(one.pid) })),
    );
    return counted.flatMap(({ used, ...one }) => {
      if (!used) return [];
      return [{ ...one, open: used.open, limit: Number.isFinite(used.limit) ? used.limit : null }];
    });
  },
  async ports(stack) {
    return await Promise.all(
      declaredPorts(stack).map(async ({ member, port }) => ({
        component: member.ref.name,
        ...(await observePort(member, port)),
      })),
    );
  },
  async versions() {
    return { Node: process.version, Linux: release() };
  },
};

/** The ports that `davy.json` gives to daemons and pool. */
export function declaredPorts(stack: Stack): { member: Member; port: number }[] {
  const pool = poolMember(stack);
  return [
    ...[daemonMember(stack), ...peerMembers(stack)].flatMap((member) =>
      [member.spec.rpcPort, member.spec.p2pPort].map((port) => ({ member, port })),
    ),
    ...[pool.spec.stratumPort, ...pool.spec.fallbackPorts].map((port) => ({ member: pool, port })),
  ];
}
