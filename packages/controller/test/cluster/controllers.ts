import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus, InProcessExchange, InProcessTransport } from '@revtr/bus';
import { DatasetStore, DatasetUpdater } from '@revtr/datasets';
import { AliasSets, Atlas, DistanceRanking, defaultPlan, NO_RELATIONS, ReverseTracerouteEngine } from '@revtr/engine';
import { AgentSession } from '@revtr/link';
import type { Ipv4Address } from '@revtr/net';
import { cancelled, type Prober, TargetPolicy } from '@revtr/probing';
import type { Database } from '@revtr/storage';
import { pino } from 'pino';
import type { AgentEvents } from '../../src/agents/agent-events.ts';
import { ConnectedAgents } from '../../src/agents/connected-agents.ts';
import type { Role } from '../../src/cluster/roles.ts';
import { Controller } from '../../src/composition/controller.ts';
import { InternetKnowledge } from '../../src/facts/internet-knowledge.ts';
import type { OpenMeasuringSystem } from '../../src/measuring/measuring-system.ts';
import { DEFAULT_SAFETY } from '../../src/safety/settings.ts';
import { DEFAULT_LIFE_CYCLE, DEFAULT_USER_LIMITS } from '../../src/settings/defaults.ts';
import type { ManualClock } from '../manual-clock.ts';

/** A controller process whose probes nobody answers. */
export interface ControllerProcess {
  readonly id: string;
  readonly controller: Controller;
  readonly transport: InProcessTransport;
  /** While its value is true, this process has lost the database. */
  readonly isDatabaseLost: { value: boolean };
  /** Probes that wait for an answer, and those that were interrupted. */
  readonly probes: { waiting: number; interrupted: number };
  /** Hosts that can be measured from and to; none at first. */
  readonly hosts: { vantagePoints: readonly Ipv4Address[]; sources: readonly Ipv4Address[] };
  /** Says that an agent has connected. */
  joined(address: Ipv4Address): void;
  stop(): Promise<void>;
}

const OPTIONS = {
  listen: { host: '127.0.0.1', port: 0 },
  publicUrl: undefined,
  concurrency: 1,
  maxBatch: 1,
  newUserLimits: DEFAULT_USER_LIMITS,
  lifeCycle: DEFAULT_LIFE_CYCLE,
  audit: { directory: undefined, days: 1 },
  ripeAtlas: undefined,
  surveyProbesPerHour: 0,
  selfAudit: { perDay: 86_400, pairPauseMs: 0 },
  safety: DEFAULT_SAFETY,
};

/** Creates controllers that share a database and a bus. All of their agents are connected. */
export function controllers(
  database: () => Database,
  clock: ManualClock,
): (...roles: Role[]) => Promise<ControllerProcess> {
  const exchange = new InProcessExchange();
  return async (...roles) => {
    const transport = new InProcessTransport({ exchange });
    const bus = new Bus({}, { transport, clock, onProblem: () => undefined });
    const directory = await mkdtemp(join(tmpdir(), 'revtr-controllers-'));
    const store = new DatasetStore({ directory }, { clock });
    await store.open();
    const knowledge = new InternetKnowledge({ store });
    const updater = new DatasetUpdater({}, { store, fetch, clock, random: () => 0, onFailure: () => undefined });
    const isDatabaseLost = { value: false };
    const probes = { waiting: 0, interrupted: 0 };
    const hosts: ControllerProcess['hosts'] = { vantagePoints: [], sources: [] };
    const agents: { events: AgentEvents | undefined } = { events: undefined };
    const measuring: OpenMeasuringSystem = async (parts) => {
      agents.events = parts.events;
      const { aliases, ipToAs } = knowledge;
      const engineParts = {
        prober: parts.guarded(unanswered(probes)),
        clock,
        atlas: new Atlas({ aliases: new AliasSets(), ipToAs }),
        ranking: new DistanceRanking({ vantagePoints: [] }, { ipToAs }),
        ...{ aliases, ipToAs, relations: NO_RELATIONS, mayProbe: () => true },
      };
      return {
        engine: new ReverseTracerouteEngine({ plan: defaultPlan }, engineParts),
        engineParts,
        learnedRanking: undefined,
        rootCertificate: undefined,
        vantagePoints: () => hosts.vantagePoints,
        sources: () => hosts.sources,
        connected: new ConnectedAgents({ directory: parts.directory, sessionOf }),
        expel: () => undefined,
        publishOptOut: () => undefined,
        start: () => Promise.resolve(),
        settled: () => Promise.resolve(),
        stop: () => Promise.resolve(),
      };
    };
    const controller = await Controller.create(OPTIONS, {
      database: losable(database(), isDatabaseLost),
      measuring,
      facts: {
        ...{ ipToAs: knowledge.ipToAs, relations: NO_RELATIONS, knowsAllRoutes: false },
        asName: () => undefined,
        nameOf: () => Promise.resolve(undefined),
        resolve: () => Promise.resolve([]),
      },
      datasets: { store, updater, knowledge },
      targetPolicy: new TargetPolicy(),
      clock,
      log: pino({ level: 'silent' }),
      cluster: { roles: new Set(roles), isShared: true, bus },
    });
    return {
      ...{ id: bus.id, controller, transport, isDatabaseLost, probes, hosts },
      joined: (address) => agents.events?.joined(address),
      stop: async () => {
        await controller.stop();
        await rm(directory, { recursive: true });
      },
    };
  };
}

function sessionOf(address: Ipv4Address): AgentSession {
  const session = new AgentSession({
    address,
    profile: { software: 'test', window: 1, senderOnly: false, selfTests: [] },
  });
  session.attach(() => undefined, new Set());
  return session;
}

/** A prober whose probes wait until they are interrupted. */
function unanswered(probes: ControllerProcess['probes']): Prober {
  const wait = (signal?: AbortSignal): Promise<never> => {
    probes.waiting++;
    return new Promise((_, reject) => {
      const interrupt = (): void => {
        probes.waiting--;
        probes.interrupted++;
        reject(cancelled());
      };
      signal?.addEventListener('abort', interrupt, { once: true });
    });
  };
  return { ping: (_, signal) => wait(signal), traceroute: (_, signal) => wait(signal) };
}

/** The database as one process sees it, which can lose it alone. */
function losable(database: Database, isLost: { readonly value: boolean }): Database {
  const plugin: Parameters<Database['db']['withPlugin']>[0] = {
    transformQuery: ({ node }) => {
      if (isLost.value) throw new Error('the database is away');
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    db: database.db.withPlugin(plugin),
    isExclusive: false,
    ping: () => database.ping(),
    close: () => Promise.resolve(),
  };
}
