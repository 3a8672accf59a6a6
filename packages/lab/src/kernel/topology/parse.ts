import { NetError, type Prefix, parseIpv4, parsePrefix } from '@revtr/net';
import { KernelLabError } from '../../namespaces/errors.ts';
import { fileSchema, type ReadFile } from './file-schema.ts';
import { DEFAULT_PREFIX, routeKey, shortestRoutes } from './shortest-paths.ts';
import type { Change, Interface, KernelTopology, NodeOptions, Policy, Route, Translation } from './topology.ts';

/** Validates the JSON of a topology file (docs/kernel-lab.md). @throws {KernelLabError} `badTopology` */
export function parseTopology(file: unknown): KernelTopology {
  const read = fileSchema.safeParse(file);
  if (!read.success) {
    const [{ path, message }] = read.error.issues;
    throw bad(path.join('.'), message);
  }
  const { changes, ...first } = read.data;
  let state: ReadFile = { ...first, changes: [] };
  const topology = toTopology(state);
  const later = [...changes.entries()].sort(([, a], [, b]) => a.at - b.at);
  return {
    ...topology,
    changes: later.map(([i, change]): Change => {
      const place = `changes.${i}`;
      state = changed(state, change, place);
      return { atSeconds: change.at, topology: within(place, () => toTopology(state)) };
    }),
  };
}

/** Reports errors of a changed file, which was valid before, at the place of the change. */
function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof KernelLabError) throw bad(place, error.message);
    throw error;
  }
}

/** The file after a change. New routes replace those of the same node and prefix, and new policies come first. */
function changed(file: ReadFile, change: ReadFile['changes'][number], place: string): ReadFile {
  const links = file.links.map((link) => ({ ...link }));
  for (const [i, { between, costs }] of change.costs.entries()) {
    const link = links.find(({ between: [a, b] }) => a === between[0] && b === between[1]);
    if (link === undefined)
      throw bad(`${place}.costs.${i}`, `no link is between ${between.join(' and ')}, in this order`);
    link.costs = costs;
  }
  const replaced = new Set(change.routes.map(({ at, to }) => `${at} ${to}`));
  const routes = [...file.routes.filter(({ at, to }) => !replaced.has(`${at} ${to}`)), ...change.routes];
  return { ...file, links, routes, policies: [...change.policies, ...file.policies] };
}

function toTopology(file: ReadFile): KernelTopology {
  const nodes = new Map(
    Object.entries(file.nodes).map(([name, { role, options }]) => [name, { role, options: toOptions(options, name) }]),
  );
  const known = (place: string, name: string): string => {
    if (!nodes.has(name)) throw bad(place, `the node ${name} does not exist`);
    return name;
  };
  const interfaces = [
    ...file.links.flatMap((link, i) => linkEnds(link, i, known)),
    ...file.tunnels.flatMap(({ between, prefix, costs, kind }, i) => {
      const place = `tunnels.${i}`;
      const devices: [string, string] = [`tunnel${i}`, `tunnel${i}`];
      return ends({ between, prefix, costs }, { place, devices, known }).map((end) => ({ ...end, tunnel: kind }));
    }),
  ];
  const translations = file.nat.map(({ at, inside, outside }, i) => ({
    at: known(`nat.${i}.at`, at),
    ...toInside(inside, `nat.${i}.inside`, interfaces),
    outside: toAddress(`nat.${i}.outside`, outside),
  }));
  const anycast = file.anycast.map(({ address, at }, i) => ({
    address: toAddress(`anycast.${i}.address`, address),
    at: at.map((node) => known(`anycast.${i}.at`, node)),
  }));
  const given = file.routes.map((route, i) => toRoute(route, `routes.${i}`, interfaces));
  const givenKeys = new Set(given.map(routeKey));
  const computed = file.routing === 'shortest' ? shortestRoutes({ nodes, interfaces, translations, anycast }) : [];
  const { aliases } = file;
  return {
    nodes,
    interfaces,
    routes: [...computed.filter((route) => !givenKeys.has(routeKey(route))), ...given],
    origins: Object.entries(file.as).map(([text, asn]) => ({ prefix: toPrefix(`as.${text}`, text), asn })),
    policies: file.policies.map((policy, i) => toPolicy(policy, `policies.${i}`, interfaces, known)),
    translations,
    anycast,
    knownAliases: new Set(
      aliases === 'given'
        ? nodes.keys()
        : aliases === 'none'
          ? []
          : aliases.map((node, i) => known(`aliases.${i}`, node)),
    ),
    changes: [],
  };
}

function toOptions({ stamp, ...options }: ReadFile['nodes'][string]['options'], name: string): NodeOptions {
  return { ...options, ...(stamp !== undefined && { stamp: toAddress(`nodes.${name}.options.stamp`, stamp) }) };
}

/** A prefix, or the first address of a node. */
function toInside(
  inside: string,
  place: string,
  interfaces: readonly Interface[],
): Pick<Translation, 'inside' | 'host'> {
  const end = interfaces.find(({ node }) => node === inside);
  if (end === undefined) return { inside: toPrefix(place, inside) };
  return { inside: { address: end.address, length: 32 }, host: inside };
}

type Known = (place: string, name: string) => string;

function linkEnds(link: ReadFile['links'][number], index: number, known: Known): Interface[] {
  const place = `links.${index}`;
  const [a, b] = link.between;
  // Linux allows 15 characters.
  const devices: [string, string] = [`to${b}l${index}`, `to${a}l${index}`];
  const { mtu, delayMs, loss } = link;
  return ends(link, { place, devices, known }).map((end) => ({
    ...end,
    ...(mtu !== undefined && { mtu }),
    ...(delayMs !== undefined && { delayMs }),
    ...(loss !== undefined && { loss }),
  }));
}

function ends(
  link: { readonly between: [string, string]; readonly prefix: string; readonly costs: [number, number] },
  { place, devices, known }: { readonly place: string; readonly devices: [string, string]; readonly known: Known },
): Interface[] {
  const [a, b] = link.between.map((name) => known(place, name));
  if (a === b) throw bad(place, `${a} cannot be linked to itself`);
  const prefix = toPrefix(place, link.prefix);
  if (prefix.length < 8 || prefix.length > 31)
    throw bad(place, `the prefix ${link.prefix} must have a length from 8 to 31`);
  const first = prefix.length === 31 ? prefix.address : prefix.address + 1;
  const second = first + 1;
  return [
    {
      node: a,
      neighbour: b,
      address: first,
      neighbourAddress: second,
      prefix,
      device: devices[0],
      cost: link.costs[0],
    },
    {
      node: b,
      neighbour: a,
      address: second,
      neighbourAddress: first,
      prefix,
      device: devices[1],
      cost: link.costs[1],
    },
  ];
}

function toRoute(route: ReadFile['routes'][number], place: string, interfaces: readonly Interface[]): Route {
  const via = neighbour(route.at, route.via, place, interfaces);
  const to = route.to === 'default' ? DEFAULT_PREFIX : toPrefix(place, route.to);
  return { at: route.at, to, via, ...(route.src !== undefined && { src: toAddress(place, route.src) }) };
}

function toPolicy(
  policy: ReadFile['policies'][number],
  place: string,
  interfaces: readonly Interface[],
  known: Known,
): Policy {
  const { at, options, from, to, do: wanted } = policy;
  return {
    at: known(`${place}.at`, at),
    options: options ?? false,
    ...(from !== undefined && { from: toPrefix(`${place}.from`, from) }),
    ...(to !== undefined && { to: toPrefix(`${place}.to`, to) }),
    action: toAction(wanted, at, place, interfaces),
  };
}

function toAction(
  wanted: ReadFile['policies'][number]['do'],
  at: string,
  place: string,
  interfaces: readonly Interface[],
): Policy['action'] {
  if (wanted === 'drop') return { kind: 'drop' };
  if ('limit' in wanted) return { kind: 'limit', packetsPerSecond: wanted.limit };
  if ('lose' in wanted) return { kind: 'lose', share: wanted.lose };
  return { kind: 'route', via: neighbour(at, wanted.via, `${place}.do`, interfaces) };
}

/** The interface of `node` to a neighbour: the link, or the tunnel when there is no link. */
function neighbour(node: string, name: string, place: string, interfaces: readonly Interface[]): Interface {
  const via = interfaces.find((end) => end.node === node && end.neighbour === name);
  if (via === undefined) throw bad(place, `${node} has no link to ${name}`);
  return via;
}

const toPrefix = (place: string, text: string): Prefix =>
  parsed(place, () => parsePrefix(text.includes('/') ? text : `${text}/32`));
const toAddress = (place: string, text: string): number => parsed(place, () => parseIpv4(text));

function parsed<T>(place: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof NetError) throw bad(place, error.message);
    throw error;
  }
}

const bad = (place: string, message: string): KernelLabError =>
  new KernelLabError('badTopology', `${place}: ${message}`, { place });
