import type { Ipv4Address } from '@revtr/net';
import { type SimulatedInternet, TunAttachment, type TunHost } from '@revtr/sim';
import { Namespaces } from '../namespaces/namespaces.ts';
import { openTunHost } from './tun-host.ts';

export interface TunNetworkOptions {
  /** Starts the name of each namespace. At most five characters. */
  readonly prefix: string;
  /** Hosts of the simulated Internet that run real programs. Each host gets its own namespace. */
  readonly hosts: readonly { readonly name: string; readonly address: Ipv4Address }[];
}

/**
 * Network namespaces whose default route is a TUN device that the simulator reads and writes. Virtual time runs at the speed
 * of real time. Requires root.
 */
export class TunNetwork {
  readonly namespaces: Namespaces;
  readonly #over = new AbortController();
  #attachment: TunAttachment | undefined;
  #driving: Promise<void> = Promise.resolve();

  private constructor(options: TunNetworkOptions) {
    this.namespaces = new Namespaces(options);
  }

  /**
   * Builds the namespaces, attaches them to the simulator and starts its clock. Removes everything when a step fails.
   * @throws {KernelLabError} `commandFailed`
   * @throws {LinuxError} when a TUN device cannot be opened
   */
  static async up(
    options: TunNetworkOptions,
    { internet }: { readonly internet: SimulatedInternet },
  ): Promise<TunNetwork> {
    const network = new TunNetwork(options);
    try {
      const hosts: TunHost[] = [];
      for (const { name, address } of options.hosts) {
        const namespace = network.namespaces.of(name);
        await network.namespaces.add(namespace);
        hosts.push(await openTunHost(namespace, address, network.namespaces));
      }
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

  /** Stops the simulator and removes the namespaces. */
  async down(): Promise<void> {
    this.#over.abort();
    await this.#driving;
    this.#attachment?.stop();
    await this.namespaces.down();
  }
}
