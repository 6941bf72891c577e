import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { PROXY_FAULTS, type ProxyFault, type ProxyState } from './proxy-faults.ts';
import { rpcProxy } from './rpc.ts';
import { stratumProxy } from './stratum.ts';

/** What the file in the first argument says; further arguments are the component's. */
export interface ProxyConfig {
  protocol: 'rpc' | 'stratum';
  /** The port that is the component's to the world, the one where the real program listens, and that for commands. */
  port: number;
  innerPort: number;
  controlPort: number;
  faultFile: string;
  argv: string[];
}

const LOOK_MS = 10;
/** Fewer than a daemon asks for at its start. */
const STARVED = ['prlimit', '--nofile=40:40'];

/** Runs the real program as its child, in its own process group, and stands before its port. */
function main([file = '', ...further]: readonly string[]): void {
  const config = JSON.parse(readFileSync(file, 'utf8')) as ProxyConfig;
  const state: ProxyState = { fault: remembered(config.faultFile) };
  const command = [...(state.fault === 'starve' ? STARVED : []), ...config.argv, ...further];
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  // A signal for the group has reached the child by itself; a second one does no harm.
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  takeCommands(config.controlPort, state);
  const proxy = (config.protocol === 'rpc' ? rpcProxy : stratumProxy)(state, config.innerPort);
  proxy.on('error', (error) => {
    console.error(error.message);
    child.kill('SIGKILL');
  });
  openWhenReady(config.innerPort, () => proxy.listen(config.port, '127.0.0.1'));
}

function remembered(file: string): ProxyFault | null {
  const word = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return PROXY_FAULTS.find((fault) => fault === word) ?? null;
}

function takeCommands(port: number, state: ProxyState): void {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (word: string) => {
      state.fault = PROXY_FAULTS.find((fault) => fault === word.trim()) ?? null;
      socket.write('done\n');
    });
  });
  server.on('error', (error) => console.error(error.message));
  server.listen(port, '127.0.0.1');
}

/** The world must not see a port that is open before there is anything behind it. */
function openWhenReady(innerPort: number, open: () => void): void {
  const socket = createConnection(innerPort, '127.0.0.1');
  socket.on('connect', () => {
    socket.destroy();
    open();
  });
  socket.on('error', () => setTimeout(() => openWhenReady(innerPort, open), LOOK_MS));
}

main(process.argv.slice(2));
