import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { IngressRanking } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Place, type SimulatedInternet, simParameters } from '@revtr/sim';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { SimulatedAgents } from '../../world/simulated-agents.ts';
import { openSimulatedDatasets } from '../../world/simulated-datasets.ts';
import { simulatedFacts } from '../../world/simulated-facts.ts';
import { simulatedMeasuring } from '../../world/simulated-measuring.ts';
import { SimulatedWorld } from '../../world/simulated-world.ts';
import { type System, startSystem } from '../../world/system.ts';
import { WIDE_BUDGETS } from '../../world/wide-budgets.ts';
import { coarseClock } from './coarse-clock.ts';
import { Mailbox } from './mailbox.ts';
import { PacedTime } from './paced-time.ts';
import { DAY, RETENTION } from './retention.ts';
import type { Query } from './table-values.ts';

/** A controller on a simulated Internet, whose virtual time passes as fast as the machine allows. */
export interface WeekSystem {
  readonly internet: SimulatedInternet;
  readonly time: PacedTime;
  /** Client of an operator without limits. */
  readonly operator: ReverseTracerouteClient;
  readonly url: string;
  readonly mailbox: Mailbox;
  /** Sources of the operator, and hosts that may become sources; dotted quads. */
  readonly sources: readonly string[];
  readonly spares: readonly string[];
  readonly destinations: readonly string[];
  readonly vantagePoints: readonly Ipv4Address[];
  readonly query: Query;
  /** Those of the operator's sources that measure now; all of them when none does. */
  usableSources(): readonly string[];
  /** Disconnects the agent of a host, or lets it connect again. */
  leave(address: Ipv4Address): void;
  comeBack(address: Ipv4Address): void;
  stop(): Promise<void>;
}

const SOURCES = 3;
const STEP_MS = 60_000;
const SELF_AUDIT = { perDay: 96, pairPauseMs: 0 };
const WATCHES = { perUser: 5, historyDays: DAY, allowsInternalWebhooks: false };

/** Starts a controller with an embedded database in `directory`, and drives virtual time until it is stopped. */
export async function startWeekSystem(
  { directory, seed }: { readonly directory: string; readonly seed: number },
  log: Logger,
): Promise<WeekSystem> {
  const world = new SimulatedWorld({
    parameters: simParameters('small', seed, {}, 'published'),
    sources: SOURCES,
    atlas: 'none',
  });
  const { internet } = world;
  const { places, clock } = internet;
  const time = new PacedTime({ clock });
  const mailbox = new Mailbox();
  const datasets = await openSimulatedDatasets(internet, world.data);
  const network = await clock.drive(world.prepare(undefined, datasets.knowledge));
  const over = new AbortController();
  const driving = clock.runUntil(over.signal);
  const hosts = [...places.vantagePoints, ...places.sources].map(({ address }) => address);
  const { ranking } = network;
  let agents: SimulatedAgents | undefined;
  let ready = (): readonly Ipv4Address[] => [];
  let readySources = (): readonly Ipv4Address[] => [];
  const open = simulatedMeasuring(
    network,
    {
      vantagePoints: world.vantagePoints,
      sources: world.sources.map(({ address }) => address),
      assumptions: world.assumptions,
      agents: hosts,
      onAgents: (opened) => {
        agents = opened;
      },
    },
    true,
  );
  let system: System;
  try {
    system = await startSystem(
      {
        ...{ host: '127.0.0.1', port: 0, concurrency: 500, safety: WIDE_BUDGETS },
        database: join(directory, 'data'),
        audit: { directory: join(directory, 'audit'), days: DAY },
        ...{ resultDays: DAY, retention: RETENTION, selfAudit: SELF_AUDIT, watches: WATCHES },
        sources: world.sources.map(toHost),
        vantagePoints: places.vantagePoints.map(toHost),
        publicUrl: 'https://revtr.example',
      },
      {
        measuring: async (parts) => {
          const opened = await open(parts);
          ready = opened.vantagePoints;
          readySources = opened.sources;
          return { ...opened, learnedRanking: ranking instanceof IngressRanking ? ranking : undefined };
        },
        facts: simulatedFacts(internet, datasets.knowledge),
        datasets,
        targetPolicy: world.targetPolicy,
        clock: coarseClock({ stepMs: STEP_MS }, clock),
        sendMail: mailbox.receive,
        forDatabase: { sleep: (ms, signal) => clock.sleep(ms, signal), onStatement: time.holdFor },
        log,
      },
    );
  } catch (error) {
    over.abort();
    await driving;
    throw error;
  }
  const rank = (): void => {
    if (ranking instanceof IngressRanking) ranking.setVantagePoints(ready());
  };
  const used = new Set(world.sources.map(({ address }) => address));
  const sources = world.sources.map(({ address }) => formatIpv4(address));
  return {
    ...{ internet, time, mailbox, url: system.url, sources },
    operator: new ReverseTracerouteClient({ server: system.url, key: system.key }),
    spares: places.sources.filter(({ address }) => !used.has(address)).map(({ address }) => formatIpv4(address)),
    destinations: places.hitlist
      .filter((address) => world.ipToAs.originOf(address) !== undefined)
      .map((address) => formatIpv4(address)),
    vantagePoints: world.vantagePoints,
    query: async (statement) => (await sql.raw(statement).execute(system.database.db)).rows,
    usableSources: () => {
      const usable = new Set(readySources().map((address) => formatIpv4(address)));
      const found = sources.filter((source) => usable.has(source));
      return found.length > 0 ? found : sources;
    },
    leave: (address) => {
      agents?.leave(address);
      rank();
    },
    comeBack: (address) => agents?.comeBack(address),
    stop: async () => {
      await system.stop();
      over.abort();
      await driving;
      await datasets.remove();
    },
  };
}

const toHost = ({ address, hostname, site }: Place) => ({ address: formatIpv4(address), hostname, site });
