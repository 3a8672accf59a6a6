import { formatIpv4, formatPrefix, type Ipv4Address } from '@revtr/net';
import { Namespaces } from '../namespaces/namespaces.ts';
import { type Interface, type KernelTopology, linkAddressesOf, loopbackOf, type Route } from './topology.ts';

/** Settings of every namespace: why each is needed is in docs/kernel-lab.md. */
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
  /** Begins the name of every namespace, so that several labs do not meet. At most five characters. */
  readonly prefix: string;
}

/** Network namespaces whose routers are Linux's own. Needs root. */
export class KernelLab {
  readonly topology: KernelTopology;
  readonly namespaces: Namespaces;

  private constructor(topology: KernelTopology, options: KernelLabOptions) {
    this.topology = topology;
    this.namespaces = new Namespaces(options);
  }

  /** Builds everything; on failure what was built is removed. @throws {KernelLabError} `commandFailed` */
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

  /** Name of a node's network namespace. */
  namespaceOf(node: string): string {
    return this.namespaces.of(node);
  }

  /** Runs a program inside a node and returns its output. @throws {KernelLabError} `commandFailed` */
  async exec(node: string, ...command: readonly string[]): Promise<string> {
    return this.namespaces.exec(this.namespaceOf(node), ...command);
  }

  /** Removes the namespaces, and with them everything in them. */
  async down(): Promise<void> {
    await this.namespaces.down();
  }

  /** Replaces the routes of a node to a prefix while the lab runs; several are used side by side. */
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
   * A Linux router always stamps what it forwards. Packets with options that should pass unstamped are therefore handed from device
   * to device before routing sees them; the kernel still counts down their TTL, and those about to expire go the normal way.
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

  /** The address that a node's option makes it stamp on routes through `via`; `undefined` for the outgoing interface's. */
  #stampOf(node: string, via: Interface): Ipv4Address | undefined {
    const rr = this.topology.nodes.get(node)?.options.rr;
    if (rr === 'loopback') return loopbackOf(this.topology, node);
    if (rr === 'ingress') return linkAddressesOf(this.topology, node).find((address) => address !== via.address);
    return undefined;
  }
}

/** Linux allows 15 characters. */
const interfaceName = ({ neighbour, link }: Interface): string => `to${neighbour}l${link}`;

function forwardRule(chain: number, destination: string, via: Interface): string {
  const device = `"${interfaceName(via)}"`;
  return `add rule netdev lab in${chain} ip hdrlength > 5 ip ttl > 1 ip daddr ${destination} fwd ip to ${formatIpv4(via.neighbourAddress)} device ${device}`;
}
