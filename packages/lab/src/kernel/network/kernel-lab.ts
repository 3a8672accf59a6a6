import { KernelLabError } from '../../namespaces/errors.ts';
import { Namespaces } from '../../namespaces/namespaces.ts';
import { routeKey } from '../topology/shortest-paths.ts';
import type { KernelTopology, Route } from '../topology/topology.ts';
import { addressCommands, delayCommand, linkCommands, tunnelCommands } from './devices.ts';
import { markedRoutingCommands, removeMarkedRoutingCommands } from './marked-routing.ts';
import { packetRules } from './packet-rules.ts';
import { routeCommand, routeCommands } from './routes.ts';

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
  readonly namespaces: Namespaces;
  #topology: KernelTopology;

  private constructor(topology: KernelTopology, options: KernelLabOptions) {
    this.#topology = topology;
    this.namespaces = new Namespaces(options);
  }

  /**
   * Builds the network. Removes what an earlier lab of this prefix has left, and everything when a step fails.
   * @throws {KernelLabError} `commandFailed`; `unsupported` when the kernel lacks a feature that the topology uses
   */
  static async up(topology: KernelTopology, options: KernelLabOptions): Promise<KernelLab> {
    const lab = new KernelLab(topology, options);
    try {
      await lab.namespaces.removeLeftovers();
      await lab.#build();
      return lab;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** The network as it is now. Changes replace it. */
  get topology(): KernelTopology {
    return this.#topology;
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
    const key = routeKey(routes[0]);
    const others = this.#topology.routes.filter((route) => routeKey(route) !== key);
    await this.#batch(routes[0].at, [routeCommand(this.#topology, routes)]);
    this.#topology = { ...this.#topology, routes: [...others, ...routes] };
  }

  /**
   * Changes routes and policies to those of another state of the same network.
   * @throws {KernelLabError} `commandFailed`
   */
  async change(to: KernelTopology): Promise<void> {
    const from = this.#topology;
    for (const node of to.nodes.keys()) {
      const [before, after] = [routeCommands(from, node), routeCommands(to, node)];
      const changed = [...after].flatMap(([key, command]) => (before.get(key) === command ? [] : [command]));
      const removed = [...before.keys()].flatMap((key) => (after.has(key) ? [] : [`route del ${key.split(' ')[1]}`]));
      const marked = [...removeMarkedRoutingCommands(from, node), ...markedRoutingCommands(to, node)];
      await this.#batch(node, [...removed, ...changed, ...marked]);
      const rules = packetRules(to, node);
      if (rules !== packetRules(from, node)) await this.#loadRules(node, rules);
    }
    this.#topology = { ...to, changes: from.changes };
  }

  async #build(): Promise<void> {
    const { nodes, interfaces } = this.#topology;
    const sysctls = SYSCTLS.map(([name, value]) => `${name}=${value}`);
    for (const [i, [node, { options }]] of [...nodes].entries()) {
      await this.namespaces.add(this.namespaceOf(node));
      const hash = [
        `net.ipv4.fib_multipath_hash_policy=${options.balance === 'ports' ? 1 : 0}`,
        // A fixed seed makes every run choose the same members. Kernels before 6.11 have no such setting (-e).
        `net.ipv4.fib_multipath_hash_seed=${i + 1}`,
      ];
      await this.exec(node, 'sysctl', '-e', '-q', '-w', ...sysctls, ...hash);
    }
    const namespaceOf = (node: string): string => this.namespaceOf(node);
    await this.namespaces.feed(linkCommands(this.#topology, namespaceOf).join('\n'), 'ip', '-batch', '-');
    for (const node of nodes.keys()) {
      await this.#supported(
        'tunnels',
        'the kernel lacks a kind of tunnel',
        this.#batch(node, tunnelCommands(this.#topology, node)),
      );
      await this.#batch(node, [
        ...addressCommands(this.#topology, node),
        ...routeCommands(this.#topology, node).values(),
        ...markedRoutingCommands(this.#topology, node),
      ]);
      await this.#loadRules(node, packetRules(this.#topology, node));
    }
    for (const end of interfaces.filter(({ delayMs }) => delayMs !== undefined))
      await this.#supported(
        'delayMs',
        'the kernel lacks netem (CONFIG_NET_SCH_NETEM)',
        this.exec(end.node, 'tc', ...delayCommand(end)),
      );
  }

  async #batch(node: string, commands: readonly string[]): Promise<void> {
    if (commands.length > 0)
      await this.namespaces.feed(
        commands.join('\n'),
        'ip',
        'netns',
        'exec',
        this.namespaceOf(node),
        'ip',
        '-batch',
        '-',
      );
  }

  async #loadRules(node: string, rules: string): Promise<void> {
    await this.namespaces.feed(rules, 'ip', 'netns', 'exec', this.namespaceOf(node), 'nft', '-f', '-');
  }

  /** Turns the failure of a command into an error that names the feature. */
  async #supported(feature: string, explanation: string, work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof KernelLabError) || error.code !== 'commandFailed') throw error;
      throw new KernelLabError('unsupported', `${explanation}, which the topology file uses: ${error.message}`, {
        feature,
      });
    }
  }
}
