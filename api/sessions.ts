import { randomBytes } from 'node:crypto';

export const SESSION_COOKIE = 'davy_session';
export const SESSION_SECONDS = 12 * 60 * 60;
const MAX_SESSIONS = 200;

interface Session {
  key: string;
  endsAt: number;
}

/**
 * Sign-ins of browsers, kept in this process alone: the cookie is a number without meaning, not the key,
 * because a cookie goes to every port of the host. The key is checked again with each request.
 */
export class Sessions {
  readonly #open = new Map<string, Session>();

  /** Returns the value of the cookie. The oldest session makes room where there are too many. */
  open(key: string): string {
    const id = randomBytes(32).toString('base64url');
    for (const oldest of [...this.#open.keys()].slice(0, this.#open.size - MAX_SESSIONS + 1))
      this.#open.delete(oldest);
    this.#open.set(id, { key, endsAt: performance.now() + SESSION_SECONDS * 1000 });
    return id;
  }

  keyOf(id: string | undefined): string | null {
    const session = this.#open.get(id ?? '');
    return session !== undefined && session.endsAt > performance.now() ? session.key : null;
  }
}
