import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chainDirectory } from '../../../worker/components/chain-data.ts';
import { daemonKind } from '../../../worker/components/index.ts';
import { daemonMember, peerMembers } from '../../../worker/components/stack.ts';
import { runCommand } from '../../../worker/host/command.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { readProcess } from '../../../worker/host/process.ts';
import { nowMs } from '../../clock.ts';
import { killed, memberOf, processOf } from '../../components.ts';
import type { Fault, FaultContext, Injected } from '../../fault.ts';
import { configFileOf, rewritten } from '../../files.ts';
import { takePort } from '../../squatter.ts';
import { unwatched } from '../../unwatched.ts';
import { needsPeers } from './rpc.ts';

const SECOND_START_MS = 30_000;

/** A daemon that cannot have what it needs, because somebody else has it or because nobody could read it. */
export const daemonConflicts: readonly Fault[] = [
  {
    name: 'daemon-rpc-port-taken',
    layer: 'daemon',
    title: 'it gets SIGKILL, and a socket of another program takes its RPC port',
    expects: { outcome: 'escalated', reason: 'critical_error', diagnoses: ['daemon:port_conflict'] },
    inject: (context) =>
      portTaken(
        context,
        async () =>
          (await daemonKind(daemonMember(context.stack)).endpoint(daemonMember(context.stack))).port,
      ),
  },
  {
    name: 'daemon-p2p-port-taken',
    layer: 'daemon',
    title: 'it gets SIGKILL, and a socket of another program takes its P2P port',
    expects: { outcome: 'escalated', reason: 'critical_error', diagnoses: ['daemon:port_conflict'] },
    inject: (context) => portTaken(context, async () => daemonMember(context.stack).spec.p2pPort),
  },
  {
    name: 'daemon-second-start',
    layer: 'daemon',
    title: 'a second daemon is started in its data directory: the first must be left alone',
    expects: { outcome: 'undisturbed', diagnoses: [] },
    async inject(context) {
      await secondStart(context, []);
      return { atMs: nowMs() };
    },
  },
  {
    name: 'daemon-second-start-without-lock',
    layer: 'daemon',
    title:
      'its .lock file is deleted and a second daemon started there: that reads like corruption and is none',
    expects: { outcome: 'undisturbed', diagnoses: [] },
    async inject(context) {
      await rm(join(chainDirectory(daemonMember(context.stack)), '.lock'));
      const [rpc, p2p] = await freePorts(2);
      await secondStart(context, [`-rpcport=${rpc}`, `-port=${p2p}`, `-bind=127.0.0.1:${p2p}`]);
      return { atMs: nowMs() };
    },
  },
  {
    name: 'daemon-bad-option',
    layer: 'daemon',
    title: 'a line that is no option gets into its configuration, then it gets SIGKILL',
    expects: {
      outcome: 'escalated',
      reason: 'critical_error',
      diagnoses: ['daemon:bad_config', 'daemon:process_down'],
    },
    async inject(context) {
      const { stack } = context;
      const file = await configFileOf(stack, 'daemon');
      let putBack = async () => {};
      const atMs = await unwatched(context, async () => {
        putBack = await rewritten(file, (text) => `${text}this line is no option\n`);
        await killed(memberOf(stack, 'daemon'));
      });
      return { atMs, undo: () => putBack() };
    },
  },
  {
    name: 'daemon-settings-damaged',
    layer: 'daemon',
    title: 'its settings.json is no JSON any more, and it gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: ['daemon:process_down'] },
    async inject(context) {
      const member = memberOf(context.stack, 'daemon');
      const file = join(chainDirectory(daemonMember(context.stack)), 'settings.json');
      const atMs = await unwatched(context, async () => {
        await writeFile(file, '{ "wallet": [');
        await killed(member);
      });
      return { atMs };
    },
  },
  {
    name: 'daemon-peer-killed',
    layer: 'daemon',
    title: 'the node that keeps it company gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: ['peer-1:process_down', 'daemon:no_peers'] },
    keeps: ['daemon'],
    applies: needsPeers,
    async inject({ stack }) {
      const [peer] = peerMembers(stack);
      if (!peer) throw new RangeError('there is no peer');
      return { atMs: await killed(peer) };
    },
  },
];

async function portTaken(context: FaultContext, portOf: () => Promise<number>): Promise<Injected> {
  const port = await portOf();
  let release = async () => {};
  const atMs = await unwatched(context, async () => {
    await killed(memberOf(context.stack, 'daemon'));
    release = await takePort(port);
  });
  return { atMs, undo: () => release() };
}

/** The same command once more; it is expected to give up by itself. */
async function secondStart({ stack }: FaultContext, further: readonly string[]): Promise<void> {
  const { pid } = await processOf(memberOf(stack, 'daemon'));
  const facts = await readProcess(pid);
  if (!facts) throw new Error('the daemon cannot be read');
  const { exitCode } = await runCommand([...facts.argv, ...further], { timeoutMs: SECOND_START_MS });
  if (exitCode !== 1) throw new Error(`the second daemon ended with ${exitCode}, not with an error`);
}
