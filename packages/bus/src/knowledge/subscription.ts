import type { Topic } from '../contracts.ts';
import { decode, envelopeSchema, NOTHING } from '../messages.ts';

/** Who follows a topic. */
export interface Follower<Message> {
  /** Takes one message. The next one follows when this resolves. */
  readonly onMessage: (message: Message) => void | Promise<void>;
  /** Messages were lost: what they said must be read elsewhere, for instance from the database. */
  readonly onGap: () => void | Promise<void>;
}

/** Limits of what waits for a slow follower. */
export interface QueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

const MOST_SENDERS = 10_000;

/**
 * Hands the messages of a topic to one follower, one after the other. A follower that is too slow loses what waits for it, and is
 * told so, as it is when the connection was lost or a message is missing.
 */
export class Subscription<Message> {
  readonly #topic: Topic<Message>;
  readonly #follower: Follower<Message>;
  readonly #limits: QueueLimits;
  readonly #onProblem: (error: unknown) => void;
  /** Number of the last message of each sender. */
  readonly #numbers = new Map<string, number>();
  #waiting: { readonly message: Message; readonly bytes: number }[] = [];
  #bytes = 0;
  #hasGap = false;
  #isDraining = false;
  #isOver = false;

  constructor(
    options: { readonly topic: Topic<Message>; readonly limits: QueueLimits },
    collaborators: { readonly follower: Follower<Message>; readonly onProblem: (error: unknown) => void },
  ) {
    this.#topic = options.topic;
    this.#limits = options.limits;
    this.#follower = collaborators.follower;
    this.#onProblem = collaborators.onProblem;
  }

  take(data: Uint8Array): void {
    const { schema, mostBytes, name } = this.#topic;
    const envelope = decode(data, envelopeSchema, mostBytes);
    const body = envelope && schema.safeParse(envelope.body);
    if (envelope !== undefined && this.#misses(envelope.from, envelope.number)) this.#hasGap = true;
    if (envelope?.body === NOTHING) this.#hasGap = true;
    else if (body?.success !== true) {
      this.#onProblem(new Error(`a message of the topic ${name} cannot be read`));
      this.#hasGap = true;
    } else this.#add(body.data, data.length);
    void this.#drain();
  }

  /** Messages may have been lost. */
  noteGap(): void {
    this.#hasGap = true;
    void this.#drain();
  }

  end(): void {
    this.#isOver = true;
    this.#waiting = [];
  }

  #add(message: Message, bytes: number): void {
    if (this.#waiting.length >= this.#limits.messages || this.#bytes + bytes > this.#limits.bytes) {
      this.#waiting = [];
      this.#bytes = 0;
      this.#hasGap = true;
    }
    this.#waiting.push({ message, bytes });
    this.#bytes += bytes;
  }

  #misses(from: string, number: number): boolean {
    const last = this.#numbers.get(from) ?? 0;
    this.#numbers.delete(from);
    this.#numbers.set(from, number);
    for (const oldest of this.#numbers.keys()) {
      if (this.#numbers.size <= MOST_SENDERS) break;
      this.#numbers.delete(oldest);
    }
    return number !== last + 1;
  }

  async #drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const { onMessage, onGap } = this.#follower;
    while (!this.#isOver && (this.#hasGap || this.#waiting.length > 0)) {
      try {
        if (this.#hasGap) {
          this.#hasGap = false;
          await onGap();
          continue;
        }
        const [next] = this.#waiting.splice(0, 1);
        this.#bytes -= next.bytes;
        await onMessage(next.message);
      } catch (error) {
        this.#onProblem(error);
      }
    }
    this.#isDraining = false;
  }
}
