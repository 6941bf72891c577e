import type { RpcEndpoint } from '../host/rpc.ts';
import { readText } from './config-file.ts';

/**
 * The daemon's user and password for programs that know no cookie file: then the ones in the cookie, which are
 * new after every start of the daemon. `null` where the cookie is not there yet.
 */
export async function loginOf(endpoint: RpcEndpoint): Promise<{ username: string; password: string } | null> {
  if ('username' in endpoint) return endpoint;
  const cookie = (await readText(endpoint.cookieFile))?.trim();
  if (cookie === undefined) return null;
  const [username = '', ...rest] = cookie.split(':');
  return { username, password: rest.join(':') };
}
