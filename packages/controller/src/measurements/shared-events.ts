import type { Bus, Topic } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { Periodic } from '../foundation/periodic.ts';
import type { BatchEvent, BatchEvents, BatchRelay } from './batch-events.ts';
import { hopSchema } from './stored-result.ts';

const measurement = z.int();
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('path'), measurement, hops: z.array(hopSchema) }),
  z.object({
    type: z.literal('trying'),
    measurement,
    technique: z.string(),
    hop: z.string(),
    vantagePoints: z.int().exactOptional(),
  }),
  z.object({ type: z.literal('rtt'), measurement, hop: z.string(), rttMs: z.number() }),
  z.object({ type: z.literal('ended'), measurement, stopReason: z.string() }),
]);
const eventsTopic: Topic<{ readonly batchId: number; readonly event: BatchEvent }> = {
  name: 'batch-events',
  schema: z.object({ batchId: z.int(), event: eventSchema }),
  mostBytes: 128 * 1_024,
};

const MOST_FOLLOWED = 5_000;
const followersTopic: Topic<readonly { readonly batchId: number; readonly paths: boolean }[]> = {
  name: 'batch-followers',
  schema: z.array(z.object({ batchId: z.int(), paths: z.boolean() })).max(MOST_FOLLOWED),
  mostBytes: 512 * 1_024,
};
/** How often a process says which batches it follows, and how long the others believe it, milliseconds. */
const FOLLOW_MS = 5_000;
const BELIEVE_MS = 15_000;

/**
 * Passes what happens to batches from the engine that measures to the process whose user follows the batch. An event that is lost on the way
 * is not repeated: the process that follows a batch looks into the database as well.
 */
export class SharedEvents implements BatchRelay {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #events: BatchEvents;
  readonly #saying: Periodic;
  /** Batches that other processes follow. */
  readonly #followed = new Map<number, { readonly paths: boolean; readonly until: number }>();
  readonly #unsubscribe: (() => void)[] = [];

  constructor(collaborators: {
    readonly bus: Bus;
    readonly events: BatchEvents;
    readonly clock: Clock;
    readonly onError: (error: unknown) => void;
  }) {
    const { bus, events, clock, onError } = collaborators;
    this.#bus = bus;
    this.#clock = clock;
    this.#events = events;
    this.#saying = new Periodic(
      { everyMs: FOLLOW_MS },
      { clock, work: async () => this.#say(events.followed()), onError },
    );
    events.relayTo(this);
  }

  start(): void {
    const onGap = (): void => undefined;
    this.#unsubscribe.push(
      this.#bus.subscribe(eventsTopic, {
        onMessage: ({ batchId, event }) => this.#events.deliver(batchId, event),
        onGap,
      }),
      this.#bus.subscribe(followersTopic, { onMessage: (followed) => this.#believe(followed), onGap }),
    );
    this.#saying.start();
  }

  async stop(): Promise<void> {
    await this.#saying.stop();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  wantsPaths(batchId: number): boolean {
    return this.#followerOf(batchId)?.paths === true;
  }

  publish(batchId: number, event: BatchEvent): void {
    const follower = this.#followerOf(batchId);
    if (follower !== undefined && (follower.paths || event.type === 'ended'))
      this.#bus.publish(eventsTopic, { batchId, event });
  }

  subscribed(batchId: number, paths: boolean): void {
    this.#say([{ batchId, paths }]);
  }

  /** What other processes want to see of a batch; `undefined` when none follows it any more. */
  #followerOf(batchId: number): { readonly paths: boolean } | undefined {
    const follower = this.#followed.get(batchId);
    return follower !== undefined && follower.until > this.#clock.now() ? follower : undefined;
  }

  #say(followed: ReturnType<BatchEvents['followed']>): void {
    if (followed.length > 0) this.#bus.publish(followersTopic, followed.slice(0, MOST_FOLLOWED));
  }

  #believe(followed: ReturnType<BatchEvents['followed']>): void {
    const now = this.#clock.now();
    for (const [batchId, { until }] of this.#followed) if (until <= now) this.#followed.delete(batchId);
    for (const { batchId, paths } of followed) {
      const others = this.#followed.get(batchId)?.paths === true;
      this.#followed.set(batchId, { paths: paths || others, until: now + BELIEVE_MS });
    }
  }
}
