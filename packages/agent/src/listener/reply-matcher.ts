import type { Ipv4Address } from '@revtr/net';
import { echoIdentifierOf, echoSequenceOf, headerLengthOf, ICMP_HEADER_LENGTH } from '@revtr/net';
import { cancelled, readSpoofedReply, type SpoofMark } from '@revtr/probing';

/** A reply that the controller asked for. */
export interface ExpectedReply {
  readonly target: Ipv4Address;
  readonly mark: SpoofMark;
}

interface Waiter extends ExpectedReply {
  readonly take: (packet: Uint8Array) => void;
}

interface EarlyReply {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** A reply may arrive before the order to wait for it: most replies that are kept, and for how long, milliseconds. */
const MOST_EARLY = 2_048;
const EARLY_MS = 2_000;
/** Bytes that replies to spoofed probes carry: the real sender's address, the token and the contact, perhaps padded. */
const LEAST_PAYLOAD = 8;
const MOST_PAYLOAD = 128;
/** Longest packet that is taken, bytes. A target repeats the payload of the probe; what is longer was padded. The controller accepts 3,072 bytes. */
const MOST_PACKET = 1_500;

/** Finds, among all echo replies, the replies to spoofed probes that other agents send. */
export class ReplyMatcher {
  readonly #now: () => number;
  readonly #waiting = new Map<number, Waiter[]>();
  readonly #early = new Map<number, EarlyReply>();
  /** Echo replies seen, and those of them that were expected. */
  readonly counts = { seen: 0, matched: 0 };

  /** `now`: milliseconds of any steady clock. */
  constructor(collaborators: { readonly now: () => number }) {
    this.#now = collaborators.now;
  }

  /** Whether any reply is expected. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Waits for a reply; `undefined` when none came in time. @throws {ProbingError} `cancelled` */
  expect(expected: ExpectedReply, timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const key = keyOf(expected.mark.identifier, expected.mark.sequence);
    const early = this.#early.get(key);
    if (early !== undefined && this.#now() - early.at < EARLY_MS && readSpoofedReply(early.bytes, expected)) {
      this.#early.delete(key);
      this.counts.matched++;
      return Promise.resolve(early.bytes);
    }
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        const others = (this.#waiting.get(key) ?? []).filter((other) => other !== waiter);
        if (others.length > 0) this.#waiting.set(key, others);
        else this.#waiting.delete(key);
      };
      const stop = (): void => {
        finish();
        reject(cancelled());
      };
      const take = (bytes: Uint8Array): void => {
        finish();
        resolve(bytes);
      };
      const waiter: Waiter = { ...expected, take };
      const timer = setTimeout(() => {
        finish();
        resolve(undefined);
      }, timeoutMs);
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiter]);
    });
  }

  /** Takes an echo reply as it arrived; the bytes may change afterwards. One that is too long for a reply to a spoofed probe is ignored. */
  offer(packet: Uint8Array): void {
    this.counts.seen++;
    if (packet.length > MOST_PACKET) return;
    const icmp = headerLengthOf(packet, 0);
    if (packet.length < icmp + ICMP_HEADER_LENGTH) return;
    const key = keyOf(echoIdentifierOf(packet, icmp), echoSequenceOf(packet, icmp));
    const waiter = this.#waiting.get(key)?.find((candidate) => readSpoofedReply(packet, candidate) !== undefined);
    if (waiter !== undefined) {
      this.counts.matched++;
      waiter.take(packet.slice());
      return;
    }
    const payload = packet.length - icmp - ICMP_HEADER_LENGTH;
    if (payload >= LEAST_PAYLOAD && payload <= MOST_PAYLOAD) this.#keepEarly(key, packet.slice());
  }

  #keepEarly(key: number, bytes: Uint8Array): void {
    this.#early.delete(key);
    this.#early.set(key, { bytes, at: this.#now() });
    if (this.#early.size <= MOST_EARLY) return;
    const [oldest] = this.#early.keys();
    this.#early.delete(oldest);
  }
}

const keyOf = (identifier: number, sequence: number): number => identifier * 65_536 + sequence;
