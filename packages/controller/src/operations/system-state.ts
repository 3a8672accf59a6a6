import type { DatasetStatus } from '@revtr/datasets';
import type { Clock } from '@revtr/probing';
import type { AgentState, AtlasRuns, KillSwitchScope, Mails, QueueState } from '@revtr/storage';
import type { RegisteredAgent } from '../agents/directory.ts';
import { ROLES, type Role } from '../cluster/roles.ts';

/** What an operator looks at first. Times are milliseconds since the Unix epoch. */
export interface SystemState {
  readonly at: number;
  /** Since when this process works. */
  readonly startedAt: number;
  /** Measurements that have not ended, in all processes together. */
  readonly queue: { readonly queued: number; readonly running: number; readonly oldestAt: number | undefined };
  /** Raw probes that have not ended, in all processes together. */
  readonly rawProbes: { readonly queued: number; readonly running: number; readonly oldestAt: number | undefined };
  /** Mails that were not sent: how many, how many of them failed before, and since when the oldest one waits. */
  readonly mails: { readonly waiting: number; readonly failing: number; readonly oldestAt: number | undefined };
  /** Number of agents by kind and state; combinations without an agent are absent. */
  readonly agents: readonly {
    readonly kind: RegisteredAgent['kind'];
    readonly state: AgentState;
    readonly count: number;
  }[];
  readonly datasets: readonly {
    readonly kind: string;
    readonly importedAt: number | undefined;
    readonly hasFailed: boolean;
  }[];
  /** Credits of RIPE Atlas that the system spent in the last 24 hours, by purpose. */
  readonly ripeAtlasCredits: { readonly refresh: number; readonly onDemand: number };
  /** Running processes of a cluster by role, also roles without one; empty where the process is alone. */
  readonly processes: readonly { readonly role: Role; readonly count: number }[];
  /** Number of kill switches that are set, by scope; scopes without one are absent. */
  readonly killSwitches: readonly { readonly scope: KillSwitchScope; readonly count: number }[];
}

/** What a process knows without the database. */
export type KnownState = Pick<SystemState, 'at' | 'startedAt' | 'agents' | 'datasets' | 'processes' | 'killSwitches'>;

export interface StateReaderCollaborators {
  readonly queue: Pick<QueueState, 'totals' | 'rawProbes'>;
  readonly mails: Pick<Mails, 'backlog'>;
  readonly directory: { list(): readonly Pick<RegisteredAgent, 'kind' | 'state'>[] };
  readonly datasets: { status(): readonly DatasetStatus[] };
  readonly runs: Pick<AtlasRuns, 'paidSince'>;
  readonly switches: { list(): readonly { readonly scope: KillSwitchScope }[] };
  /** Number of running processes with a role; `undefined` where the process is alone. */
  readonly processesWith: ((role: Role) => number) | undefined;
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;
/** Anybody may read the metrics. The database is therefore not asked for every request. */
const KEEP_MS = 5_000;

/** Reads the state of the system, from the database at most every five seconds. */
export class StateReader {
  readonly #collaborators: StateReaderCollaborators;
  readonly #startedAt: number;
  #kept: { readonly state: Promise<SystemState>; readonly until: number } | undefined;

  constructor(collaborators: StateReaderCollaborators) {
    this.#collaborators = collaborators;
    this.#startedAt = collaborators.clock.now();
  }

  /** The state, at most five seconds old. @throws when the database does not answer */
  read(): Promise<SystemState> {
    const now = this.#collaborators.clock.now();
    if (this.#kept === undefined || this.#kept.until < now) {
      // A failure is kept as well: every metric asks, and the database would be asked by each of them.
      this.#kept = { state: this.#read(now), until: now + KEEP_MS };
    }
    return this.#kept.state;
  }

  /** What this process knows, also while the database does not answer. */
  known(): KnownState {
    const { clock, directory, datasets, switches, processesWith } = this.#collaborators;
    const agents = Map.groupBy(directory.list(), ({ kind, state }) => `${kind} ${state}`);
    const scopes = Map.groupBy(switches.list(), ({ scope }) => scope);
    return {
      at: clock.now(),
      startedAt: this.#startedAt,
      agents: [...agents.values()].map((alike) => ({
        kind: alike[0].kind,
        state: alike[0].state,
        count: alike.length,
      })),
      datasets: datasets.status().map(({ kind, current, failure }) => ({
        kind,
        importedAt: current === undefined ? undefined : Date.parse(current.importedAt),
        hasFailed: failure !== undefined,
      })),
      processes: processesWith === undefined ? [] : ROLES.map((role) => ({ role, count: processesWith(role) })),
      killSwitches: [...scopes].map(([scope, set]) => ({ scope, count: set.length })),
    };
  }

  async #read(at: number): Promise<SystemState> {
    const { queue, mails, runs } = this.#collaborators;
    const since = new Date(at - DAY_MS);
    const [totals, raw, backlog, refresh, onDemand] = await Promise.all([
      queue.totals(),
      queue.rawProbes(),
      mails.backlog(),
      runs.paidSince('refresh', since),
      runs.paidSince('onDemand', since),
    ]);
    return {
      ...this.known(),
      at,
      queue: { queued: totals.queued, running: totals.running, oldestAt: totals.oldest?.getTime() },
      rawProbes: { queued: raw.queued, running: raw.running, oldestAt: raw.oldest?.getTime() },
      mails: { waiting: backlog.waiting, failing: backlog.failing, oldestAt: backlog.oldest?.getTime() },
      ripeAtlasCredits: { refresh: refresh.credits, onDemand: onDemand.credits },
    };
  }
}
