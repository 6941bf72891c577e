import { labCommand } from './lab.ts';
import { minerdFamily } from './minerd-family.ts';

/** The practice miner of `lab/`: a throttled CPU miner that talks like minerd. */
export const labMiner = minerdFamily({
  programs: async () => [{ name: 'node', path: process.execPath, packages: [] }],
  command: (file) => labCommand('miner', '-c', file),
  options: {},
  signatures: [{ pattern: /not valid JSON|: must be |no such file or directory/, cause: 'bad_config' }],
});
