import {
  destinationOf,
  echoIdentifierOf,
  echoSequenceOf,
  headerLengthOf,
  ICMP_HEADER_LENGTH,
  type Ipv4Address,
  sourceOf,
} from '@revtr/net';
import type { SpoofMark } from '@revtr/probing';

/** A spoofed probe that is about to leave. */
export interface Emission {
  readonly claimedSource: Ipv4Address;
  readonly target: Ipv4Address;
  readonly mark: SpoofMark;
}

/** Sees spoofed probes leave this host. scamper does not notice when the kernel drops them. */
export class EmissionWatch {
  readonly #waiting = new Map<string, () => void>();

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Waits for a probe to leave; `stop` ends the waiting. */
  watch(emission: Emission): { readonly left: Promise<void>; readonly stop: () => void } {
    const { identifier, sequence } = emission.mark;
    const key = keyOf(emission.claimedSource, emission.target, identifier, sequence);
    const { promise: left, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(key, resolve);
    return { left, stop: () => this.#waiting.delete(key) };
  }

  /** Takes an echo request that was seen. */
  offer(packet: Uint8Array): void {
    if (this.#waiting.size === 0) return;
    const icmp = headerLengthOf(packet, 0);
    if (packet.length < icmp + ICMP_HEADER_LENGTH) return;
    const key = keyOf(
      sourceOf(packet, 0),
      destinationOf(packet, 0),
      echoIdentifierOf(packet, icmp),
      echoSequenceOf(packet, icmp),
    );
    this.#waiting.get(key)?.();
    this.#waiting.delete(key);
  }
}

const keyOf = (source: Ipv4Address, target: Ipv4Address, identifier: number, sequence: number): string =>
  `${source} ${target} ${identifier} ${sequence}`;
