import { Namespaces } from '../../namespaces/namespaces.ts';
import { DelayLine } from './delay-line.ts';

/** A process of a run, with its own network namespace. */
export interface StarHost {
  /** Network namespace. */
  readonly namespace: string;
  /** Dotted quad under which the others reach it. */
  readonly address: string;
}

/** Packets from one name to another. Names are those of hosts and of services. */
export interface Direction {
  readonly from: string;
  readonly to: string;
}

const NETWORK = '10.213.0';
const GATEWAY = '169.254.1.1';
const FIRST_HOST = 11;
/** Services have addresses below those of hosts. */
const FIRST_SERVICE = 2;
const SLOW_MARK = 1;
const SLOW_TABLE = 100;
const TABLE = 'chaos';
const RULES = `table ip ${TABLE} {
  set cuts { type ipv4_addr . ipv4_addr; }
  set slow { type ipv4_addr . ipv4_addr; }
  chain marking {
    type filter hook prerouting priority mangle;
    iifname != "${DelayLine.device}" ip saddr . ip daddr @slow meta mark set ${SLOW_MARK}
  }
  chain forwarding {
    type filter hook forward priority filter;
    ip saddr . ip daddr @cuts drop
  }
}
`;

/**
 * Hosts in network namespaces around a router, which can drop or delay the packets of any pair of hosts, in one direction or in both. A service
 * address belongs to one host at a time, and can move. Requires root.
 */
export class StarNetwork {
  readonly #namespaces: Namespaces;
  readonly #router: string;
  readonly #hosts = new Map<string, StarHost>();
  /** Addresses by name of host or service. A host may have more than one. */
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #delays: DelayLine;

  private constructor(namespaces: Namespaces, router: string, delays: DelayLine) {
    this.#namespaces = namespaces;
    this.#router = router;
    this.#delays = delays;
  }

  /**
   * Builds the router. Removes what an earlier network of this prefix has left, and everything when a step fails.
   * @param options `prefix` starts the name of each namespace. At most five characters.
   * @throws {KernelLabError} `commandFailed`
   */
  static async up(options: { readonly prefix: string }): Promise<StarNetwork> {
    const namespaces = new Namespaces(options);
    const router = namespaces.control;
    try {
      await namespaces.removeLeftovers();
      await namespaces.add(router);
      const delays = DelayLine.open(router);
      const settings = ['net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0'];
      for (const setting of settings) await namespaces.exec(router, 'sysctl', '-q', '-w', setting);
      await namespaces.exec(router, 'sysctl', '-q', '-w', `net.ipv4.conf.${DelayLine.device}.rp_filter=0`);
      const commands = [
        `link set ${DelayLine.device} up txqueuelen 5000`,
        `rule add iif ${DelayLine.device} lookup main pref 10`,
        `rule add fwmark ${SLOW_MARK} lookup ${SLOW_TABLE} pref 20`,
        `route add default dev ${DelayLine.device} table ${SLOW_TABLE}`,
      ];
      await namespaces.feed(lines(commands), 'ip', '-n', router, '-batch', '-');
      await namespaces.feed(RULES, 'ip', 'netns', 'exec', router, 'nft', '-f', '-');
      delays.start();
      return new StarNetwork(namespaces, router, delays);
    } catch (error) {
      await namespaces.down();
      throw error;
    }
  }

  /** Network namespace of the router, which reaches every host whatever is cut, under {@link StarNetwork.gateway}. */
  get router(): string {
    return this.#router;
  }

  /** Address of the router for every host, dotted quad. */
  static readonly gateway = GATEWAY;

  /** Adds a host. `others` are addresses (dotted quads) that it has besides its own. @throws {KernelLabError} `commandFailed` */
  async add(name: string, others: readonly string[] = []): Promise<StarHost> {
    const namespace = this.#namespaces.of(name);
    await this.#namespaces.add(namespace);
    return this.#connect(name, namespace, namespace, others);
  }

  /** Adds this process as a host. It must have a network namespace of its own, without other interfaces. @throws {KernelLabError} `commandFailed` */
  async join(name: string): Promise<StarHost> {
    await this.#run(undefined, ['link set lo up']);
    return this.#connect(name, undefined, String(process.pid), []);
  }

  /** Connects a namespace with the router. `namespace`: its name; absent for that of this process. `peer`: its name or the id of a process in it. */
  async #connect(
    name: string,
    namespace: string | undefined,
    peer: string,
    others: readonly string[],
  ): Promise<StarHost> {
    const address = `${NETWORK}.${FIRST_HOST + this.#hosts.size}`;
    const host = { namespace: namespace ?? peer, address };
    const outside = `v${this.#hosts.size}`;
    this.#hosts.set(name, host);
    this.#addresses.set(name, [address, ...others]);
    await this.#run(this.#router, [
      `link add ${outside} type veth peer name out netns ${peer}`,
      `addr add ${GATEWAY}/32 dev ${outside}`,
      `link set ${outside} up`,
      `route add ${address} dev ${outside}`,
      ...others.map((other) => `route add ${other} via ${address} dev ${outside} onlink`),
    ]);
    await this.#run(namespace, [
      `addr add ${address}/32 dev out`,
      ...others.map((other) => `addr add ${other}/32 dev lo`),
      'link set out up',
      `route add default via ${GATEWAY} dev out onlink src ${address}`,
    ]);
    return host;
  }

  /**
   * Takes the default route from a host, which reaches only the other hosts from now on, from its address `from` (dotted quad). Another device
   * can get the default route. @throws {KernelLabError} `commandFailed`
   */
  async confine(name: string, from: string): Promise<void> {
    const inner = `route add ${NETWORK}.0/24 via ${GATEWAY} dev out onlink src ${from}`;
    await this.#run(this.#host(name).namespace, ['route del default', inner]);
  }

  /** Gives a service an address, which a host has from now on. Returns the address. @throws {KernelLabError} `commandFailed` */
  async addService(name: string, host: string): Promise<string> {
    const address = `${NETWORK}.${FIRST_SERVICE}`;
    this.#addresses.set(name, [address]);
    await this.moveService(name, host);
    return address;
  }

  /** Moves the address of a service to another host: connections that were open end. @throws {KernelLabError} `commandFailed` */
  async moveService(name: string, host: string): Promise<void> {
    const [address] = this.addressesOf(name);
    const to = this.#host(host);
    // Every host may keep the address, because the router alone decides who gets its packets.
    await this.#namespaces.exec(to.namespace, 'ip', 'addr', 'add', `${address}/32`, 'dev', 'lo').catch(() => undefined);
    const device = `v${[...this.#hosts.keys()].indexOf(host)}`;
    await this.#run(this.#router, [`route replace ${address} via ${to.address} dev ${device} onlink`]);
  }

  /** Names of all hosts. */
  get hosts(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  /** The addresses of a host, its own first, or of a service. @throws {RangeError} when there is none of this name */
  addressesOf(name: string): readonly string[] {
    const addresses = this.#addresses.get(name);
    if (addresses === undefined) throw new RangeError(`the network has no host or service ${name}`);
    return addresses;
  }

  /** Drops all packets of some directions. @throws {KernelLabError} `commandFailed` */
  async cut(directions: readonly Direction[]): Promise<void> {
    await this.#change('add', 'cuts', directions);
  }

  /** Lets packets of directions that were cut pass. @throws {KernelLabError} `commandFailed` */
  async mend(directions: readonly Direction[]): Promise<void> {
    await this.#change('delete', 'cuts', directions);
  }

  /** Delays all packets of some directions by `delayMs`, asked for each packet. @throws {KernelLabError} `commandFailed` */
  async slow(directions: readonly Direction[], delayMs: () => number): Promise<void> {
    for (const [from, to] of this.#pairs(directions)) this.#delays.slow(from, to, delayMs);
    await this.#change('add', 'slow', directions);
  }

  /** Ends the delay of directions. @throws {KernelLabError} `commandFailed` */
  async hasten(directions: readonly Direction[]): Promise<void> {
    await this.#change('delete', 'slow', directions);
    for (const [from, to] of this.#pairs(directions)) this.#delays.heal(from, to);
  }

  /** Sends a signal to all processes of a host. @throws {KernelLabError} `commandFailed` */
  signal(host: string, signal: NodeJS.Signals): Promise<void> {
    return this.#namespaces.signal(this.#host(host).namespace, signal);
  }

  /** Kills all processes in the namespaces and removes them. */
  async down(): Promise<void> {
    this.#delays.close();
    await this.#namespaces.down();
  }

  async #change(verb: 'add' | 'delete', set: 'cuts' | 'slow', directions: readonly Direction[]): Promise<void> {
    const elements = this.#pairs(directions).map(([from, to]) => `${from} . ${to}`);
    const command = `${verb} element ip ${TABLE} ${set} { ${elements.join(', ')} }\n`;
    await this.#namespaces.feed(command, 'ip', 'netns', 'exec', this.#router, 'nft', '-f', '-');
  }

  #pairs(directions: readonly Direction[]): (readonly [string, string])[] {
    return directions.flatMap(({ from, to }) =>
      this.addressesOf(from).flatMap((sender) => this.addressesOf(to).map((receiver) => [sender, receiver] as const)),
    );
  }

  /** Runs commands of `ip` in a namespace; in that of this process when it has no name. */
  async #run(namespace: string | undefined, commands: readonly string[]): Promise<void> {
    const place = namespace === undefined ? [] : ['-n', namespace];
    await this.#namespaces.feed(lines(commands), 'ip', ...place, '-batch', '-');
  }

  #host(name: string): StarHost {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new RangeError(`the network has no host ${name}`);
    return host;
  }
}

/** Both directions between two hosts. */
export const between = (one: string, other: string): readonly Direction[] => [
  { from: one, to: other },
  { from: other, to: one },
];

const lines = (commands: readonly string[]): string => commands.map((command) => `${command}\n`).join('');
