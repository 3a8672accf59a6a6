import type { Ipv4Address, Prefix, PrefixTable } from '@revtr/net';

/** What a router writes into Record Route when it forwards. */
export const Stamp = {
  none: 0,
  egress: 1,
  ingress: 2,
  loopback: 3,
  private: 4,
  /** A private address that unrelated routers write too. */
  sharedPrivate: 5,
  /** The outgoing or the incoming interface, depending on the interface by which the packet came in. */
  byDirection: 6,
} as const;
/** What a router writes in addition when it forwards: nothing, the incoming interface, or what it has written before. */
export const SecondStamp = { none: 0, ingress: 1, same: 2 } as const;
/** How a router chooses among paths of equal cost. */
export const Balance = { none: 0, perFlow: 1, perPacket: 2, perAddresses: 3 } as const;
/** How a network chooses between equally good routes: by a fixed order of its own, the closest exit of each router, or the lowest number of the neighbour. */
export const TieBreak = { fixed: 0, closestExit: 1, lowestNumber: 2 } as const;
/** How the MPLS tunnels of a network appear to a traceroute: absent, hiding their routers, or showing labels (RFC 4950). */
export const Tunnel = { none: 0, hidden: 1, visible: 2 } as const;
/** How a destination stamps itself: never, once, twice, or once with another of its addresses. */
export const SelfStamp = { never: 0, once: 1, twice: 2, alias: 3 } as const;
/** The TTL with which the answers of a router start: errors and echo replies alike, or `echo64` with 255 for errors and 64 for echo replies. */
export const InitialTtl = { both255: 0, both64: 1, both128: 2, echo64: 3 } as const;
/** What is between the hosts of a network and the Internet: nothing, a NAT in front of each host, or a carrier-grade NAT (RFC 6888). */
export const Nat = { none: 0, home: 1, carrierGrade: 2 } as const;
/** What a network is for: it sells access or transit, uses it, or offers content. */
export const NetworkKind = { access: 0, enterprise: 1, content: 2 } as const;
/** What a neighbour is to the network. */
export const Relation = { customer: 0, peer: 1, provider: 2 } as const;

/** Networks, by index. */
interface AsTable {
  readonly count: number;
  readonly numbers: Uint32Array;
  readonly names: readonly string[];
  readonly tiers: Uint8Array;
  readonly kinds: Uint8Array;
  /** All addresses of the network. */
  readonly blocks: readonly Prefix[];
  /** Routers of network `a` are those from `firstRouter[a]` to `firstRouter[a + 1]`. */
  readonly firstRouter: Int32Array;
  readonly dropsOptions: Uint8Array;
  readonly spoofingAllowed: Uint8Array;
  readonly tunnels: Uint8Array;
  /** Networks with tunnels to exits that are not the closest ones. */
  readonly reroutingTunnels: Uint8Array;
  /** A value of {@link TieBreak}. */
  readonly tieBreak: Uint8Array;
  readonly stripsOptions: Uint8Array;
  readonly rewritesOptions: Uint8Array;
  /** Values of {@link Nat}. */
  readonly nat: Uint8Array;
}

/** Adjacencies between networks; those of `a` are from `first[a]` to `first[a + 1]`. */
export interface AdjacencyTable {
  readonly first: Int32Array;
  readonly neighbour: Int32Array;
  readonly relation: Uint8Array;
  /** Index of the same adjacency at the neighbour. */
  readonly reverse: Int32Array;
  /** How much longer this neighbour takes the routes of the network for: by prepending, or because it prefers others. */
  readonly prepends: Uint8Array;
  /** Interfaces of the network on links to this neighbour. */
  readonly interfaces: readonly (readonly number[])[];
}

/** How a prefix is announced that is not routed as the block of its network. */
export interface Announcement {
  /** Networks that announce it, each with the router that leads to the hosts; several for anycast (RFC 4786). */
  readonly sites: ReadonlyMap<number, number>;
  /** Adjacencies over which its networks do not announce it. */
  readonly withheld: ReadonlySet<number>;
  /** Selects by which preferences all networks break ties between routes to it; 0 for those to blocks. */
  readonly preferences: number;
}

/** Routers, by index; those of one network are consecutive. */
interface RouterTable {
  readonly count: number;
  readonly network: Int32Array;
  /** Index into the cities. */
  readonly city: Uint8Array;
  readonly loopback: Uint32Array;
  /** 0 for core routers, 1 for routers connected to them, more for those on access lines. */
  readonly depth: Uint8Array;
  /** Interfaces of router `r` are those from `firstInterface[r]` to `firstInterface[r + 1]`. */
  readonly firstInterface: Int32Array;
  readonly stamp: Uint8Array;
  readonly balance: Uint8Array;
  readonly selfStamp: Uint8Array;
  readonly silent: Uint8Array;
  readonly errorFromLoopback: Uint8Array;
  /** 1 when it reports errors from the interface towards the source of the packet. */
  readonly errorFromEgress: Uint8Array;
  readonly rateLimited: Uint8Array;
  readonly answersPing: Uint8Array;
  readonly answersOptions: Uint8Array;
  readonly secondStamp: Uint8Array;
  /** A value of {@link InitialTtl}. */
  readonly initialTtl: Uint8Array;
  readonly optionsSlowPath: Uint8Array;
  readonly balancesOptionsByAddress: Uint8Array;
}

/** Interfaces, by index; each is one end of a point-to-point link. */
interface InterfaceTable {
  readonly count: number;
  readonly router: Int32Array;
  readonly address: Uint32Array;
  /** The other end of the link. */
  readonly peer: Int32Array;
  readonly delayMicros: Uint32Array;
  /** Cost of the link in this direction, for routing inside the network and the choice among links to one neighbour. */
  readonly cost: Uint16Array;
  /** Adjacency the link belongs to, seen from this end; -1 inside a network. */
  readonly adjacency: Int32Array;
}

/** Prefixes of hosts, each behind one router: /24s, and parts of /24s that are split over routers. */
export interface HostPrefixTable {
  readonly count: number;
  readonly prefixes: readonly Prefix[];
  readonly router: Int32Array;
  /** Address of the router towards the hosts. */
  readonly gateway: Uint32Array;
  /** 1 when the network announces the prefix in addition to its block. */
  readonly announced: Uint8Array;
  /** Index of the prefix's {@link Announcement}, or -1 when it is routed as the block of its network. */
  readonly announcement: Int32Array;
  /** 1 when some hosts answer pings; when they answer them with options. */
  readonly answersPing: Uint8Array;
  readonly answersOptions: Uint8Array;
}

/** The immutable topology of a simulated Internet: tables of columns, whose rows refer to each other by index. */
export interface Topology {
  readonly seed: number;
  readonly networks: AsTable;
  readonly adjacencies: AdjacencyTable;
  readonly routers: RouterTable;
  readonly interfaces: InterfaceTable;
  readonly hosts: HostPrefixTable;
  readonly announcements: readonly Announcement[];
  /** Address to interface index, loopbacks excluded; of an address on an exchange's network, one of the interfaces. */
  readonly interfaceOf: ReadonlyMap<Ipv4Address, number>;
  readonly loopbackOf: ReadonlyMap<Ipv4Address, number>;
  /** Address to index of host prefix. */
  readonly hostPrefixOf: PrefixTable;
  /** Address to index of network, over blocks. */
  readonly networkOf: PrefixTable;
  /** Prefixes of Internet exchanges; no network announces them. */
  readonly exchangePrefixes: readonly Prefix[];
}

/** Returns the router that owns an interface, loopback or gateway address, or -1. */
export function routerOf(topology: Topology, address: Ipv4Address): number {
  const iface = topology.interfaceOf.get(address);
  if (iface !== undefined) return topology.interfaces.router[iface];
  const loopback = topology.loopbackOf.get(address);
  if (loopback !== undefined) return loopback;
  const prefix = topology.hostPrefixOf.lookup(address);
  return prefix >= 0 && isGateway(topology, prefix, address) ? topology.hosts.router[prefix] : -1;
}

/** Returns the interfaces of a router on its links to another one, in order; none when the two are not linked. */
export function interfacesTowards({ interfaces, routers }: Topology, router: number, other: number): number[] {
  const found: number[] = [];
  for (let i = routers.firstInterface[router]; i < routers.firstInterface[router + 1]; i++)
    if (interfaces.router[interfaces.peer[i]] === other) found.push(i);
  return found;
}

/** Whether host prefix `index` is announced by several networks. */
export function isAnycast({ hosts, announcements }: Topology, index: number): boolean {
  const announcement = hosts.announcement[index];
  return announcement >= 0 && announcements[announcement].sites.size > 1;
}

/** Whether `address` is the gateway of host prefix `index`: the address of its router towards the hosts. */
export function isGateway(topology: Topology, index: number, address: Ipv4Address): boolean {
  return address === topology.hosts.gateway[index];
}

/** Returns the address of the router towards the hosts of prefix `index`. */
export function gatewayOf(topology: Topology, index: number): Ipv4Address {
  return topology.hosts.gateway[index];
}
