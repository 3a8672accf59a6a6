import type { MeasuringSystem, OpenMeasuringSystem } from '@revtr/controller';
import { defaultPlan, type EngineCollaborators, ReverseTracerouteEngine, SIMULATED_ASSUMPTIONS } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/** A measuring system whose hosts are always there, because they are simulated: no agent ever connects. */
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
