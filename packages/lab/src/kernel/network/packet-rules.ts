import { formatIpv4, formatPrefix } from '@revtr/net';
import { linkAddressesOf } from '../topology/addresses.ts';
import type { Interface, KernelTopology, Policy } from '../topology/topology.ts';
import { balanceWidth, policiesOf, policyMark } from './marked-routing.ts';

/** A random share is drawn in steps of one in this number. */
const RANDOM_STEPS = 10_000;

/** The nftables rules of a node, as input of `nft -f`. They replace earlier ones, also when the node has none any more. */
export function packetRules(topology: KernelTopology, node: string): string {
  const tables = [...ipTable(topology, node), ...deviceTable(topology, node)];
  return [
    ...['ip', 'netdev'].flatMap((family) => [
      `add table ${family} lab`,
      `delete table ${family} lab`,
      `add table ${family} lab`,
    ]),
    ...tables,
    '',
  ].join('\n');
}

function ipTable(topology: KernelTopology, node: string): string[] {
  const options = topology.nodes.get(node)?.options;
  const forward = [
    ...(options?.rr === 'drop' ? ['ip option rr exists drop'] : []),
    ...policiesOf(topology, node).flatMap((policy) => verdict(policy)),
  ];
  return [
    ...chain('route', 'type filter hook prerouting priority -150', routingRules(topology, node)),
    ...chain('forward', 'type filter hook forward priority 0', forward),
    ...chain(
      'output',
      'type filter hook output priority 0',
      options?.ttl === 'silent' ? ['icmp type time-exceeded drop'] : [],
    ),
    ...translationRules(topology, node),
  ];
}

function chain(name: string, hook: string, rules: readonly string[]): string[] {
  if (rules.length === 0) return [];
  return [`add chain ip lab ${name} { ${hook}; }`, ...rules.map((rule) => `add rule ip lab ${name} ${rule}`)];
}

/** Marks packets whose route is not that of the main table. The first policy that matches decides. */
function routingRules(topology: KernelTopology, node: string): string[] {
  const policies = policiesOf(topology, node);
  const marks = policies.some(({ action }) => action.kind === 'route')
    ? policies.map((policy, i) =>
        policy.action.kind === 'route'
          ? `${matching(policy)} meta mark set ${policyMark(i)} accept`
          : `${matching(policy)} accept`,
      )
    : [];
  const width = balanceWidth(topology, node);
  if (width === 1) return marks;
  const member =
    topology.nodes.get(node)?.options.balance === 'packet'
      ? `numgen random mod ${width} offset 1`
      : // The first four bytes of the transport header: ports, or type, code and checksum of an ICMP message.
        `jhash ip saddr . ip daddr . @th,0,32 mod ${width} seed 0x7e5 offset 1`;
  return [...marks, `meta mark set ${member}`];
}

function verdict(policy: Policy): string[] {
  const { action } = policy;
  const matches = matching(policy);
  if (action.kind === 'drop') return [`${matches} drop`];
  if (action.kind === 'limit') {
    const { packetsPerSecond: rate } = action;
    return [`${matches} limit rate over ${rate}/second burst ${rate} packets drop`, `${matches} accept`];
  }
  if (action.kind === 'lose') return [`${matches} ${random(action.share)} drop`, `${matches} accept`];
  return [`${matches} accept`];
}

const random = (share: number): string => `numgen random mod ${RANDOM_STEPS} < ${Math.round(share * RANDOM_STEPS)}`;

/** The condition of a policy. Never empty: an IPv4 header has at least 20 bytes. */
const matching = ({ options, from, to }: Policy): string =>
  [
    `ip hdrlength ${options ? '> 5' : '>= 5'}`,
    ...(from === undefined ? [] : [`ip saddr ${formatPrefix(from)}`]),
    ...(to === undefined ? [] : [`ip daddr ${formatPrefix(to)}`]),
  ].join(' ');

function translationRules({ translations }: KernelTopology, node: string): string[] {
  const own = translations.filter(({ at }) => at === node);
  if (own.length === 0) return [];
  const destinations = own.flatMap(({ inside, outside, host }) =>
    host !== undefined ? [`ip daddr ${formatIpv4(outside)} dnat to ${formatIpv4(inside.address)}`] : [],
  );
  const sources = own.map(({ inside, outside }) => {
    const prefix = formatPrefix(inside);
    return `ip saddr ${prefix} ip daddr != ${prefix} snat to ${formatIpv4(outside)}`;
  });
  return [
    ...chain('inwards', 'type nat hook prerouting priority -100', destinations),
    ...chain('outwards', 'type nat hook postrouting priority 100', sources),
  ];
}

function deviceTable(topology: KernelTopology, node: string): string[] {
  const own = topology.interfaces.filter((end) => end.node === node);
  return [
    ...own.flatMap(({ device, loss }, i) =>
      loss === undefined
        ? []
        : [
            `add chain netdev lab loss${i} { type filter hook ingress device "${device}" priority -10; }`,
            `add rule netdev lab loss${i} meta protocol ip ${random(loss)} drop`,
          ],
    ),
    ...(topology.nodes.get(node)?.options.rr === 'off' ? unstampedForwarding(topology, node, own) : []),
  ];
}

/**
 * A Linux router stamps every packet with the Record Route option that it forwards. To model a router that does not stamp,
 * nftables rules forward packets with options from device to device before the routing code sees them. The kernel still
 * decrements their TTL. Packets whose TTL is about to expire take the normal path.
 */
function unstampedForwarding(topology: KernelTopology, node: string, own: readonly Interface[]): string[] {
  const routes = topology.routes.filter((route) => route.at === node).sort((a, b) => b.to.length - a.to.length);
  return own.flatMap((end, i) => [
    `add chain netdev lab in${i} { type filter hook ingress device "${end.device}" priority 0; }`,
    ...linkAddressesOf(topology, node).map(
      (address) => `add rule netdev lab in${i} ip daddr ${formatIpv4(address)} accept`,
    ),
    ...own.map((other) => forwardRule(i, formatIpv4(other.neighbourAddress), other)),
    ...routes.map((route) => forwardRule(i, formatPrefix(route.to), route.via)),
  ]);
}

function forwardRule(index: number, destination: string, via: Interface): string {
  const next = `fwd ip to ${formatIpv4(via.neighbourAddress)} device "${via.device}"`;
  return `add rule netdev lab in${index} ip hdrlength > 5 ip ttl > 1 ip daddr ${destination} ${next}`;
}
