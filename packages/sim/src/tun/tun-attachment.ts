import { PollLoop, type TunDevice } from '@revtr/linux';
import type { Ipv4Address } from '@revtr/net';
import type { Network } from '../forwarding/network.ts';

/** A real host in the simulated Internet: the device carries its packets in both directions. */
export interface TunHost {
  readonly address: Ipv4Address;
  readonly device: TunDevice;
}

/** Attaches real hosts to a simulated network, which must use a clock in real time (`VirtualClock.pace`). Their packets are untrusted. */
export class TunAttachment {
  readonly #hosts: readonly TunHost[];
  readonly #loop: PollLoop;
  readonly #detach: readonly (() => void)[];

  constructor(options: { readonly hosts: readonly TunHost[] }, collaborators: { readonly network: Network }) {
    const { network } = collaborators;
    this.#hosts = options.hosts;
    this.#detach = options.hosts.map(({ address, device }) =>
      network.attach(address, (packet) => device.write(packet)),
    );
    this.#loop = new PollLoop(
      options.hosts.map(({ address, device }) => ({
        read: () => device.drain((packet) => network.send(packet, address)),
        isWanted: () => false,
      })),
    );
  }

  /** Starts reading the devices. */
  start(): void {
    this.#loop.start();
  }

  /** Detaches the hosts and removes their devices. */
  stop(): void {
    this.#loop.stop();
    for (const detach of this.#detach) detach();
    for (const { device } of this.#hosts) device.close();
  }
}
