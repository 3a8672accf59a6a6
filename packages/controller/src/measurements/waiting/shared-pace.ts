import type { Bus, Topic } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import { Periodic } from '../../foundation/periodic.ts';
import type { Pace } from './pace.ts';

const paceSchema = z.object({
  engine: z.string().min(1).max(64),
  perSecond: z.number().positive(),
  meanMs: z.number().nonnegative(),
});
const paceTopic: Topic<z.infer<typeof paceSchema>> = { name: 'engine-pace', schema: paceSchema, mostBytes: 1_024 };

/** How often an engine says how fast it is, and how long the others believe it, milliseconds. */
const SAY_MS = 5_000;
const BELIEVE_MS = 20_000;
const MOST_ENGINES = 1_000;

/** How fast the engines of a cluster are, as they tell each other. */
export class SharedPace {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #own: () => Pace | undefined;
  readonly #saying: Periodic;
  readonly #others = new Map<string, { readonly pace: Pace; readonly until: number }>();
  #unsubscribe: () => void = () => undefined;

  constructor(collaborators: {
    readonly bus: Bus;
    readonly clock: Clock;
    /** How fast the engine of this process is; `undefined` when it has none, or that is not known. */
    readonly own: () => Pace | undefined;
    readonly onError: (error: unknown) => void;
  }) {
    const { bus, clock, own, onError } = collaborators;
    this.#bus = bus;
    this.#clock = clock;
    this.#own = own;
    this.#saying = new Periodic({ everyMs: SAY_MS }, { clock, work: async () => this.#say(), onError });
  }

  start(): void {
    this.#unsubscribe = this.#bus.subscribe(paceTopic, {
      onMessage: ({ engine, ...pace }) => this.#heard(engine, pace),
      // The next message of each engine is due within seconds.
      onGap: () => undefined,
    });
    this.#saying.start();
  }

  async stop(): Promise<void> {
    await this.#saying.stop();
    this.#unsubscribe();
  }

  /** How fast an engine is, by the id of its process; `undefined` when that is not known. */
  of(engine: string): Pace | undefined {
    if (engine === this.#bus.id) return this.#own();
    const known = this.#others.get(engine);
    return known !== undefined && known.until > this.#clock.now() ? known.pace : undefined;
  }

  #say(): void {
    const pace = this.#own();
    if (pace !== undefined) this.#bus.publish(paceTopic, { engine: this.#bus.id, ...pace });
  }

  #heard(engine: string, pace: Pace): void {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#others) if (until <= now) this.#others.delete(id);
    if (this.#others.has(engine) || this.#others.size < MOST_ENGINES)
      this.#others.set(engine, { pace, until: now + BELIEVE_MS });
  }
}
