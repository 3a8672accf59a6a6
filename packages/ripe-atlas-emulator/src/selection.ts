import { parsePrefix, prefixContains } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimulatedProbe } from '@revtr/sim';
import type { ProbesRequest } from './creation.ts';

/** Regions of the simulated Internet in each area of RIPE Atlas. */
const AREAS: Readonly<Record<string, readonly string[]>> = {
  WW: ['EU', 'NA', 'SA', 'AS', 'AF', 'OC'],
  West: ['NA', 'SA'],
  'North-Central': ['EU'],
  'South-Central': ['AF'],
  'North-East': ['AS'],
  'South-East': ['OC'],
};

/** Selects connected probes at random that match the requests. No probe is selected twice. Returns fewer if not enough match. */
export function selectProbes(
  requests: readonly ProbesRequest[],
  probes: readonly SimulatedProbe[],
  participantsOf: (measurement: number) => readonly number[],
  random: Random,
): SimulatedProbe[] {
  const chosen = new Map<number, SimulatedProbe>();
  for (const request of requests) {
    const matching = probes.filter((probe) => probe.isConnected && fits(probe, request, participantsOf));
    const wanted = request.requested < 0 ? matching.length : request.requested;
    const fresh = matching.filter(({ id }) => !chosen.has(id));
    for (const probe of random.shuffle(fresh).slice(0, wanted)) chosen.set(probe.id, probe);
  }
  return [...chosen.values()];
}

function fits(
  probe: SimulatedProbe,
  { type, value, tags }: ProbesRequest,
  participantsOf: (measurement: number) => readonly number[],
): boolean {
  if (tags?.exclude.includes('system-anchor') && probe.isAnchor) return false;
  if (tags?.include.includes('system-anchor') && !probe.isAnchor) return false;
  if (type === 'probes') return value.split(',').includes(String(probe.id));
  if (type === 'asn') return probe.asn === Number(value);
  if (type === 'country') return probe.city.country === value.toUpperCase();
  if (type === 'prefix') return prefixContains(parsePrefix(value), probe.address);
  if (type === 'msm') return participantsOf(Number(value)).includes(probe.id);
  return (AREAS[value] ?? []).includes(probe.city.region);
}
