import { formatIpv4, formatPrefix, type Ipv4Address } from '@revtr/net';
import type { City } from '../topology/cities.ts';
import type { Topology } from '../topology/topology.ts';
import type { Place } from './places.ts';

/** A simulated RIPE Atlas probe. */
export interface SimulatedProbe {
  readonly id: number;
  readonly address: Ipv4Address;
  readonly asn: number;
  readonly prefix: string;
  readonly city: City;
  readonly isAnchor: boolean;
  readonly isConnected: boolean;
}

const FIRST_ID = 6_001;
/** Of ten probes one is an anchor, and of twenty one is not connected. */
const ANCHOR_EVERY = 10;
const DISCONNECTED_EVERY = 20;

/** Creates one RIPE Atlas probe for each place. */
export function simulatedProbes(places: readonly Place[], topology: Topology): SimulatedProbe[] {
  return places.map(({ address, asn, city }, i): SimulatedProbe => {
    const index = topology.networkOf.lookup(address);
    return {
      id: FIRST_ID + i,
      address,
      asn,
      prefix: index >= 0 ? formatPrefix(topology.networks.blocks[index]) : '',
      city,
      isAnchor: i % ANCHOR_EVERY === 0,
      isConnected: i % DISCONNECTED_EVERY !== DISCONNECTED_EVERY - 1,
    };
  });
}

/** Formats a probe as the RIPE Atlas API lists it. */
export function probeJson(probe: SimulatedProbe): Record<string, unknown> {
  const { id, address, asn, prefix, city, isAnchor, isConnected } = probe;
  return {
    id,
    address_v4: formatIpv4(address),
    address_v6: null,
    asn_v4: asn,
    asn_v6: null,
    prefix_v4: prefix,
    prefix_v6: null,
    country_code: city.country,
    description: `Probe ${id}`,
    first_connected: 1_400_000_000,
    last_connected: 1_700_000_000,
    geometry: { type: 'Point', coordinates: [city.longitude, city.latitude] },
    is_anchor: isAnchor,
    is_public: true,
    status: isConnected
      ? { id: 1, name: 'Connected', since: '2024-01-01T00:00:00Z' }
      : { id: 2, name: 'Disconnected', since: '2024-01-01T00:00:00Z' },
    status_since: 1_700_000_000,
    total_uptime: 1,
    tags: [{ name: 'system: IPv4 Works', slug: 'system-ipv4-works' }],
    type: 'Probe',
  };
}
