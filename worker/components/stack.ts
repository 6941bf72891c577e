import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ComponentRef, componentsOf } from '../../core/component.ts';
import {
  type DaemonSpec,
  type Environment,
  type MinerSpec,
  mayManage,
  type PoolSpec,
  type Secret,
} from '../../core/environment.ts';
import { DavyError } from '../../core/errors.ts';
import { usesAlternative } from './miner-choice.ts';

/** One mining stack as this host's worker sees it: what `davy.json` says, and where. */
export interface Stack {
  environmentId: string;
  environment: Environment;
  /** The folder of `davy.json`, without symlinks. */
  directory: string;
  /** Where Davylamp keeps what it writes about this stack; nothing here is ever cleaned by a reset. */
  stateDirectory: string;
}

/** A component of a stack, with the part of `davy.json` that describes it. */
export interface Member<Spec = DaemonSpec | PoolSpec | MinerSpec> {
  stack: Stack;
  ref: ComponentRef;
  spec: Spec;
}

export function daemonMember(stack: Stack): Member<DaemonSpec> {
  const { environment } = stack;
  return {
    stack,
    ref: refOf(stack, ({ role, peer }) => role === 'daemon' && !peer),
    spec: environment.daemon,
  };
}

export function peerMembers(stack: Stack): Member<DaemonSpec>[] {
  return stack.environment.peers.map((spec, index) => ({
    stack,
    spec,
    ref: refOf(stack, (ref) => ref.peer && ref.index === index),
  }));
}

export function poolMember(stack: Stack): Member<PoolSpec> {
  return { stack, ref: refOf(stack, ({ role }) => role === 'pool'), spec: stack.environment.pool };
}

export function minerMembers(stack: Stack): Member<MinerSpec>[] {
  return stack.environment.miners.map((spec, index) => {
    const ref = refOf(stack, (ref) => ref.role === 'miner' && ref.index === index);
    const { alternative } = spec;
    if (alternative === undefined || !usesAlternative(stack.stateDirectory, ref.name))
      return { stack, spec, ref };
    // A configuration of its own: both may be of kinds that would take the same name for it.
    const configFile = alternative.configFile ?? `${ref.name}-alternative.json`;
    return { stack, spec: { ...alternative, configFile }, ref: { ...ref, kind: alternative.kind } };
  });
}

function refOf(stack: Stack, matches: (ref: ComponentRef) => boolean): ComponentRef {
  const ref = componentsOf(stack.environment).find(matches);
  if (!ref) throw new RangeError(`environment ${stack.environment.name} has no such component`);
  return ref;
}

/** A path of `davy.json`: absolute, below the home folder, or relative to the folder of the file. */
export function pathIn(stack: Stack, path: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return resolve(stack.directory, path);
}

/** A path of a component: relative to the component's own folder. */
export function pathOf({ stack, spec }: { stack: Stack; spec: { directory: string } }, path: string): string {
  return path.startsWith('~') ? pathIn(stack, path) : resolve(pathIn(stack, spec.directory), path);
}

/** Carried by a component's processes for life: how they are proven ours, after any crash of the worker. */
export function markerOf({ stack, ref }: Member): string {
  const place = createHash('sha256').update(stack.directory).digest('hex').slice(0, 16);
  return `${stack.environment.name}/${ref.name}@${place}`;
}

/** Gets what a component writes to its standard output and error. */
export function outputFile({ stack, ref }: { stack: Stack; ref: { name: string } }): string {
  return join(stack.stateDirectory, `${ref.name}.out`);
}

/** The value of a secret that may stand in an environment variable of the worker. */
export function reveal(secret: Secret, where: string): string {
  if (typeof secret === 'string') return secret;
  const value = process.env[secret.env];
  if (value !== undefined && value !== '') return value;
  throw new DavyError(
    'bad_config',
    `${where}: the environment variable ${secret.env} is not set for the worker`,
    {
      nextStep: `Set ${secret.env} where the worker is started.`,
    },
  );
}

/** Shorter ones are none: a password like `x` stands in every second line. */
const SECRET_CHARS_MIN = 4;

/** The passwords that `davy.json` knows of: what must not be kept of anybody's output. */
export function secretsOf({ environment: { daemon, peers, pool, miners } }: Stack): string[] {
  const passwords = [
    ...[daemon, ...peers].map(({ credentials }) => credentials?.password),
    ...[pool, ...miners].map(({ login }) => login.password),
    ...miners.map(({ alternative }) => alternative?.login.password),
  ];
  return passwords
    .map((secret) => (typeof secret === 'object' ? process.env[secret.env] : secret))
    .filter((value) => value !== undefined)
    .filter((value) => value.length >= SECRET_CHARS_MIN);
}

/**
 * Asked right before anything is started or stopped, whoever wants it.
 * @throws {DavyError} `unsafe`, where Davylamp may only look on
 */
export function assertManaged({ stack: { environment }, ref }: Member): void {
  if (mayManage(environment)) return;
  throw new DavyError(
    'unsafe',
    `${ref.name} is on ${environment.network}: it is neither started nor stopped`,
    {
      component: ref.name,
      nextStep: 'Where Davylamp is to manage this environment, say "manage": true in its davy.json.',
    },
  );
}
