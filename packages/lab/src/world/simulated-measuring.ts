import type { MeasuringSystem, OpenMeasuringSystem } from '@revtr/controller';
import { defaultPlan, type EngineCollaborators, ReverseTracerouteEngine, SIMULATED_ASSUMPTIONS } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/**
 * A measuring system for a controller whose sources and vantage points are simulated. They are always available, and no
 * agent connects to the controller.
 */
export function simulatedMeasuring(
  network: EngineCollaborators,
  vantagePoints: readonly Ipv4Address[],
  sources: readonly Ipv4Address[],
): OpenMeasuringSystem {
  const system: MeasuringSystem = {
    engine: new ReverseTracerouteEngine({ plan: defaultPlan, assumptions: SIMULATED_ASSUMPTIONS }, network),
    network,
    learnedRanking: undefined,
    rootCertificate: undefined,
    vantagePoints: () => vantagePoints,
    sources: () => sources,
    sessionOf: () => undefined,
    expel: () => undefined,
    publishOptOut: () => undefined,
    start: () => Promise.resolve(),
    settled: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  return () => Promise.resolve(system);
}
