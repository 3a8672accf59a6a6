import type { Ipv4Address, Prefix } from '@revtr/net';
import type { ReadFile } from './file-schema.ts';

type NodeRole = ReadFile['nodes'][string]['role'];
export type NodeOptions = Omit<ReadFile['nodes'][string]['options'], 'stamp'> & {
  /** Address that the node stamps instead of its own. Several nodes may share it. */
  readonly stamp?: Ipv4Address;
};
type TunnelKind = ReadFile['tunnels'][number]['kind'];

/** One end of a link or tunnel. */
export interface Interface {
  readonly node: string;
  readonly neighbour: string;
  readonly address: Ipv4Address;
  readonly neighbourAddress: Ipv4Address;
  readonly prefix: Prefix;
  /** Name of the network device. */
  readonly device: string;
  /** Cost of the direction from `node` to `neighbour`, for shortest paths. */
  readonly cost: number;
  readonly tunnel?: TunnelKind;
  readonly mtu?: number;
  /** Delay of packets from `node` to `neighbour`, milliseconds. */
  readonly delayMs?: number;
  /** Share of the packets from `neighbour` to `node` that are lost. */
  readonly loss?: number;
}

/** A route. Several routes of one node to one prefix form an equal-cost multipath route. */
export interface Route {
  /** Name of the node that has the route. */
  readonly at: string;
  readonly to: Prefix;
  readonly via: Interface;
  /** Address that the node stamps on packets that take this route. Default: it depends on the options of the node. */
  readonly src?: Ipv4Address;
}

/** What a node does with forwarded packets that match. The first policy that matches decides. */
export interface Policy {
  readonly at: string;
  /** Whether only packets with IP options match. */
  readonly options: boolean;
  readonly from?: Prefix;
  readonly to?: Prefix;
  readonly action:
    | { readonly kind: 'drop' }
    | { readonly kind: 'limit'; readonly packetsPerSecond: number }
    | { readonly kind: 'lose'; readonly share: number }
    | { readonly kind: 'route'; readonly via: Interface };
}

/** Network address translation at a node. */
export interface Translation {
  readonly at: string;
  /** Addresses that are translated. */
  readonly inside: Prefix;
  /** The node to which the outside address leads. Without, only connections from inside are translated. */
  readonly host?: string;
  readonly outside: Ipv4Address;
}

/** A state of the network from a given time on. */
export interface Change {
  /** Time since the start of the programs, seconds. */
  readonly atSeconds: number;
  /** The whole network after the change. */
  readonly topology: KernelTopology;
}

/** A network of Linux routers, as read from a topology file. */
export interface KernelTopology {
  readonly nodes: ReadonlyMap<string, { readonly role: NodeRole; readonly options: NodeOptions }>;
  /** The two ends of each link, one after the other; then those of tunnels. */
  readonly interfaces: readonly Interface[];
  readonly routes: readonly Route[];
  readonly origins: readonly { readonly prefix: Prefix; readonly asn: number }[];
  readonly policies: readonly Policy[];
  readonly translations: readonly Translation[];
  readonly anycast: readonly { readonly address: Ipv4Address; readonly at: readonly string[] }[];
  /** Nodes whose aliases the controller's dataset contains. */
  readonly knownAliases: ReadonlySet<string>;
  /** In order of time. */
  readonly changes: readonly Change[];
}
