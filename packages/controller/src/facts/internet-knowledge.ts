import type { DatasetKind, DatasetStore, DatasetValues, Geolocation, NetworkName } from '@revtr/datasets';
import { type Aliases, AliasSets, type IpToAs, NO_RELATIONS, PrefixOrigins, type Relations } from '@revtr/engine';
import { type Ipv4Address, isGloballyReachable, type Prefix, PrefixTable, prefixContains } from '@revtr/net';
import type { RipeProbe } from '@revtr/ripe-atlas';

const ALIAS_KINDS: readonly DatasetKind[] = ['itdkNodes', 'midarSets'];

/**
 * The contents of the datasets. This object and its parts always use the current datasets, also after a dataset was replaced.
 */
export class InternetKnowledge {
  readonly ipToAs: IpToAs;
  readonly aliases: Aliases;
  readonly relations: Relations;
  readonly #store: DatasetStore;
  readonly #testNetworks: readonly Prefix[];
  #origins = new PrefixOrigins([]);
  #exchanges = PrefixTable.from([]);
  #aliases = new AliasSets();

  constructor({
    store,
    testNetworks = [],
  }: {
    readonly store: DatasetStore;
    /** Private ranges of an isolated test network: an announced address of them identifies a router. Default: none. */
    readonly testNetworks?: readonly Prefix[];
  }) {
    this.#store = store;
    this.#testNetworks = testNetworks;
    this.ipToAs = {
      originOf: (address) => this.#originOf(address),
      prefixOf: (address) => this.#prefixOf(address),
    };
    this.aliases = {
      routerKey: (address) => this.#aliases.routerKey(address),
      sameRouter: (a, b) => this.#aliases.sameRouter(a, b),
      hasAlias: (address) => this.#aliases.hasAlias(address),
    };
    const relationships = (): Relations => this.#values.relationships ?? NO_RELATIONS;
    this.relations = {
      relationOf: (a, b) => relationships().relationOf(a, b),
      providersOf: (asn) => relationships().providersOf(asn),
      customersOf: (asn) => relationships().customersOf(asn),
    };
    this.#refreshOrigins();
    this.#refreshAliases();
    this.#store.onReplaced((kind) => {
      if (!ALIAS_KINDS.includes(kind)) this.#refreshOrigins();
      if (this.#concernsAliases(kind)) this.#refreshAliases();
    });
  }

  /** Calls `listener` when the aliases have changed: indexes by router must then be rebuilt. */
  onAliases(listener: () => void): void {
    this.#store.onReplaced((kind) => {
      if (this.#concernsAliases(kind)) listener();
    });
  }

  /** Whether the whole routing table is known: no network then announces an address that is missing from it. */
  get knowsAllRoutes(): boolean {
    return this.#values.prefix2as !== undefined || this.#values.ipasn !== undefined;
  }

  /** Probes of a list that was imported; empty where none was. */
  get ripeProbes(): readonly RipeProbe[] {
    return this.#values.ripeProbes?.probes ?? [];
  }

  /** Addresses that are known to answer; empty where no hitlist was imported. */
  get hitlist(): readonly Ipv4Address[] {
    return this.#values.hitlist?.addresses ?? [];
  }

  /** Positions of addresses; `undefined` where no dataset of them was imported. */
  get geolocation(): Geolocation | undefined {
    return this.#values.geolocation;
  }

  /** What a network is called. */
  network(asn: number): NetworkName | undefined {
    return this.#values.as2org?.names.get(asn);
  }

  get #values(): DatasetValues {
    return this.#store.values;
  }

  /** An address at an exchange belongs to the network whose router uses it. Other addresses of the exchange belong to no network. */
  #originOf(address: Ipv4Address): number | undefined {
    const { exchangeAddresses, peeringdbAddresses, mmdb } = this.#values;
    const member = peeringdbAddresses?.networkOf.get(address) ?? exchangeAddresses?.networkOf.get(address);
    if (member !== undefined || this.#exchanges.lookup(address) >= 0) return member;
    return this.#origins.originOf(address) ?? mmdb?.originOf(address);
  }

  #prefixOf(address: Ipv4Address): Prefix | undefined {
    return this.#exchanges.lookupPrefix(address) ?? this.#origins.prefixOf(address);
  }

  #refreshOrigins(): void {
    const { prefix2as, ipasn, peeringdbPrefixes } = this.#values;
    const columns = (prefix2as ?? ipasn)?.columns;
    this.#origins = columns === undefined ? new PrefixOrigins([]) : PrefixOrigins.fromColumns(columns);
    this.#exchanges = PrefixTable.from((peeringdbPrefixes?.prefixes ?? []).map((prefix) => ({ prefix, value: 0 })));
  }

  /** Which addresses of test networks identify a router depends on the announced prefixes. */
  #concernsAliases(kind: DatasetKind): boolean {
    return ALIAS_KINDS.includes(kind) || this.#testNetworks.length > 0;
  }

  #isUnique(address: Ipv4Address): boolean {
    const isOfTest = (prefix: Prefix): boolean => prefixContains(prefix, address);
    return isGloballyReachable(address) || (this.#testNetworks.some(isOfTest) && this.#prefixOf(address) !== undefined);
  }

  #refreshAliases(): void {
    const { itdkNodes, midarSets } = this.#values;
    const sets = [...(itdkNodes?.sets ?? []), ...(midarSets?.sets ?? [])];
    this.#aliases = new AliasSets(sets, (address) => this.#isUnique(address));
  }
}
