import type { StageAction } from '../../core/agent.ts';
import type { Executors } from './agent.ts';
import { commandRunner } from './command-runner.ts';
import { configGenerator } from './config-generator.ts';
import { daemonManager } from './daemon-manager.ts';
import { dependencyInstaller } from './dependency-installer.ts';
import { environmentManager } from './environment-manager.ts';
import { integrationTester } from './integration-tester.ts';
import { minerManager } from './miner-manager.ts';
import { poolConnector } from './pool-connector.ts';
import { poolManager } from './pool-manager.ts';
import { walletManager } from './wallet-manager.ts';

/** `recover` is no stage executor: a recovery stage spans recovery attempts, each a job of its own. */
export const EXECUTORS: Executors<Exclude<StageAction, 'recover'>> = {
  ...configGenerator,
  ...dependencyInstaller,
  ...daemonManager,
  ...walletManager,
  ...poolManager,
  ...poolConnector,
  ...minerManager,
  ...integrationTester,
  ...environmentManager,
  ...commandRunner,
};
