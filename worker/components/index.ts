export { daemonKind } from './daemon-kinds.ts';
export { minerKind } from './miner-kinds.ts';
export { poolKind } from './pool-kinds.ts';
