import type { Bus, Topic } from '@revtr/bus';
import { BUDGET_KINDS, type BudgetKind, type Clock } from '@revtr/probing';
import { z } from 'zod';
import { Periodic } from '../../foundation/periodic.ts';
import type { BudgetGuard, CountedPackets } from './budget-guard.ts';
import { forEachKind } from './subjects.ts';

/** Subjects in one message. */
const MOST_COUNTS = 2_000;
/** Subjects that are counted between two messages; when there are more, a message is sent at once. */
const MOST_WAITING = 20_000;
const TELL_MS = 1_000;

const packets = z.int().min(-1_000_000).max(1_000_000);
const countsSchema = z.object({
  /** Days since the Unix epoch, UTC. */
  day: z.int(),
  /** Kind of the subject, its number, packets, and those of them with IP options. */
  counts: z.array(z.tuple([z.enum(BUDGET_KINDS), z.int().min(1).max(0xffff_ffff), packets, packets])).max(MOST_COUNTS),
});
const countsTopic: Topic<z.infer<typeof countsSchema>> = {
  name: 'counts',
  schema: countsSchema,
  mostBytes: 256 * 1_024,
};

/** Packets of one subject. */
interface Packets {
  packets: number;
  optionPackets: number;
}

export interface SharedCountsOptions {
  /** Whether this process counts what others tell, because it sends probes or shows budgets. */
  readonly follows: boolean;
}

/** Tells the other processes every second how many packets this one has counted for the daily budgets, and counts theirs. */
export class SharedCounts {
  readonly #follows: boolean;
  readonly #bus: Bus;
  readonly #telling: Periodic;
  /** What this process has counted since the last message, by kind and number of the subject. */
  readonly #own = forEachKind(() => new Map<number, Packets>());
  #subjects = 0;
  #guard: BudgetGuard | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(
    { follows }: SharedCountsOptions,
    collaborators: {
      readonly bus: Bus;
      readonly clock: Clock;
      readonly onError: (error: unknown) => void;
    },
  ) {
    const { bus, clock, onError } = collaborators;
    this.#follows = follows;
    this.#bus = bus;
    this.#telling = new Periodic({ everyMs: TELL_MS }, { clock, work: async () => this.#tell(), onError });
  }

  /** Notes what the guard of this process has counted. */
  note({ kind, key, packets, optionPackets }: CountedPackets): void {
    const known = this.#own[kind].get(key);
    if (known !== undefined) {
      known.packets += packets;
      known.optionPackets += optionPackets;
      return;
    }
    this.#own[kind].set(key, { packets, optionPackets });
    if (++this.#subjects > MOST_WAITING) this.#tell();
  }

  start(guard: BudgetGuard): void {
    this.#guard = guard;
    if (this.#follows)
      this.#unsubscribe = this.#bus.subscribe(countsTopic, {
        onMessage: ({ day, counts }) => {
          if (day !== guard.day) return;
          for (const [kind, key, packets, optionPackets] of counts) guard.add({ kind, key, packets, optionPackets });
        },
        // What is missing is in the database, and counts again from the next start: a process has at most a second of it.
        onGap: () => undefined,
      });
    this.#telling.start();
  }

  async stop(): Promise<void> {
    await this.#telling.stop();
    this.#tell();
    this.#unsubscribe();
  }

  #tell(): void {
    const day = this.#guard?.day ?? 0;
    const counts = BUDGET_KINDS.flatMap((kind) =>
      [...this.#own[kind]].map(([key, { packets, optionPackets }]): [BudgetKind, number, number, number] => [
        kind,
        key,
        packets,
        optionPackets,
      ]),
    );
    for (const kind of BUDGET_KINDS) this.#own[kind].clear();
    this.#subjects = 0;
    for (let at = 0; at < counts.length; at += MOST_COUNTS)
      this.#bus.publish(countsTopic, { day, counts: counts.slice(at, at + MOST_COUNTS) });
  }
}
