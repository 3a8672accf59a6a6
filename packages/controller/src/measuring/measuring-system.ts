import type { EngineCollaborators, IngressRanking, ReverseTracerouteEngine } from '@revtr/engine';
import type { AgentSession } from '@revtr/link';
import type { Ipv4Address } from '@revtr/net';
import type { TargetPolicy } from '@revtr/probing';
import type { Logger } from 'pino';
import type { AgentDirectory } from '../agents/directory.ts';
import type { PublishedOptOuts } from '../agents/published-opt-outs.ts';
import type { Metrics } from '../foundation/metrics.ts';

/** What reverse traceroutes are measured with: agents on the Internet, or a simulated one. */
export interface MeasuringSystem {
  readonly engine: ReverseTracerouteEngine;
  /** What the engine itself works with. */
  readonly network: EngineCollaborators;
  /** The ranking of vantage points, where it learns for the next start as well. */
  readonly learnedRanking: IngressRanking | undefined;
  /** PEM of the certificate that agents need; `undefined` where no agents connect. */
  readonly rootCertificate: string | undefined;
  /** Vantage points that can be used now. */
  vantagePoints(): readonly Ipv4Address[];
  /** Sources that are ready, and can be measured to now. */
  sources(): readonly Ipv4Address[];
  /** The session of an agent that is connected. */
  sessionOf(address: Ipv4Address): AgentSession | undefined;
  /** Ends an agent's session, for instance because its host has withdrawn it. */
  expel(address: Ipv4Address, reason: string): void;
  /** Gives agents the current list of those who want no probes. */
  publishOptOut(): void;
  start(): Promise<void>;
  /** Resolves when measuring can begin. */
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
  /** Told when an agent begins a session. */
  readonly onJoined: (address: Ipv4Address) => void;
  /** Told when an agent that had a certificate was given another. */
  readonly onReplaced: (address: Ipv4Address) => void;
}
export type OpenMeasuringSystem = (parts: MeasuringParts) => Promise<MeasuringSystem>;
