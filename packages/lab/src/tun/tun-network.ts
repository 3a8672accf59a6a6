import { inNetworkNamespace, TunDevice } from '@revtr/linux';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type SimulatedInternet, TunAttachment, type TunHost } from '@revtr/sim';
import { Namespaces } from '../namespaces/namespaces.ts';

export interface TunNetworkOptions {
  /** Begins the name of every namespace. At most five characters. */
  readonly prefix: string;
  /** Hosts of the simulated Internet that shall be real, each in a namespace of its own. */
  readonly hosts: readonly { readonly name: string; readonly address: Ipv4Address }[];
}

const DEVICE = 'tun0';
const QUEUE = '5000';

/** Namespaces whose only way out is a simulated Internet of real packets, in real time. Needs root. */
export class TunNetwork {
  readonly namespaces: Namespaces;
  readonly #over = new AbortController();
  #attachment: TunAttachment | undefined;
  #driving: Promise<void> = Promise.resolve();

  private constructor(options: TunNetworkOptions) {
    this.namespaces = new Namespaces(options);
  }

  /** Builds the namespaces and lets time pass as on this machine. @throws {KernelLabError} `commandFailed`; {LinuxError} */
  static async up(
    options: TunNetworkOptions,
    { internet }: { readonly internet: SimulatedInternet },
  ): Promise<TunNetwork> {
    const network = new TunNetwork(options);
    try {
      const hosts: TunHost[] = [];
      for (const { name, address } of options.hosts)
        hosts.push({ address, device: await network.#addHost(name, address) });
      network.#attachment = new TunAttachment({ hosts }, internet);
      network.#attachment.start();
      internet.clock.pace();
      network.#driving = internet.clock.runUntil(network.#over.signal);
      return network;
    } catch (error) {
      await network.down();
      throw error;
    }
  }

  async down(): Promise<void> {
    this.#over.abort();
    await this.#driving;
    this.#attachment?.stop();
    await this.namespaces.down();
  }

  async #addHost(name: string, address: Ipv4Address): Promise<TunDevice> {
    const namespace = this.namespaces.of(name);
    await this.namespaces.add(namespace);
    const device = inNetworkNamespace(namespace, () => TunDevice.open(DEVICE));
    const run = (...command: readonly string[]): Promise<string> => this.namespaces.exec(namespace, ...command);
    for (const setting of ['all', 'default', DEVICE])
      await run('sysctl', '-q', '-w', `net.ipv4.conf.${setting}.rp_filter=0`);
    await run('ip', 'addr', 'add', `${formatIpv4(address)}/32`, 'dev', DEVICE);
    await run('ip', 'link', 'set', DEVICE, 'up', 'txqueuelen', QUEUE);
    await run('ip', 'route', 'add', 'default', 'dev', DEVICE);
    return device;
  }
}
