import { destinationOf, type Ipv4Address, sourceOf } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import type { Timeline } from '../routing/timeline.ts';
import { Balance, type Topology } from '../topology/topology.ts';
import type { Transit } from './transit.ts';
import { tailBehind } from './tunnels.ts';

/** Chooses the way of each packet at a router. */
export class Balancer {
  readonly #topology: Topology;
  readonly #timeline: Timeline;
  #packetSerial = 0;

  constructor(topology: Topology, timeline: Timeline) {
    this.#topology = topology;
    this.#timeline = timeline;
  }

  /** Returns the interface by which the packet leaves, `TO_HOST` or `NOWHERE`. Keeps the tail of its tunnel up to date. */
  choose(transit: Transit): number {
    const { router, atMs } = transit;
    const routing = this.#timeline.at(atMs);
    transit.tail = tailBehind(this.#topology, routing, transit);
    const to = transit.tail ?? transit.to;
    const out = routing.nextInterface(router, to);
    const balance = this.#topology.routers.balance[router];
    if (balance === Balance.none || out < 0) return out;
    const other = routing.alternative(router, to);
    if (other < 0) return out;
    return (hash32(this.#keyOf(transit, balance), router) & 1) === 0 ? out : other;
  }

  #keyOf({ packet, router, flow, hasOptions }: Transit, balance: number): number {
    const byAddress = hasOptions && this.#topology.routers.balancesOptionsByAddress[router] === 1;
    if (byAddress || balance === Balance.perAddresses) return addressKey(sourceOf(packet, 0), destinationOf(packet, 0));
    return balance === Balance.perFlow ? flow : this.#packetSerial++;
  }
}

/** What a router that balances by addresses hashes. */
export const addressKey = (source: Ipv4Address, destination: Ipv4Address): number => hash32(source, destination);
