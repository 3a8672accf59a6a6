import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';

/** How probes saw an address of a router. */
export interface Sighting {
  readonly address: Ipv4Address;
  /** Address seen at the other end of the link of `address`; `undefined` if that router was silent. */
  readonly linked: Ipv4Address | undefined;
  /** Address seen on the other side of the router, on another link; `undefined` if that router was silent, or the path ends there. */
  readonly beyond: Ipv4Address | undefined;
}

/** Different sightings that are kept of one router: more of them say nothing new. */
const MOST_SIGHTINGS = 48;

/** Routers of traceroutes and of Record Route answers, with the addresses seen beside them. Addresses that identify no router are silent. */
export class ObservedRouters {
  readonly #aliases: Aliases;
  readonly #capacity: number;
  readonly #sightings = new Map<number, Sighting[]>();
  readonly #hosts = new Set<number>();

  constructor(
    aliases: Aliases,
    { capacity }: { /** Most routers kept; further ones are ignored. */ readonly capacity: number },
  ) {
    this.#aliases = aliases;
    this.#capacity = capacity;
  }

  /** Number of routers. */
  get size(): number {
    return this.#sightings.size;
  }

  /** A hop of a traceroute: it shows the address by which packets enter the router, on the link from the hop before. */
  addTraced(before: Ipv4Address | undefined, address: Ipv4Address, behind: Ipv4Address | undefined): void {
    this.#add({ address, linked: this.#identified(before), beyond: this.#identified(behind) });
  }

  /** A Record Route stamp: it is the address by which packets leave the router, on the link to the router that stamped next. */
  addStamp(before: Ipv4Address | undefined, address: Ipv4Address, behind: Ipv4Address | undefined): void {
    this.#add({ address, linked: this.#identified(behind), beyond: this.#identified(before) });
  }

  /** A host, whose network is known: it is the origin of its address. */
  addHost(address: Ipv4Address): void {
    const key = this.#aliases.routerKey(address);
    if (key !== undefined && this.#hosts.size < this.#capacity) this.#hosts.add(key);
  }

  /** Every router that is no host, by its key ({@link Aliases.routerKey}). */
  *routers(): Generator<readonly [key: number, sightings: readonly Sighting[]]> {
    for (const entry of this.#sightings) if (!this.#hosts.has(entry[0])) yield entry;
  }

  #identified(address: Ipv4Address | undefined): Ipv4Address | undefined {
    return address === undefined || this.#aliases.routerKey(address) === undefined ? undefined : address;
  }

  #add(sighting: Sighting): void {
    const key = this.#aliases.routerKey(sighting.address);
    if (key === undefined) return;
    const known = this.#sightings.get(key);
    if (known === undefined) {
      if (this.#sightings.size < this.#capacity) this.#sightings.set(key, [sighting]);
    } else if (known.length < MOST_SIGHTINGS && !known.some((other) => isSame(other, sighting))) known.push(sighting);
  }
}

const isSame = (a: Sighting, b: Sighting): boolean =>
  a.address === b.address && a.linked === b.linked && a.beyond === b.beyond;
