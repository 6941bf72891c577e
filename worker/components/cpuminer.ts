import { minerdFamily } from './minerd-family.ts';
import { programOf } from './programs.ts';

/** minerd of cpuminer: scrypt and SHA-256d. Its options are strings in its configuration, numbers too. */
export const cpuminer = minerdFamily({
  programs: async (member) => [await programOf(member, member.spec.command ?? ['minerd'])],
  command: (file) => ['minerd', '-c', file],
  // By itself it would wait 30 seconds for a pool that is back in one.
  options: { 'retry-pause': '1' },
});
