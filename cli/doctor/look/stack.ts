import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { PortFact } from '../../../core/observation.ts';
import { programsOf } from '../../../worker/agents/config-generator.ts';
import type { Program } from '../../../worker/components/kind.ts';
import { observePort } from '../../../worker/components/port-holder.ts';
import {
  daemonMember,
  type Member,
  pathIn,
  pathOf,
  peerMembers,
  type Stack,
} from '../../../worker/components/stack.ts';
import { runCommand } from '../../../worker/host/command.ts';
import { declaredPorts } from '../../../worker/notices/system.ts';
import { allMembers } from '../../../worker/observe.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';
import { folder } from './files.ts';

const VERSION_TIMEOUT_MS = 3_000;
/** Programs that tell their version and do nothing else; another one might begin to work. */
const TELLS_VERSION = /^(bitcoind|litecoind|minerd|cpuminer)$/;

/** The programs, folders, files and ports of one stack. */
export async function lookAtStack(stack: Stack): Promise<Finding[]> {
  const { name } = stack.environment;
  const daemons = [daemonMember(stack), ...peerMembers(stack)];
  const found = await Promise.all([
    ...(await programsOf(stack)).map(program),
    ...daemons.map(({ ref, spec }) =>
      folder(`data of ${ref.name}`, pathIn(stack, spec.dataDir), `dataDir of ${ref.name}`),
    ),
    ...allMembers(stack).flatMap(configFile),
    ...declaredPorts(stack).map(async ({ member, port }) =>
      portFinding(member, await observePort(member, port)),
    ),
  ]);
  return found.map((finding) => ({ ...finding, check: `${name}: ${finding.check}` }));
}

async function program({ name, path, packages }: Program): Promise<Finding> {
  const check = `program ${name}`;
  if (path !== null) return ok(check, [path, await versionOf(path, name)].filter(Boolean).join(', '));
  const mend =
    packages.length > 0
      ? `apt-get install ${packages.join(' ')}; a pipeline with install_dependencies does so by itself.`
      : 'Install it, or write its path into "command" in davy.json.';
  return problem(check, 'not found, or not executable', mend);
}

async function versionOf(path: string, name: string): Promise<string> {
  if (!TELLS_VERSION.test(name)) return '';
  const { stdout } = await runCommand([path, '--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  return stdout.split('\n')[0]?.trim() ?? '';
}

/** A file that `davy.json` names; one that is missing is written by generate_configs. */
function configFile(member: Member): Promise<Finding>[] {
  const { configFile: named } = member.spec;
  if (named === undefined) return [];
  const path = pathOf(member, named);
  const check = `configuration of ${member.ref.name}`;
  return [
    access(path, constants.R_OK | constants.W_OK).then(
      () => ok(check, path),
      (error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT'
          ? ok(check, `${path} is not there yet: generate_configs writes it`)
          : problem(check, `${path}: ${error.message}`, 'Let the worker read and write it.'),
    ),
  ];
}

function portFinding({ ref, spec }: Member, { port, holder, owner }: PortFact): Finding {
  const check = `port ${port} of ${ref.name}`;
  if (holder === 'ours') return ok(check, 'held by the component itself');
  if (holder === 'nobody') return ok(check, 'free');
  const fact = `held by ${owner ?? 'a process that cannot be seen from here'}`;
  const mend = `End that process, or give ${ref.name} another port in davy.json.`;
  const isFallback = 'fallbackPorts' in spec && spec.fallbackPorts.includes(port);
  return isFallback ? warning(check, fact, mend) : problem(check, fact, mend);
}
