import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { onTestFinished } from 'vitest';
import { parseAddress } from '../../core/address.ts';
import type { Resolve } from '../../outside/post.ts';

const TYPE_A = 1;
const TYPE_AAAA = 28;
const HEADER_BYTES = 12;

/** A name server of a test's own, which may say something else each time that it is asked. */
export interface TestDns {
  resolve: Resolve;
  /** The names that were asked for, once for each pair of questions (IPv4, IPv6). */
  asked: string[];
}

/** `answer`: the addresses of a name when it is asked for the nth time. */
export async function startDns(answer: (name: string, nth: number) => string[]): Promise<TestDns> {
  const asked: string[] = [];
  const server = createSocket('udp4');
  let addresses: string[] = [];
  server.on('message', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query);
    // A lookup asks for IPv4 first and waits for the answer.
    if (type === TYPE_A) addresses = answer(name, asked.push(name));
    const found = addresses.filter((one) => isIPv6(one) === (type === TYPE_AAAA));
    server.send(reply(query.subarray(0, end), type, found), port, address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  const ask = async (host: string, family: 4 | 6) => {
    const found = await (family === 4 ? resolver.resolve4(host) : resolver.resolve6(host)).catch(() => []);
    return found.map((one) => ({ address: one, family }));
  };
  return { asked, resolve: async (host) => [...(await ask(host, 4)), ...(await ask(host, 6))] };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function reply(question: Buffer, type: number, addresses: readonly string[]): Buffer {
  const header = Buffer.from(question.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const bytes = Buffer.from(parseAddress(address) ?? []);
    // The name of the question, its type, class IN, no seconds to live.
    const head = Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length]);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([header, question.subarray(HEADER_BYTES), ...records]);
}
