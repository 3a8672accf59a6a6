import { DEFAULT_PREFIX, routeKey } from '../topology/shortest-paths.ts';
import type { KernelTopology, Policy, Route } from '../topology/topology.ts';
import { routeCommand } from './routes.ts';

/** Marks of policies; smaller ones belong to the members of multipath routes. */
const POLICY_MARKS = 100;

/** A routing table of a node for packets that nftables has marked. Its number is that of the mark. */
interface MarkedTable {
  readonly mark: number;
  readonly routes: readonly Route[];
}

/** The mark of packets that a policy of the kind `route` sends elsewhere. */
export const policyMark = (index: number): number => POLICY_MARKS + index;

/** Policies of a node, in order. */
export const policiesOf = ({ policies }: KernelTopology, node: string): Policy[] =>
  policies.filter(({ at }) => at === node);

/** Multipath routes of a node whose members nftables selects, because the kernel has no such hash. */
function selectedRoutesOf({ nodes, routes }: KernelTopology, node: string): Route[][] {
  const balance = nodes.get(node)?.options.balance;
  if (balance !== 'icmp' && balance !== 'packet') return [];
  const own = Map.groupBy(
    routes.filter(({ at }) => at === node),
    routeKey,
  );
  return [...own.values()].filter(({ length }) => length > 1);
}

/** Number of marks that nftables distributes packets over: the size of the largest multipath route. */
export const balanceWidth = (topology: KernelTopology, node: string): number =>
  Math.max(1, ...selectedRoutesOf(topology, node).map(({ length }) => length));

/** The routing tables of a node for marked packets. */
function markedTablesOf(topology: KernelTopology, node: string): MarkedTable[] {
  const multipath = selectedRoutesOf(topology, node);
  const width = balanceWidth(topology, node);
  const members =
    width === 1
      ? []
      : Array.from({ length: width }, (_, i) => ({
          mark: i + 1,
          routes: multipath.map((routes) => routes[i % routes.length]),
        }));
  const elsewhere = policiesOf(topology, node).flatMap(({ action }, i): MarkedTable[] =>
    action.kind === 'route'
      ? [{ mark: policyMark(i), routes: [{ at: node, to: DEFAULT_PREFIX, via: action.via }] }]
      : [],
  );
  return [...members, ...elsewhere];
}

/** Priority of the first rule for marked packets. */
const RULES = 1_000;
/** A packet in a tunnel keeps the mark of the packet that it carries, but its route is that of the node's own packets. */
const OWN_PACKETS = `pref ${RULES} iif lo`;

/** Commands for `ip -batch` that add the routing tables and the rules that lead to them. */
export function markedRoutingCommands(topology: KernelTopology, node: string): string[] {
  const tables = markedTablesOf(topology, node);
  if (tables.length === 0) return [];
  return [
    `rule add ${OWN_PACKETS} lookup main`,
    ...tables.flatMap(({ mark, routes }) => [
      `rule add pref ${RULES + mark} fwmark ${mark} lookup ${mark}`,
      ...routes.map((route) => routeCommand(topology, [route], String(mark))),
    ]),
  ];
}

/** Commands that undo {@link markedRoutingCommands}. */
export function removeMarkedRoutingCommands(topology: KernelTopology, node: string): string[] {
  const tables = markedTablesOf(topology, node);
  if (tables.length === 0) return [];
  return [
    `rule del ${OWN_PACKETS}`,
    ...tables.flatMap(({ mark }) => [`rule del pref ${RULES + mark}`, `route flush table ${mark}`]),
  ];
}
