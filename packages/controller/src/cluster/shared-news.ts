import type { Bus, Topic } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { Periodic } from '../foundation/periodic.ts';

export interface SharedNewsOptions<Item> {
  /** Name of the topic. */
  readonly name: string;
  readonly item: z.ZodType<Item>;
  /** Whether this process uses what others find out. One that does not is not asked to repeat anything: it tells what is new. Default true. */
  readonly follows?: boolean;
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
 * starts, or has missed messages, asks for everything that still matters.
 */
export class SharedNews<Item> {
  readonly #collaborators: SharedNewsCollaborators<Item>;
  readonly #topic: Topic<News<Item>>;
  readonly #telling: Periodic;
  readonly #own = new Map<string, Item>();
  readonly #untold = new Set<string>();
  readonly #follows: boolean;
  #asks: boolean;
  #isAsked = false;
  #unsubscribe: () => void = () => undefined;

  constructor({ name, item, follows = true }: SharedNewsOptions<Item>, collaborators: SharedNewsCollaborators<Item>) {
    this.#collaborators = collaborators;
    this.#follows = follows;
    this.#asks = follows;
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
    if (this.#follows)
      this.#unsubscribe = this.#collaborators.bus.subscribe(this.#topic, {
        onMessage: ({ items, asks }) => {
          this.#isAsked ||= asks;
          this.#collaborators.take(items);
        },
        onGap: () => {
          this.#asks = true;
        },
      });
    this.#telling.start();
  }

  async stop(): Promise<void> {
    await this.#telling.stop();
    this.#unsubscribe();
  }

  #tell(): void {
    const { bus, isCurrent } = this.#collaborators;
    if (this.#isAsked)
      for (const [subject, item] of this.#own) {
        if (isCurrent(item)) this.#untold.add(subject);
        else this.#own.delete(subject);
      }
    this.#isAsked = false;
    const items = [...this.#untold].flatMap((subject) => this.#own.get(subject) ?? []);
    this.#untold.clear();
    for (let at = 0; at < items.length || this.#asks; at += MOST_SENT) {
      bus.publish(this.#topic, { items: items.slice(at, at + MOST_SENT), asks: this.#asks });
      this.#asks = false;
    }
  }
}
