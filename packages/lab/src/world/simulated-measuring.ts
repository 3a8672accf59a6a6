import { ConnectedAgents, type OpenMeasuringSystem } from '@revtr/controller';
import { defaultPlan, type EngineCollaborators, ReverseTracerouteEngine, SIMULATED_ASSUMPTIONS } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/**
 * A measuring system for a controller whose sources and vantage points are simulated. They are always available, and no
 * agent connects to the controller. Without `isGuarded`, no safety rule sees their probes, so that a benchmark can tell what the rules cost.
 */
export function simulatedMeasuring(
  unguarded: EngineCollaborators,
  vantagePoints: readonly Ipv4Address[],
  sources: readonly Ipv4Address[],
  isGuarded: boolean,
): OpenMeasuringSystem {
  return async ({ directory, guarded, withTechnique, calibration }) => {
    const engineParts = {
      ...unguarded,
      ...(isGuarded && { prober: guarded(unguarded.prober), withTechnique }),
      calibration,
    };
    return {
      engine: new ReverseTracerouteEngine({ plan: defaultPlan, assumptions: SIMULATED_ASSUMPTIONS }, engineParts),
      engineParts,
      learnedRanking: undefined,
      rootCertificate: undefined,
      vantagePoints: () => vantagePoints,
      sources: () => sources,
      connected: new ConnectedAgents({ directory, sessionOf: () => undefined }),
      expel: () => undefined,
      publishOptOut: () => undefined,
      start: () => Promise.resolve(),
      settled: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    };
  };
}
