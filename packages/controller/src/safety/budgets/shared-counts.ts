import type { Bus, Topic } from '@revtr/bus';
import { BUDGET_KINDS, type BudgetKind, type Clock } from '@revtr/probing';
import { z } from 'zod';
import { Periodic } from '../../foundation/periodic.ts';
import type { BudgetGuard, CountedPackets } from './budget-guard.ts';

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

/** Tells the other processes every second how many packets this one has counted for the daily budgets, and counts theirs. */
export class SharedCounts {
  readonly #bus: Bus;
  readonly #telling: Periodic;
  readonly #own = new Map<string, CountedPackets>();
  #guard: BudgetGuard | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(collaborators: {
    readonly bus: Bus;
    readonly clock: Clock;
    readonly onError: (error: unknown) => void;
  }) {
    const { bus, clock, onError } = collaborators;
    this.#bus = bus;
    this.#telling = new Periodic({ everyMs: TELL_MS }, { clock, work: async () => this.#tell(), onError });
  }

  /** Notes what the guard of this process has counted. */
  note({ kind, key, packets, optionPackets }: CountedPackets): void {
    const name = `${kind} ${key}`;
    const before = this.#own.get(name);
    this.#own.set(name, {
      kind,
      key,
      packets: (before?.packets ?? 0) + packets,
      optionPackets: (before?.optionPackets ?? 0) + optionPackets,
    });
    if (this.#own.size > MOST_WAITING) this.#tell();
  }

  start(guard: BudgetGuard): void {
    this.#guard = guard;
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
    const counts = [...this.#own.values()].map(
      ({ kind, key, packets, optionPackets }): [BudgetKind, number, number, number] => [
        kind,
        key,
        packets,
        optionPackets,
      ],
    );
    this.#own.clear();
    for (let at = 0; at < counts.length; at += MOST_COUNTS)
      this.#bus.publish(countsTopic, { day, counts: counts.slice(at, at + MOST_COUNTS) });
  }
}
