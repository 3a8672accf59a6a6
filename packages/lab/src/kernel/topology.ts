import { type Ipv4Address, NetError, type Prefix, parseIpv4, parsePrefix } from '@revtr/net';
import { z } from 'zod';
import { KernelLabError } from '../namespaces/errors.ts';

const nodeSchema = z.strictObject({
  role: z.enum(['router', 'source', 'vp', 'destination']),
  options: z
    .strictObject({
      rr: z.enum(['egress', 'ingress', 'loopback', 'off', 'drop']).default('egress'),
      ttl: z.enum(['answer', 'silent']).default('answer'),
    })
    .default({ rr: 'egress', ttl: 'answer' }),
});

const fileSchema = z.strictObject({
  nodes: z.record(
    z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,5}$/, 'a node name is a letter and up to five letters or digits'),
    nodeSchema,
  ),
  links: z.array(z.tuple([z.string(), z.string(), z.string()])),
  routes: z.array(z.strictObject({ at: z.string(), to: z.string(), via: z.string(), src: z.string().optional() })),
  as: z.record(z.string(), z.int().positive()).default({}),
});

type NodeRole = z.infer<typeof nodeSchema>['role'];
type NodeOptions = z.infer<typeof nodeSchema>['options'];

/** 10.255.0.1: first address for nodes with the option `rr: loopback`. */
const LOOPBACKS = 0x0aff0001;

/** One end of a link. */
export interface Interface {
  readonly node: string;
  readonly neighbour: string;
  readonly address: Ipv4Address;
  readonly neighbourAddress: Ipv4Address;
  readonly prefixLength: number;
  /** Index of the link in the topology file. */
  readonly link: number;
}

/** A static route. */
export interface Route {
  /** Name of the node that has the route. */
  readonly at: string;
  readonly to: Prefix;
  readonly via: Interface;
  /** Address that the node stamps on packets that take this route. Default: it depends on the option `rr` of the node. */
  readonly src?: Ipv4Address;
}

/** A network of Linux routers, as read from a topology file. */
export interface KernelTopology {
  readonly nodes: ReadonlyMap<string, { readonly role: NodeRole; readonly options: NodeOptions }>;
  readonly interfaces: readonly Interface[];
  readonly routes: readonly Route[];
  readonly origins: readonly { readonly prefix: Prefix; readonly asn: number }[];
}

/** Validates the JSON of a topology file (docs/kernel-lab.md). @throws {KernelLabError} `badTopology` */
export function parseTopology(file: unknown): KernelTopology {
  const read = fileSchema.safeParse(file);
  if (!read.success) {
    const [{ path, message }] = read.error.issues;
    throw bad(path.join('.'), message);
  }
  const { nodes, links, routes, as } = read.data;
  const interfaces = links.flatMap(([a, b, text], link) => toInterfaces(a, b, text, link, nodes));
  return {
    nodes: new Map(Object.entries(nodes)),
    interfaces,
    routes: routes.map((route, i) => toRoute(route, `routes.${i}`, interfaces)),
    origins: Object.entries(as).map(([text, asn]) => ({ prefix: at(`as.${text}`, () => parsePrefix(text)), asn })),
  };
}

/** Addresses of the links of a node, in the order of the topology file. */
export function linkAddressesOf(topology: KernelTopology, node: string): Ipv4Address[] {
  return topology.interfaces.filter((end) => end.node === node).map(({ address }) => address);
}

/** The address that a node with the option `rr: loopback` stamps. Links must not use this range. */
export function loopbackOf({ nodes }: KernelTopology, node: string): Ipv4Address {
  return LOOPBACKS + [...nodes.keys()].indexOf(node);
}

/** All addresses of a node: its links, then its loopback address if it has one. */
export function addressesOf(topology: KernelTopology, node: string): Ipv4Address[] {
  const hasLoopback = topology.nodes.get(node)?.options.rr === 'loopback';
  return [...linkAddressesOf(topology, node), ...(hasLoopback ? [loopbackOf(topology, node)] : [])];
}

function toInterfaces(a: string, b: string, text: string, link: number, nodes: object): Interface[] {
  const place = `links.${link}`;
  for (const name of [a, b]) if (!(name in nodes)) throw bad(place, `the node ${name} does not exist`);
  if (a === b) throw bad(place, `${a} cannot be linked to itself`);
  const prefix = at(place, () => parsePrefix(text));
  if (prefix.length < 8 || prefix.length > 31) throw bad(place, `the prefix ${text} must have a length from 8 to 31`);
  const first = prefix.length === 31 ? prefix.address : prefix.address + 1;
  const end = (node: string, neighbour: string, address: number, neighbourAddress: number): Interface => ({
    node,
    neighbour,
    address,
    neighbourAddress,
    prefixLength: prefix.length,
    link,
  });
  return [end(a, b, first, first + 1), end(b, a, first + 1, first)];
}

function toRoute(
  route: { readonly at: string; readonly to: string; readonly via: string; readonly src?: string | undefined },
  place: string,
  interfaces: readonly Interface[],
): Route {
  const via = interfaces.find(({ node, neighbour }) => node === route.at && neighbour === route.via);
  if (via === undefined) throw bad(place, `${route.at} has no link to ${route.via}`);
  const to = route.to === 'default' ? { address: 0, length: 0 } : at(place, () => parsePrefix(route.to));
  const { src } = route;
  return { at: route.at, to, via, ...(src !== undefined && { src: at(place, () => parseIpv4(src)) }) };
}

function at<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof NetError) throw bad(place, error.message);
    throw error;
  }
}

const bad = (place: string, message: string): KernelLabError =>
  new KernelLabError('badTopology', `${place}: ${message}`, { place });

/** Name of the node that has an address; `undefined` if no node has it. */
export function nodeOf(topology: KernelTopology, address: Ipv4Address): string | undefined {
  return [...topology.nodes.keys()].find((node) => addressesOf(topology, node).includes(address));
}
