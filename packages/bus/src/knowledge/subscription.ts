import type { Clock } from '@revtr/probing';
import type { Topic } from '../contracts.ts';
import { decode, envelopeSchema, NOTHING } from '../messages.ts';

/** Who follows a topic. */
export interface Follower<Message> {
  /** Takes one message. The next one follows when this resolves. A message that this rejects is as good as lost. */
  readonly onMessage: (message: Message) => void | Promise<void>;
  /**
   * Messages were lost: what they said must be read elsewhere, for instance from the database. When this rejects, it is called again after a pause,
   * and messages are taken meanwhile.
   */
  readonly onGap: () => void | Promise<void>;
}

/** Limits of what waits for a slow follower. */
export interface QueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

export interface SubscriptionOptions<Message> {
  readonly topic: Topic<Message>;
  readonly limits: QueueLimits;
  /** Pause before a follower that failed is told again that messages were lost, milliseconds. */
  readonly pauseMs: number;
}

export interface SubscriptionCollaborators<Message> {
  readonly follower: Follower<Message>;
  readonly clock: Clock;
  readonly onProblem: (error: unknown) => void;
}

const MOST_SENDERS = 10_000;

/**
 * Hands the messages of a topic to one follower, one after the other. A follower that is too slow loses what waits for it, and is
 * told so, as it is when the connection was lost or a message is missing.
 */
export class Subscription<Message> {
  readonly #options: SubscriptionOptions<Message>;
  readonly #collaborators: SubscriptionCollaborators<Message>;
  /** Number of the last message of each sender. */
  readonly #numbers = new Map<string, number>();
  readonly #over = new AbortController();
  #waiting: { readonly message: Message; readonly bytes: number }[] = [];
  #bytes = 0;
  #hasGap = false;
  #isDraining = false;
  #isPausing = false;

  constructor(options: SubscriptionOptions<Message>, collaborators: SubscriptionCollaborators<Message>) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  take(data: Uint8Array): void {
    const { schema, mostBytes, name } = this.#options.topic;
    const envelope = decode(data, envelopeSchema, mostBytes);
    const body = envelope && schema.safeParse(envelope.body);
    if (envelope !== undefined && this.#misses(envelope.from, envelope.number)) this.#hasGap = true;
    if (envelope?.body === NOTHING) this.#hasGap = true;
    else if (body?.success !== true) {
      this.#collaborators.onProblem(new Error(`a message of the topic ${name} cannot be read`));
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
    this.#over.abort();
    this.#waiting = [];
  }

  #add(message: Message, bytes: number): void {
    const { limits } = this.#options;
    if (this.#waiting.length >= limits.messages || this.#bytes + bytes > limits.bytes) {
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
    const { follower, onProblem } = this.#collaborators;
    while (!this.#over.signal.aborted && (this.#hasGap || this.#waiting.length > 0)) {
      try {
        if (this.#hasGap) {
          this.#hasGap = false;
          await follower.onGap();
          continue;
        }
        const [next] = this.#waiting.splice(0, 1);
        this.#bytes -= next.bytes;
        await follower.onMessage(next.message);
      } catch (error) {
        onProblem(error);
        void this.#noteGapLater();
      }
    }
    this.#isDraining = false;
  }

  /** What a follower failed to learn, it is told to read: it may know it by no other way. */
  async #noteGapLater(): Promise<void> {
    if (this.#isPausing) return;
    this.#isPausing = true;
    await this.#collaborators.clock.sleep(this.#options.pauseMs, this.#over.signal).catch(() => undefined);
    this.#isPausing = false;
    this.noteGap();
  }
}
