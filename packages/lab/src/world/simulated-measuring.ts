import { ConnectedAgents, type OpenMeasuringSystem } from '@revtr/controller';
import {
  type AssumptionConfidence,
  defaultPlan,
  type EngineCollaborators,
  ReverseTracerouteEngine,
  SIMULATED_ASSUMPTIONS,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { SimulatedAgents } from './simulated-agents.ts';

/** Hosts that measure. */
export interface MeasuringHosts {
  readonly vantagePoints: readonly Ipv4Address[];
  readonly sources: readonly Ipv4Address[];
  /**
   * Hosts whose simulated agents connect when they are registered. They are sources and vantage points while they are ready, and the two
   * lists are not used. Default: none; sources and vantage points are always available, and no agent connects.
   */
  readonly agents?: readonly Ipv4Address[] | undefined;
  /** Receives the simulated agents, which can leave and return. Default: nobody does. */
  readonly onAgents?: (agents: SimulatedAgents) => void;
  /** Probabilities of hops that no probe shows. Default: those of profile `kind`. */
  readonly assumptions?: AssumptionConfidence;
}

/**
 * A measuring system for a controller whose sources and vantage points are simulated. Without `isGuarded`, no safety rule sees their
 * probes, so that a benchmark can tell what the rules cost.
 */
export function simulatedMeasuring(
  unguarded: EngineCollaborators,
  hosts: MeasuringHosts,
  isGuarded: boolean,
): OpenMeasuringSystem {
  return async ({ directory, events, guarded, withTechnique, calibration, clock }) => {
    const { assumptions = SIMULATED_ASSUMPTIONS } = hosts;
    const engineParts = {
      ...unguarded,
      ...(isGuarded && { prober: guarded(unguarded.prober), withTechnique }),
      calibration,
    };
    const agents = hosts.agents && new SimulatedAgents({ hosts: hosts.agents }, { directory, events, clock });
    if (agents !== undefined) hosts.onAgents?.(agents);
    const connected = agents?.connected ?? new ConnectedAgents({ directory, sessionOf: () => undefined });
    const ready = (kind: 'source' | 'vantagePoint') => connected.ready(kind).map(({ address }) => address);
    return {
      engine: new ReverseTracerouteEngine({ plan: defaultPlan, assumptions }, engineParts),
      engineParts,
      learnedRanking: undefined,
      rootCertificate: undefined,
      vantagePoints: () => (agents === undefined ? hosts.vantagePoints : ready('vantagePoint')),
      sources: () => (agents === undefined ? hosts.sources : ready('source')),
      connected,
      expel: (address) => agents?.expel(address),
      publishOptOut: () => undefined,
      start: async () => agents?.start(),
      settled: () => Promise.resolve(),
      stop: async () => agents?.stop(),
    };
  };
}
