import type { DaemonSpec } from '../core/environment.ts';
import { loginOf } from './components/daemon-login.ts';
import { daemonKind } from './components/index.ts';
import { daemonMember, type Member, peerMembers, type Stack, secretsOf } from './components/stack.ts';
import { withDeadline } from './host/deadline.ts';
import { allMembers } from './observe.ts';

/** Shorter ones stand in every second line. */
const SECRET_CHARS_MIN = 4;
const SECRET_NAME = /pass|secret|token|key/i;
/** For configuration that lies on a file system that hangs. */
const READ_TIMEOUT_MS = 2_000;

/**
 * Everything known that must not be kept of what was said: the passwords of `davy.json`, and those its daemons use,
 * also as they stand in a header or a URL.
 */
export async function knownSecrets(stack: Stack): Promise<string[]> {
  const daemons = [daemonMember(stack), ...peerMembers(stack)];
  const ofDaemons = await Promise.all(daemons.map((member) => rpcSecrets(member).catch(() => [])));
  const ofComponents = allMembers(stack).flatMap(({ spec }) => secretVariables(spec.env));
  const all = [...secretsOf(stack), ...ofDaemons.flat(), ...ofComponents];
  return all.filter(({ length }) => length >= SECRET_CHARS_MIN);
}

/** The values of environment variables that are called like secrets. */
export function secretVariables(variables: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    SECRET_NAME.test(name) && value.length >= SECRET_CHARS_MIN ? [value] : [],
  );
}

/** From `davy.json`, from the daemon's own configuration, or from its cookie. */
async function rpcSecrets(member: Member<DaemonSpec>): Promise<string[]> {
  const reading = daemonKind(member).endpoint(member).then(loginOf);
  const login = await withDeadline(reading, READ_TIMEOUT_MS, 'the login of the daemon');
  if (login === null) return [];
  const { username, password } = login;
  const header = Buffer.from(`${username}:${password}`).toString('base64');
  return [password, encodeURIComponent(password), header];
}
