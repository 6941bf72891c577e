import type { JSONPath } from 'jsonc-parser';
import type { PoolSpec } from '../../core/environment.ts';
import { DavyError, messageOf } from '../../core/errors.ts';
import type { RpcEndpoint } from '../host/rpc.ts';
import { commandProof } from './adoption-proof.ts';
import { editJson, readJson, valueAt } from './config-file.ts';
import { daemonAlgorithm, daemonEndpoint } from './daemon-kinds.ts';
import type { Dialect, JsonEdit } from './json-text.ts';
import type { ConfigChange, PoolKind, Program } from './kind.ts';
import { observePool, type PoolLookOptions } from './pool-facts.ts';
import { checkedPort } from './port-holder.ts';
import type { Member } from './stack.ts';
import { endProcess, type StartSignature, startProcess, workingFolder } from './supervised.ts';

export type Pool = Member<PoolSpec>;
export type Algorithm = 'sha256d' | 'scrypt';
/** Looks a value up in a pool's configuration. */
export type Lookup = (path: JSONPath) => unknown;

/** What sets a pool with a JSON configuration apart from the others. */
export interface JsonPool {
  dialect: Dialect;
  /** The member as the kind wants it, where `davy.json` leaves something open. */
  settle?(member: Pool): Pool;
  programs(member: Pool): Promise<Program[]>;
  /** What it is started with where `davy.json` has no command. */
  command(member: Pool, file: string): string[];
  /** It goes wild at the end of its standard input. */
  openStdin?: boolean;
  signatures: readonly StartSignature[];
  file(member: Pool): Promise<string>;
  /** A new configuration; the daemon's part of it is set afterwards. */
  template(member: Pool, algorithm: Algorithm): Promise<object> | object;
  /** Further files that it needs, made where they are missing. */
  companions?(member: Pool): Promise<ConfigChange[]>;
  /** What it reads at its start beside its configuration. */
  furtherFiles?(member: Pool): string[];
  /** A file whose values count where the configuration has none. */
  defaults?(member: Pool): Promise<unknown>;
  /** The rules that it names when it asks the daemon for work, where that is not what the daemon wants. */
  templateRules?: readonly string[];
  /** The Stratum port; `null` where the configuration does not say. */
  port(look: Lookup): number | null;
  setPort(look: Lookup, port: number, member: Pool): JsonEdit;
  login: { username: JSONPath; password: JSONPath; cookieFile?: JSONPath };
  /** What it must know of the daemon. */
  daemonEdits(endpoint: RpcEndpoint): Promise<JsonEdit[]>;
  payoutAddress: JSONPath;
  /** @throws {DavyError} `bad_config`, where it would pay to somebody else or elsewhere go wrong in silence */
  check?(look: Lookup, file: string): void;
}

/** The kind of a pool with a JSON configuration. */
export function jsonPool(traits: JsonPool): PoolKind {
  const settle = (member: Pool) => traits.settle?.(member) ?? member;

  async function lookup(member: Pool): Promise<Lookup> {
    const file = await traits.file(member);
    const documents = [await readJson(file, traits.dialect), await traits.defaults?.(member)];
    const look: Lookup = (path) =>
      documents.map((document) => valueAt(document, path)).find((value) => value !== undefined);
    const port = traits.port(look);
    if (port !== null) checkedPort(port, file);
    return look;
  }

  async function edit(member: Pool, edits: readonly JsonEdit[]): Promise<ConfigChange> {
    const template = await traits.template(member, await daemonAlgorithm(member.stack));
    return await editJson(await traits.file(member), template, edits, traits.dialect);
  }

  const daemonEdits = async ({ stack }: Pool) => await traits.daemonEdits(await daemonEndpoint(stack));

  return {
    programs: async (member) => await traits.programs(settle(member)),

    async configure(given) {
      const member = settle(given);
      const look = await lookup(member);
      const { stratumPort } = member.spec;
      const port = traits.port(look) === null ? [traits.setPort(look, stratumPort, member)] : [];
      return [
        ...((await traits.companions?.(member)) ?? []),
        await edit(member, [...port, ...(await daemonEdits(member))]),
      ];
    },

    async start(given) {
      const member = settle(given);
      const file = await traits.file(member);
      traits.check?.(await lookup(member), file);
      return await startProcess(member, {
        argv: member.spec.command ?? traits.command(member, file),
        cwd: workingFolder(member),
        ...(traits.openStdin && { openStdin: true }),
      });
    },

    stop: (member, { force }) => endProcess(member, force),

    async observe(given) {
      const member = settle(given);
      const { look, problem } = await lookup(member).then(
        (look) => ({ look, problem: null }),
        (error: unknown) => ({ look: () => undefined, problem: messageOf(error) }),
      );
      const facts = await observePool(member, {
        port: traits.port(look) ?? member.spec.stratumPort,
        daemonLogin: loginIn(look, traits.login),
        signatures: traits.signatures,
        configFiles: [
          ...(await traits.file(member).then(
            (file) => [file],
            () => [],
          )),
          ...(traits.furtherFiles?.(member) ?? []),
        ],
        ...(traits.templateRules && { templateRules: traits.templateRules }),
      });
      return problem !== null && facts.process.state === 'down'
        ? { ...facts, startFailure: { cause: 'bad_config', line: problem } }
        : facts;
    },

    async adoptionProof(given) {
      const member = settle(given);
      const configFile = await traits.file(member);
      return commandProof({
        argv: member.spec.command ?? traits.command(member, configFile),
        cwd: workingFolder(member),
        port: traits.port(await lookup(member)) ?? member.spec.stratumPort,
        configFile,
      });
    },

    async port(given) {
      const member = settle(given);
      return traits.port(await lookup(member)) ?? member.spec.stratumPort;
    },

    async movePort(given, port) {
      const member = settle(given);
      return await edit(member, [traits.setPort(await lookup(member), port, member)]);
    },

    async alignCredentials(given) {
      const member = settle(given);
      return await edit(member, await daemonEdits(member));
    },

    async setPayoutAddress(given, address) {
      const member = settle(given);
      const current = (await lookup(member))(traits.payoutAddress);
      const isSet = typeof current === 'string' && current !== '';
      return await edit(member, isSet ? [] : [{ path: traits.payoutAddress, value: await address() }]);
    },
  };
}

/** `null` where it logs in with a cookie, which it reads anew by itself. */
function loginIn(look: Lookup, login: JsonPool['login']): PoolLookOptions['daemonLogin'] {
  if (login.cookieFile && look(login.cookieFile) !== undefined) return null;
  return {
    username: String(look(login.username) ?? ''),
    password: String(look(login.password) ?? ''),
  };
}

/** A configuration that must not be started with. */
export function badConfig(message: string, nextStep: string): DavyError {
  return new DavyError('bad_config', message, { component: 'pool', nextStep });
}
