import { messageOf } from '../../core/errors.ts';
import { daemonKind, minerKind, poolKind } from '../components/index.ts';
import type { Program } from '../components/kind.ts';
import { daemonMember, minerMembers, peerMembers, poolMember, type Stack } from '../components/stack.ts';
import { type Executors, failed, succeeded } from './agent.ts';

export const configGenerator: Executors<'verify_dependencies' | 'generate_configs'> = {
  async verify_dependencies({ stack }) {
    const programs = await programsOf(stack);
    const missing = programs.filter(({ path }) => path === null);
    const evidence = { programs };
    if (missing.length === 0) return succeeded(evidence);
    const names = missing.map(({ name }) => name).join(', ');
    return failed('missing_dependencies', `not installed: ${names}`, evidence);
  },

  async generate_configs({ stack }) {
    try {
      const files = [];
      // Downwards first: the pool's configuration names the daemon's, the miner's the pool's.
      for (const member of [...peerMembers(stack), daemonMember(stack)])
        files.push(...(await daemonKind(member).configure(member)));
      const pool = poolMember(stack);
      files.push(...(await poolKind(pool).configure(pool)));
      for (const member of minerMembers(stack)) files.push(...(await minerKind(member).configure(member)));
      return succeeded({ files });
    } catch (error) {
      return failed('bad_config', messageOf(error));
    }
  },
};

/** Every program that the stack needs, each once. */
export async function programsOf(stack: Stack): Promise<Program[]> {
  const pool = poolMember(stack);
  const found = await Promise.all([
    ...[...peerMembers(stack), daemonMember(stack)].map((member) => daemonKind(member).programs(member)),
    poolKind(pool).programs(pool),
    ...minerMembers(stack).map((member) => minerKind(member).programs(member)),
  ]);
  return [...new Map(found.flat().map((program) => [program.name, program])).values()];
}
