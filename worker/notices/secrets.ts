import type { DaemonSpec } from '../../core/environment.ts';
import { loginOf } from '../components/daemon-login.ts';
import { daemonKind } from '../components/index.ts';
import { daemonMember, type Member, peerMembers, type Stack, secretsOf } from '../components/stack.ts';
import { allMembers } from '../observe.ts';

/** Shorter ones stand in every second line. */
const SECRET_CHARS_MIN = 4;
const SECRET_NAME = /pass|secret|token|key/i;

/** Everything known that must not stand in a report: the passwords of `davy.json`, and those its daemons use. */
export async function knownSecrets(stack: Stack): Promise<string[]> {
  const daemons = [daemonMember(stack), ...peerMembers(stack)];
  const passwords = await Promise.all(daemons.map((member) => rpcPassword(member).catch(() => null)));
  const fromEnvironment = allMembers(stack).flatMap(({ spec }) =>
    Object.entries(spec.env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : [])),
  );
  const more = [...passwords, ...fromEnvironment].filter((value) => value !== null);
  return [...secretsOf(stack), ...more.filter(({ length }) => length >= SECRET_CHARS_MIN)];
}

/** From `davy.json`, from the daemon's own configuration, or from its cookie. */
async function rpcPassword(member: Member<DaemonSpec>): Promise<string | null> {
  const login = await loginOf(await daemonKind(member).endpoint(member));
  return login?.password ?? null;
}
