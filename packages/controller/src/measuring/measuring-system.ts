import type {
  Calibration,
  EngineCollaborators,
  IngressRanking,
  ReverseTracerouteEngine,
  WithTechnique,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { Clock, Prober, TargetPolicy } from '@revtr/probing';
import type { Tracing } from '@revtr/tracing';
import type { Logger } from 'pino';
import type { AgentEvents } from '../agents/agent-events.ts';
import type { ConnectedAgents } from '../agents/connected-agents.ts';
import type { AgentDirectory } from '../agents/directory.ts';
import type { AuditEvents } from '../audit/audit-events.ts';
import type { ClusterParts } from '../cluster/cluster-parts.ts';
import type { Metrics } from '../foundation/metrics.ts';
import type { PublishedOptOuts } from '../opt-outs/published-opt-outs.ts';
import type { KillSwitches } from '../safety/kill-switches.ts';

/** What reverse traceroutes are measured with: agents on the Internet, or a simulated one. */
export interface MeasuringSystem {
  readonly engine: ReverseTracerouteEngine;
  /** What the engine is built on: prober, clock, atlas, ranking and facts. */
  readonly engineParts: EngineCollaborators;
  /** The ranking of vantage points, where it learns for the next start as well. */
  readonly learnedRanking: IngressRanking | undefined;
  /** PEM of the certificate that agents need; `undefined` where no agents connect, or while no gateway is known. */
  readonly rootCertificate: string | undefined;
  /** Vantage points that can be used now. */
  vantagePoints(): readonly Ipv4Address[];
  /** Sources that are ready and connected. */
  sources(): readonly Ipv4Address[];
  readonly connected: ConnectedAgents;
  /**
   * How much longer probes take inside the system than on an idle one, milliseconds; `undefined` while that is not known. Absent where probes
   * do not leave this process.
   */
  readonly delayMs?: () => number | undefined;
  /** Ends the session of an agent, for instance because its owner has withdrawn it. */
  expel(address: Ipv4Address, reason: string): void;
  /** Sends the current opt-out list to the connected agents. */
  publishOptOut(): void;
  start(): Promise<void>;
  /** Resolves when the agents that were ready before a restart are connected again, after 20 seconds, or when `signal` fires. */
  settled(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** What a measuring system is built on. */
export interface MeasuringParts {
  readonly directory: AgentDirectory;
  readonly optOuts: PublishedOptOuts;
  readonly targetPolicy: TargetPolicy;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly events: AgentEvents;
  readonly switches: KillSwitches;
  /** Puts the safety rules in front of a prober; every prober that sends real probes must be wrapped. */
  readonly guarded: (prober: Prober) => Prober;
  /** Addresses that answer pings, configured by the operator. Hosts ping them to learn whether they are online. */
  readonly testTargets: readonly Ipv4Address[];
  /** For the engine: tells the safety rules which technique sends a probe. */
  readonly withTechnique: WithTechnique;
  /** For the engine: how much each kind of hop is believed. */
  readonly calibration: Calibration;
  /** Told of refused agents and forged replies. */
  readonly auditEvents: Pick<AuditEvents, 'count'>;
  readonly clock: Clock;
  readonly cluster: ClusterParts;
  readonly tracing: Tracing;
}
/** Opens what the controller measures with. It works after `start` only. */
export type OpenMeasuringSystem = (parts: MeasuringParts) => Promise<MeasuringSystem>;
