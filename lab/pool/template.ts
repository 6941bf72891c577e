import type { Algorithm } from '../protocol/hash.ts';
import { type Daemon, DaemonUnreachable } from './daemon.ts';

const rulesOf: Record<Algorithm, readonly string[]> = { sha256d: ['segwit'], scrypt: ['mweb', 'segwit'] };

/** The parts of a getblocktemplate answer (BIP22, BIP23, BIP145) that a job is made of. */
export interface BlockTemplate {
  readonly version: number;
  readonly previousblockhash: string;
  readonly transactions: readonly { readonly data: string; readonly txid: string }[];
  readonly coinbaseaux: Readonly<Record<string, string>>;
  readonly coinbasevalue: number;
  /** Seconds since the epoch. */
  readonly mintime: number;
  readonly curtime: number;
  readonly bits: string;
  readonly height: number;
  readonly default_witness_commitment?: string;
  /** Litecoin's extension block in hex, once MWEB is active. */
  readonly mweb?: string;
}

/** Asks the daemon for work on its tip. Throws what `Daemon.call` throws, also for an answer of another shape. */
export async function fetchTemplate(daemon: Daemon, algorithm: Algorithm): Promise<BlockTemplate> {
  const template = await daemon.call('getblocktemplate', [{ rules: rulesOf[algorithm] }]);
  if (!isTemplate(template)) throw new DaemonUnreachable('getblocktemplate answered no block template');
  return template;
}

/**
 * The output script that pays to an address. Throws `InvalidAddress` when the daemon's chain does not know it,
 * else what `Daemon.call` throws.
 */
export async function fetchPayoutScript(daemon: Daemon, address: string): Promise<Buffer> {
  const answer = (await daemon.call('validateaddress', [address])) as AddressAnswer;
  if (!answer.isvalid) throw new InvalidAddress(address);
  if (answer.scriptPubKey !== undefined) return Buffer.from(answer.scriptPubKey, 'hex');
  const known = (await daemon.call('getaddressinfo', [address])) as AddressAnswer;
  if (known.scriptPubKey === undefined) throw new InvalidAddress(address);
  return Buffer.from(known.scriptPubKey, 'hex');
}

/** The wallet address of the configuration is not one of this chain. */
export class InvalidAddress extends Error {
  override readonly name = 'InvalidAddress';

  constructor(address: string) {
    super(`Wallet address ${address} is not valid on the daemon's chain`);
  }
}

interface AddressAnswer {
  readonly isvalid?: boolean;
  readonly scriptPubKey?: string;
}

const templateShape: Record<string, string> = {
  version: 'number',
  previousblockhash: 'string',
  transactions: 'object',
  coinbaseaux: 'object',
  coinbasevalue: 'number',
  mintime: 'number',
  curtime: 'number',
  bits: 'string',
  height: 'number',
};

function isTemplate(value: unknown): value is BlockTemplate {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(templateShape).every(([key, type]) => typeof fields.get(key) === type);
}
