import { Resolver } from 'node:dns/promises';
import type { Aliases, IpToAs, Relations } from '@revtr/engine';
import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { AddressFacts, Positions } from './address-facts.ts';
import { CachedLookups } from './cached-lookups.ts';
import type { InternetKnowledge } from './internet-knowledge.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Each query is sent twice at most, and each time waits this long, milliseconds. */
const QUERY = { timeout: 1_000, tries: 2 };
/** A single answer starts at most `mostWaiting` + `concurrency` reverse look-ups: a large batch shows names only for known hops. */
const REVERSE = {
  concurrency: 32,
  mostWaiting: 96,
  timeoutMs: 2_000,
  keepMs: 4 * HOUR_MS,
  keepMissMs: HOUR_MS,
  capacity: 50_000,
};
const FORWARD = {
  concurrency: 32,
  mostWaiting: 10_000,
  timeoutMs: 2_000,
  keepMs: 5 * MINUTE_MS,
  keepMissMs: MINUTE_MS,
  capacity: 50_000,
};

/** The two DNS queries that are used, as in `node:dns/promises`. */
export interface NameServer {
  /** Addresses of a host name, dotted quads. */
  resolve4(name: string): Promise<string[]>;
  /** Host names of an address, a dotted quad. */
  reverse(address: string): Promise<string[]>;
}

/** Facts about addresses of the Internet, from datasets and DNS. */
export class LiveFacts implements AddressFacts {
  readonly #knowledge: InternetKnowledge;
  readonly #names: CachedLookups<Ipv4Address, string>;
  readonly #addresses: CachedLookups<string, readonly Ipv4Address[]>;

  constructor(
    knowledge: InternetKnowledge,
    {
      clock,
      dns = new Resolver(QUERY),
    }: { readonly clock: Clock /** Default: the resolver of this machine. */; readonly dns?: NameServer },
  ) {
    this.#knowledge = knowledge;
    this.#names = new CachedLookups(REVERSE, {
      clock,
      lookUp: async (address) => (await dns.reverse(formatIpv4(address)))[0],
    });
    this.#addresses = new CachedLookups(FORWARD, {
      clock,
      lookUp: async (name) => {
        const addresses = (await dns.resolve4(name)).map(tryParseIpv4).filter((address) => address !== undefined);
        return addresses.length > 0 ? addresses : undefined;
      },
    });
  }

  get ipToAs(): IpToAs {
    return this.#knowledge.ipToAs;
  }

  get aliases(): Aliases {
    return this.#knowledge.aliases;
  }

  get relations(): Relations {
    return this.#knowledge.relations;
  }

  get knowsAllRoutes(): boolean {
    return this.#knowledge.knowsAllRoutes;
  }

  get positions(): Positions | undefined {
    const { geolocation } = this.#knowledge;
    if (geolocation === undefined) return undefined;
    return { source: geolocation.title, positionOf: (address) => geolocation.positionOf(address) };
  }

  asName(asn: number): string | undefined {
    return this.#knowledge.network(asn)?.name;
  }

  nameOf(address: Ipv4Address): Promise<string | undefined> {
    return this.#names.get(address);
  }

  async resolve(name: string): Promise<readonly Ipv4Address[]> {
    return (await this.#addresses.get(name.toLowerCase().replace(/\.$/, ''))) ?? [];
  }
}
