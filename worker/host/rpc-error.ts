/**
 * Why an RPC call gave no result.
 * `refused`: nobody listens. `unreachable`: no route, no such host, or the daemon is shutting down.
 * `forbidden`: it takes no calls from our address, whoever calls.
 * `error`: the daemon itself answered with an error. `malformed`: something else than a daemon answered.
 */
export type RpcErrorKind =
  | 'refused'
  | 'unauthorized'
  | 'forbidden'
  | 'timeout'
  | 'warming_up'
  | 'work_queue_full'
  | 'connection_reset'
  | 'unreachable'
  | 'error'
  | 'malformed';

/** A failed call; the message names host:port, method and reason, and never the credentials. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly kind: RpcErrorKind;
  /** The JSON-RPC code of the daemon, such as -28; source: bitcoin's rpc/protocol.h. */
  readonly code: number | null;
  readonly method: string;

  constructor(kind: RpcErrorKind, call: RpcCallName, reason: string, code: number | null = null) {
    super(`${call.method} at ${call.host}:${call.port}: ${reason}`);
    this.kind = kind;
    this.code = code;
    this.method = call.method;
  }
}

export interface RpcCallName {
  host: string;
  port: number;
  method: string;
}

/** Kind and reason of a failed connection, from the system's error code. */
export function connectionFailure(error: NodeJS.ErrnoException): { kind: RpcErrorKind; reason: string } {
  switch (error.code) {
    case 'ECONNREFUSED':
      return { kind: 'refused', reason: 'connection refused, nobody listens there' };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return { kind: 'connection_reset', reason: `the connection broke off (${error.code})` };
    case 'ETIMEDOUT':
      return { kind: 'timeout', reason: 'the connection timed out (ETIMEDOUT)' };
    default:
      return error.code?.startsWith('HPE_')
        ? { kind: 'malformed', reason: `the answer is not HTTP (${error.code})` }
        : { kind: 'unreachable', reason: error.code ?? error.message };
  }
}
