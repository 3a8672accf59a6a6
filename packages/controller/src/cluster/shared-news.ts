import type { Bus, Topic } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { Periodic } from '../foundation/periodic.ts';

export interface SharedNewsOptions<Item> {
  /** Name of the topic. */
  readonly name: string;
  readonly item: z.ZodType<Item>;
  /** Set for news that are of use only at the moment: nobody asks for them again, and nobody keeps what has been told. */
  readonly fleeting?: {
    /** Whether this process uses what others find out. */
    readonly follows: boolean;
  };
}

export interface SharedNewsCollaborators<Item> {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** Takes over what another process has found out. It must be idempotent: news are repeated. */
  readonly take: (items: readonly Item[]) => void;
  /** Whether an item still matters. */
  readonly isCurrent: (item: Item) => boolean;
}

/** Items in one message, and of one process that are kept for others; the oldest are dropped first. */
const MOST_SENT = 1_000;
const MOST_KEPT = 10_000;
const TELL_MS = 1_000;
const NEWS_BYTES = 256 * 1_024;

interface News<Item> {
  readonly items: readonly Item[];
  /** Whether the sender has just started or has missed messages: the others repeat what matters. */
  readonly asks: boolean;
}

/**
 * Tells the other processes every second what this one has found out, by subject: the latest item about a subject replaces earlier ones. A process that
 * starts, or has missed messages, asks for everything that still matters, except for fleeting news.
 */
export class SharedNews<Item> {
  readonly #collaborators: SharedNewsCollaborators<Item>;
  readonly #topic: Topic<News<Item>>;
  readonly #telling: Periodic;
  readonly #own = new Map<string, Item>();
  readonly #untold = new Set<string>();
  readonly #fleeting: SharedNewsOptions<Item>['fleeting'];
  #asks: boolean;
  #isAsked = false;
  #unsubscribe: () => void = () => undefined;

  constructor({ name, item, fleeting }: SharedNewsOptions<Item>, collaborators: SharedNewsCollaborators<Item>) {
    this.#collaborators = collaborators;
    this.#fleeting = fleeting;
    this.#asks = fleeting === undefined;
    const schema = z.object({ items: z.array(item).max(MOST_SENT).readonly(), asks: z.boolean() });
    this.#topic = { name, schema, mostBytes: NEWS_BYTES };
    const { clock, onError } = collaborators;
    this.#telling = new Periodic({ everyMs: TELL_MS }, { clock, work: async () => this.#tell(), onError });
  }

  /** Notes what this process has found out about a subject. */
  note(subject: string, item: Item): void {
    this.#own.delete(subject);
    this.#own.set(subject, item);
    this.#untold.add(subject);
    for (const oldest of this.#own.keys()) {
      if (this.#own.size <= MOST_KEPT) break;
      this.#own.delete(oldest);
      this.#untold.delete(oldest);
    }
  }

  start(): void {
    if (this.#fleeting?.follows !== false)
      this.#unsubscribe = this.#collaborators.bus.subscribe(this.#topic, {
        onMessage: ({ items, asks }) => {
          this.#isAsked ||= asks;
          this.#collaborators.take(items);
        },
        onGap: () => {
          this.#asks = this.#fleeting === undefined;
        },
      });
    this.#telling.start();
  }

  async stop(): Promise<void> {
    await this.#telling.stop();
    this.#unsubscribe();
  }

  #tell(): void {
    const { bus } = this.#collaborators;
    if (this.#isAsked) for (const subject of this.#own.keys()) this.#untold.add(subject);
    this.#isAsked = false;
    this.#dropOutdated();
    const news = [...this.#untold].flatMap((subject) => {
      const item = this.#own.get(subject);
      return item === undefined ? [] : [{ subject, item }];
    });
    for (let at = 0; at < news.length || this.#asks; at += MOST_SENT) {
      const part = news.slice(at, at + MOST_SENT);
      // What was not sent is told, and asked, the next time.
      if (!bus.publish(this.#topic, { items: part.map(({ item }) => item), asks: this.#asks })) return;
      this.#asks = false;
      for (const { subject } of part) this.#told(subject);
    }
  }

  #dropOutdated(): void {
    for (const subject of this.#untold) {
      const item = this.#own.get(subject);
      if (item !== undefined && this.#collaborators.isCurrent(item)) continue;
      this.#untold.delete(subject);
      this.#own.delete(subject);
    }
  }

  #told(subject: string): void {
    this.#untold.delete(subject);
    if (this.#fleeting !== undefined) this.#own.delete(subject);
  }
}
