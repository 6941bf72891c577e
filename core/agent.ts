import type { Stage } from './pipeline.ts';

/**
 * What a decision means for the run that ends on it: `negative` ends it `failed`, `escalation` ends it
 * `escalated`, `positive` ends it `succeeded`.
 */
export type Polarity = 'positive' | 'negative' | 'escalation';

interface ActionDeclaration {
  /** Whether the action changes anything on the host. A pipeline of read-only actions runs beside others. */
  mutates: boolean;
  decisions: Readonly<Record<string, Polarity>>;
  /** The stage's own words are its decisions, too: it picks one. Their meaning is known to the pipeline alone. */
  ownWords?: true;
}

/** Every agent with the actions it can do, and the decisions that each can end in. */
export const AGENTS = {
  config_generator: {
    verify_dependencies: {
      mutates: false,
      decisions: { dependencies_ok: 'positive', missing_dependencies: 'negative' },
    },
    generate_configs: {
      mutates: true,
      decisions: { configs_generated: 'positive', config_generation_failed: 'negative' },
    },
  },
  dependency_installer: {
    install_dependencies: {
      mutates: true,
      decisions: { all_dependencies_installed: 'positive', installation_failed: 'negative' },
    },
  },
  bitcoin_daemon_manager: {
    start_daemon: { mutates: true, decisions: { daemon_started: 'positive', daemon_failed: 'negative' } },
    stop_daemon: { mutates: true, decisions: { daemon_stopped: 'positive', daemon_stop_failed: 'negative' } },
    generate_blocks: {
      mutates: true,
      decisions: { blocks_generated: 'positive', block_generation_failed: 'negative' },
    },
  },
  wallet_manager: {
    fund_wallet: { mutates: true, decisions: { wallet_funded: 'positive', funding_failed: 'negative' } },
    verify_reward: { mutates: false, decisions: { reward_credited: 'positive', reward_missing: 'negative' } },
  },
  pool_server_manager: {
    start_pool: { mutates: true, decisions: { pool_started: 'positive', pool_failed: 'negative' } },
    stop_pool: { mutates: true, decisions: { pool_stopped: 'positive', pool_stop_failed: 'negative' } },
  },
  daemon_pool_connector: {
    verify_connection: {
      mutates: false,
      decisions: { connection_verified: 'positive', connection_failed: 'negative' },
    },
  },
  miner_manager: {
    configure_miner: {
      mutates: true,
      decisions: { miner_configured: 'positive', miner_config_failed: 'negative' },
    },
    start_mining: { mutates: true, decisions: { mining_started: 'positive', mining_failed: 'negative' } },
    watch_mining: { mutates: false, decisions: { mining_active: 'positive', mining_stopped: 'negative' } },
    stop_miners: { mutates: true, decisions: { miners_stopped: 'positive', miners_stop_failed: 'negative' } },
  },
  cycle_integration_tester: {
    validate_infrastructure: {
      mutates: false,
      decisions: { complete: 'positive', validation_failed: 'negative' },
    },
    check_health: { mutates: false, decisions: { healthy: 'positive', unhealthy: 'negative' } },
  },
  command_runner: {
    run_command: { mutates: true, decisions: {}, ownWords: true },
  },
  environment_manager: {
    reset_environment: {
      mutates: true,
      decisions: { reset_completed: 'positive', reset_failed: 'negative' },
    },
  },
  error_recovery_agent: {
    recover: {
      mutates: true,
      decisions: {
        recovery_successful: 'positive',
        environment_reset: 'positive',
        recovery_failed: 'escalation',
        error: 'escalation',
      },
    },
  },
} as const satisfies Record<string, Record<string, ActionDeclaration>>;

export type AgentName = keyof typeof AGENTS;
type KeysOfUnion<T> = T extends T ? keyof T : never;
/** Every action of every agent; the worker has one executor for each. */
export type StageAction = KeysOfUnion<(typeof AGENTS)[AgentName]> & string;

type ActionsOf<Agent> = Agent extends Agent ? Agent[keyof Agent] : never;
type DecisionsOf<Declared> = Declared extends { decisions: infer Decisions } ? keyof Decisions : never;
/** Every decision that an action of ours can end in; commands have words of their own. */
export type KnownDecision = DecisionsOf<ActionsOf<(typeof AGENTS)[AgentName]>>;

/** The agent whose stage is a recovery: a decision that routes to it means that its stage failed. */
export const RECOVERY_AGENT = 'error_recovery_agent' satisfies AgentName;

export function isAgent(name: string): name is AgentName {
  return Object.hasOwn(AGENTS, name);
}

function actionsOf(agent: AgentName): [string, ActionDeclaration][] {
  return Object.entries(AGENTS[agent] as Record<string, ActionDeclaration>);
}

function declarationOf(stage: Stage): [StageAction, ActionDeclaration] | null {
  if (!isAgent(stage.agent)) return null;
  const actions = actionsOf(stage.agent);
  const chosen =
    stage.action !== undefined
      ? actions.find(([name]) => name === stage.action)
      : actions.length === 1
        ? actions[0]
        : actions.find(([, action]) =>
            stage.decisions.some(({ choice }) => Object.hasOwn(action.decisions, choice)),
          );
  return chosen ? [chosen[0] as StageAction, chosen[1]] : null;
}

/**
 * What a stage does: its `action` where it names one, else the action of its agent that can give one of the
 * decisions the stage declares. `null` where the agent has no such action.
 */
export function actionOf(stage: Stage): StageAction | null {
  return declarationOf(stage)?.[0] ?? null;
}

/** The actions an agent can do, for messages. */
export function actionNames(agent: AgentName): string[] {
  return actionsOf(agent).map(([name]) => name);
}

/** Whether the stage changes anything on the host. An unknown stage is taken to. */
export function mutates(stage: Stage): boolean {
  return declarationOf(stage)?.[1].mutates ?? true;
}

/** Whether the stage is decided by a word that only it declares: then no yes or no of an executor names it. */
export function choosesOwnWords(stage: Stage): boolean {
  return declarationOf(stage)?.[1].ownWords ?? false;
}

/** What a decision of this stage means where the run ends on it. */
export function polarityOf(stage: Stage, decision: string): Polarity {
  return knownPolarity(stage, decision) ?? 'positive';
}

/**
 * The declared decision of this stage that has the polarity: how an executor's yes or no becomes a choice. Only
 * one that its action knows: no guess is made about what another word means.
 */
export function decisionFor(stage: Stage, polarity: Polarity): string | null {
  return stage.decisions.find(({ choice }) => knownPolarity(stage, choice) === polarity)?.choice ?? null;
}

function knownPolarity(stage: Stage, decision: string): Polarity | undefined {
  const decisions = declarationOf(stage)?.[1].decisions ?? {};
  return Object.hasOwn(decisions, decision) ? decisions[decision] : undefined;
}
