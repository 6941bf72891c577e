import { createHash, timingSafeEqual } from 'node:crypto';
import type { StratumUser } from './config.ts';

/** True when a worker may log in. Without a list of users, any worker may. */
export type CheckLogin = (name: string, password: string) => boolean;

/** Checks logins in a time that does not depend on how much of a password is right. */
export function createLoginCheck(users: readonly StratumUser[] | undefined): CheckLogin {
  if (users === undefined) return () => true;
  const digests = new Map(users.map((user) => [user.name, digest(user.password)]));
  const nobody = digest('');
  return (name, password) => {
    const expected = digests.get(name);
    return timingSafeEqual(expected ?? nobody, digest(password)) && expected !== undefined;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
