import type { Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import { type Destination, TO_HOST } from '../routing/routing.ts';
import { gatewayOf, routerOf, SecondStamp, Stamp, type Topology } from '../topology/topology.ts';
import { stamp } from './options.ts';
import { sharedPrivateOf } from './shared-private.ts';
import type { Transit } from './transit.ts';

/** Writes into the options of packets what the routers that forward them write. */
export class Stamper {
  readonly #topology: Topology;
  readonly #privatePool: number;

  /** `privatePool`: number of private addresses that unrelated routers share. */
  constructor(topology: Topology, privatePool: number) {
    this.#topology = topology;
    this.#privatePool = privatePool;
  }

  /** Stamps a packet that leaves its router by interface `out`. */
  stampAt({ packet, router, incoming, to, atMs }: Transit, out: number): void {
    const { routers, interfaces } = this.#topology;
    const address = this.#addressOf(routers.stamp[router], router, incoming, out, to);
    if (address === undefined) return;
    const isOwn = (asked: Ipv4Address): boolean => routerOf(this.#topology, asked) === router;
    stamp(packet, address, isOwn, atMs);
    const second = routers.secondStamp[router];
    if (second === SecondStamp.same) stamp(packet, address, isOwn, atMs);
    else if (second === SecondStamp.ingress && incoming >= 0 && interfaces.address[incoming] !== address) {
      stamp(packet, interfaces.address[incoming], isOwn, atMs);
    }
  }

  #addressOf(kind: number, router: number, incoming: number, out: number, to: Destination): Ipv4Address | undefined {
    const { routers, interfaces, hostPrefixOf } = this.#topology;
    switch (kind) {
      case Stamp.egress:
        if (out !== TO_HOST) return interfaces.address[out];
        // The other sites of an anycast prefix have no address in it.
        return router === to.router
          ? gatewayOf(this.#topology, hostPrefixOf.lookup(to.address))
          : routers.loopback[router];
      case Stamp.ingress:
        return incoming >= 0 ? interfaces.address[incoming] : routers.loopback[router];
      case Stamp.loopback:
        return routers.loopback[router];
      case Stamp.private:
      case Stamp.sharedPrivate:
        return privateStampOf(kind, router, this.#privatePool);
      case Stamp.byDirection: {
        const direction = (hash32(router, incoming) & 1) === 0 ? Stamp.egress : Stamp.ingress;
        return this.#addressOf(direction, router, incoming, out, to);
      }
      default:
        return undefined;
    }
  }
}

/** The private address that a router of kind `kind` ({@link Stamp}) stamps; `undefined` if it stamps a public one or none. */
export function privateStampOf(kind: number, router: number, privatePool: number): Ipv4Address | undefined {
  if (kind === Stamp.private) return (0x0a000000 | (router & 0xffffff)) >>> 0;
  return kind === Stamp.sharedPrivate ? sharedPrivateOf(router, privatePool) : undefined;
}
