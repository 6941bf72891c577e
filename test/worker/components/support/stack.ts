import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Environment, parseEnvironment } from '../../../../core/environment.ts';
import { minerKind, poolKind } from '../../../../worker/components/index.ts';
import { minerMembers, poolMember, type Stack } from '../../../../worker/components/stack.ts';

/** The daemon as its own configuration has it; none of these tests needs it to run. */
export const daemon = { rpcPort: 18_499, username: 'rpc-user', password: 'rpc-password' };

export interface TestStack {
  stack: Stack;
  /** A path below the folder of `davy.json`. */
  at(path: string): string;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
}

/** A stack in a folder of its own, with the configuration of a bitcoind. What it started is ended by the test. */
export async function testStack(
  parts: { pool: object; daemon?: object; peers?: object[]; miners?: object[] },
  password = daemon.password,
): Promise<TestStack> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'davy-kinds-')));
  const at = (path: string) => join(directory, path);
  const write = async (path: string, text: string) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  };
  await write(
    'daemon/bitcoin.conf',
    `regtest=1\nrpcuser=${daemon.username}\nrpcpassword=${password}\n[regtest]\nrpcport=${daemon.rpcPort}\n`,
  );
  const document = { name: 'kinds', daemon: { dataDir: 'daemon' }, ...parts };
  const stack = {
    environmentId: 'kinds',
    environment: parsed(document),
    directory,
    stateDirectory: at('state'),
  };
  onTestFinished(async () => {
    await poolKind(poolMember(stack)).stop(poolMember(stack), { force: true });
    for (const miner of minerMembers(stack)) await minerKind(miner).stop(miner, { force: true });
    await rm(directory, { recursive: true, force: true });
  });
  return { stack, at, write, read: async (path) => await readFile(at(path), 'utf8') };
}

function parsed(document: unknown): Environment {
  const result = parseEnvironment(document);
  if (result.ok) return result.environment;
  throw new Error(JSON.stringify(result.problems));
}
