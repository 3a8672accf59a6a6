import { formatIpv4, formatPrefix, type Ipv4Address } from '@revtr/net';
import { Namespaces } from '../namespaces/namespaces.ts';
import { type Interface, type KernelTopology, linkAddressesOf, loopbackOf, type Route } from './topology.ts';

/** Kernel settings of each namespace. docs/kernel-lab.md explains them. */
const SYSCTLS: readonly (readonly [string, string])[] = [
  ['net.ipv4.ip_forward', '1'],
  ['net.ipv4.conf.all.rp_filter', '0'],
  ['net.ipv4.conf.default.rp_filter', '0'],
  ['net.ipv4.icmp_errors_use_inbound_ifaddr', '1'],
  ['net.ipv4.icmp_ratelimit', '0'],
  ['net.ipv4.icmp_ratemask', '0'],
  ['net.ipv4.conf.all.send_redirects', '0'],
  ['net.ipv4.conf.default.send_redirects', '0'],
];

export interface KernelLabOptions {
  /** Starts the name of each namespace and separates parallel labs. At most five characters. */
  readonly prefix: string;
}

/** A network of Linux routers, each in its own network namespace. Requires root. */
export class KernelLab {
  readonly topology: KernelTopology;
  readonly namespaces: Namespaces;

  private constructor(topology: KernelTopology, options: KernelLabOptions) {
    this.topology = topology;
    this.namespaces = new Namespaces(options);
  }

  /** Builds the network. Removes it again when a step fails. @throws {KernelLabError} `commandFailed` */
  static async up(topology: KernelTopology, options: KernelLabOptions): Promise<KernelLab> {
    const lab = new KernelLab(topology, options);
    try {
      await lab.#build();
      return lab;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** Name of the network namespace of a node. */
  namespaceOf(node: string): string {
    return this.namespaces.of(node);
  }

  /** Runs a program in the namespace of a node and returns its standard output. @throws {KernelLabError} `commandFailed` */
  async exec(node: string, ...command: readonly string[]): Promise<string> {
    return this.namespaces.exec(this.namespaceOf(node), ...command);
  }

  /** Kills the processes in all namespaces and removes the namespaces. */
  async down(): Promise<void> {
    await this.namespaces.down();
  }

  /**
   * Replaces the routes of a node to one prefix while the lab runs. All routes must have the same node and prefix; several
   * routes form an equal-cost multipath route.
   * @throws {KernelLabError} `commandFailed`
   */
  async setRoutes(routes: readonly Route[]): Promise<void> {
    const [{ at }] = routes;
    await this.exec(at, 'ip', ...this.#routeArguments(routes));
  }

  async #build(): Promise<void> {
    const { nodes, interfaces, routes } = this.topology;
    for (const node of nodes.keys()) {
      await this.namespaces.add(this.namespaceOf(node));
      await this.exec(node, 'sysctl', '-q', '-w', ...SYSCTLS.map(([name, value]) => `${name}=${value}`));
    }
    for (let i = 0; i < interfaces.length; i += 2) await this.#link(interfaces[i], interfaces[i + 1]);
    for (const [node, { options }] of nodes) await this.#configure(node, options);
    const byPrefix = Map.groupBy(routes, ({ at, to }) => `${at} ${formatPrefix(to)}`);
    for (const sideBySide of byPrefix.values()) await this.setRoutes(sideBySide);
  }

  async #link(a: Interface, b: Interface): Promise<void> {
    const [namespaceA, namespaceB] = [this.namespaceOf(a.node), this.namespaceOf(b.node)];
    const names = [interfaceName(a), interfaceName(b)];
    const far = ['peer', 'name', names[1], 'netns', namespaceB];
    await this.namespaces.exec(namespaceA, 'ip', 'link', 'add', names[0], 'type', 'veth', ...far);
    for (const [end, name] of [
      [a, names[0]],
      [b, names[1]],
    ] as const) {
      await this.exec(end.node, 'ip', 'addr', 'add', `${formatIpv4(end.address)}/${end.prefixLength}`, 'dev', name);
      await this.exec(end.node, 'sysctl', '-q', '-w', `net.ipv4.conf.${name}.rp_filter=0`);
      await this.exec(end.node, 'ip', 'link', 'set', name, 'up');
    }
  }

  async #configure(node: string, { rr, ttl }: { readonly rr: string; readonly ttl: string }): Promise<void> {
    if (rr === 'loopback')
      await this.exec(node, 'ip', 'addr', 'add', `${formatIpv4(loopbackOf(this.topology, node))}/32`, 'dev', 'lo');
    const rules: string[] = [];
    if (rr === 'drop')
      rules.push(
        'add chain ip lab forward { type filter hook forward priority 0; }',
        'add rule ip lab forward ip option rr exists drop',
      );
    if (ttl === 'silent')
      rules.push(
        'add chain ip lab output { type filter hook output priority 0; }',
        'add rule ip lab output icmp type time-exceeded drop',
      );
    if (rr === 'off') rules.push(...this.#unstampedForwarding(node));
    if (rules.length > 0)
      await this.exec(node, 'nft', ['add table ip lab', 'add table netdev lab', ...rules].join('; '));
  }

  /**
   * A Linux router stamps every packet with the Record Route option that it forwards. To model a router that does not stamp,
   * nftables rules forward packets with options from device to device before the routing code sees them. The kernel still
   * decrements their TTL. Packets whose TTL is about to expire take the normal path.
   */
  #unstampedForwarding(node: string): string[] {
    const ends = this.topology.interfaces.filter((end) => end.node === node);
    const routes = this.topology.routes.filter((route) => route.at === node).sort((a, b) => b.to.length - a.to.length);
    return ends.flatMap((end, i) => [
      `add chain netdev lab in${i} { type filter hook ingress device "${interfaceName(end)}" priority 0; }`,
      ...linkAddressesOf(this.topology, node).map(
        (own) => `add rule netdev lab in${i} ip daddr ${formatIpv4(own)} accept`,
      ),
      ...ends.map((other) => forwardRule(i, `${formatIpv4(other.neighbourAddress)}`, other)),
      ...routes.map((route) => forwardRule(i, formatPrefix(route.to), route.via)),
    ]);
  }

  #routeArguments(routes: readonly Route[]): string[] {
    const [{ at, to, via, src }] = routes;
    const stamped = src ?? this.#stampOf(at, via);
    const ways = routes.map(({ via: way }) => ['via', formatIpv4(way.neighbourAddress), 'dev', interfaceName(way)]);
    const source = stamped === undefined ? [] : ['src', formatIpv4(stamped)];
    const nexthops = ways.length === 1 ? ways[0] : ways.flatMap((way) => ['nexthop', ...way]);
    return ['route', 'replace', formatPrefix(to), ...source, ...nexthops];
  }

  /** The address that a node stamps on routes through `via`; `undefined` means the address of the outgoing interface. */
  #stampOf(node: string, via: Interface): Ipv4Address | undefined {
    const rr = this.topology.nodes.get(node)?.options.rr;
    if (rr === 'loopback') return loopbackOf(this.topology, node);
    if (rr === 'ingress') return linkAddressesOf(this.topology, node).find((address) => address !== via.address);
    return undefined;
  }
}

/** Name of an interface. Linux allows 15 characters. */
const interfaceName = ({ neighbour, link }: Interface): string => `to${neighbour}l${link}`;

function forwardRule(chain: number, destination: string, via: Interface): string {
  const device = `"${interfaceName(via)}"`;
  return `add rule netdev lab in${chain} ip hdrlength > 5 ip ttl > 1 ip daddr ${destination} fwd ip to ${formatIpv4(via.neighbourAddress)} device ${device}`;
}
