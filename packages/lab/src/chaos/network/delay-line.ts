import { inNetworkNamespace, PollLoop, TunDevice } from '@revtr/linux';
import { destinationOf, formatIpv4, MIN_HEADER_LENGTH, sourceOf } from '@revtr/net';

const DEVICE = 'slow0';
const MOST_HELD = 20_000;

/** Packets from one address to another. */
interface Flow {
  readonly delayMs: () => number;
  /** When its last packet leaves: packets keep their order. */
  lastAt: number;
}

/**
 * A TUN device in a network namespace that holds packets for a while and then sends them on: the delay that `tc netem` adds, for kernels
 * without it. Packets reach the device by a route, and the kernel forwards what the device sends.
 */
export class DelayLine {
  static readonly device = DEVICE;
  readonly #tun: TunDevice;
  readonly #loop: PollLoop;
  readonly #flows = new Map<string, Flow>();
  readonly #held = new Set<NodeJS.Timeout>();

  private constructor(tun: TunDevice) {
    this.#tun = tun;
    const read = (): number => tun.drain((packet) => this.#take(packet));
    this.#loop = new PollLoop([{ read, isWanted: () => this.#held.size > 0 }]);
  }

  /** Creates the device, which is down. @throws {LinuxError} */
  static open(namespace: string): DelayLine {
    return new DelayLine(inNetworkNamespace(namespace, () => TunDevice.open(DEVICE)));
  }

  start(): void {
    this.#loop.start();
  }

  /** Packets from one address to another (dotted quads) take `delayMs` longer from now on. */
  slow(from: string, to: string, delayMs: () => number): void {
    this.#flows.set(`${from} ${to}`, { delayMs, lastAt: 0 });
  }

  /** Packets from one address to another are no longer held. */
  heal(from: string, to: string): void {
    this.#flows.delete(`${from} ${to}`);
  }

  close(): void {
    this.#loop.stop();
    for (const timer of this.#held) clearTimeout(timer);
    this.#tun.close();
  }

  #take(packet: Uint8Array): void {
    // A router drops what does not fit its queue. The kernel also sends IPv6 packets into the device.
    if (this.#held.size >= MOST_HELD || packet.length < MIN_HEADER_LENGTH) return;
    const copy = packet.slice();
    const flow = this.#flows.get(`${formatIpv4(sourceOf(copy, 0))} ${formatIpv4(destinationOf(copy, 0))}`);
    const now = performance.now();
    const leavesAt = Math.max(now + (flow?.delayMs() ?? 0), flow?.lastAt ?? 0);
    if (flow !== undefined) flow.lastAt = leavesAt;
    const timer = setTimeout(() => {
      this.#held.delete(timer);
      this.#tun.write(copy);
    }, leavesAt - now);
    this.#held.add(timer);
  }
}
