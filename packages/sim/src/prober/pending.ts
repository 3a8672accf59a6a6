import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { ProbingError } from '@revtr/probing';

/** Receives the reply to one probe. */
export type ReplyListener = (packet: Uint8Array) => void;

/** Most probes that one receiver can wait for at once: the sequence number has 16 bits. */
const MOST_PENDING = 65_536;

/** The probes that one receiver waits for, by identifier and sequence number. */
export class PendingProbes {
  readonly #listeners = new Map<number, ReplyListener>();
  readonly #receiver: Ipv4Address;
  #next = 0;

  constructor(receiver: Ipv4Address) {
    this.#receiver = receiver;
  }

  /** Reserves a sequence number under `identifier`. @throws {ProbingError} `proberStopped` when all are taken */
  add(identifier: number, listener: ReplyListener): number {
    for (let tries = 0; tries < MOST_PENDING; tries++) {
      const sequence = this.#next;
      this.#next = (this.#next + 1) & 0xffff;
      const key = keyOf(identifier, sequence);
      if (this.#listeners.has(key)) continue;
      this.#listeners.set(key, listener);
      return sequence;
    }
    throw new ProbingError('proberStopped', 'too many probes wait for replies', {
      receiver: formatIpv4(this.#receiver),
    });
  }

  find(identifier: number, sequence: number): ReplyListener | undefined {
    return this.#listeners.get(keyOf(identifier, sequence));
  }

  remove(identifier: number, sequence: number): void {
    this.#listeners.delete(keyOf(identifier, sequence));
  }
}

const keyOf = (identifier: number, sequence: number): number => identifier * 65_536 + sequence;
