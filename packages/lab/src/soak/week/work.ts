import type { ReverseTracerouteClient } from '@revtr/client';
import type { Life } from './life.ts';
import type { People } from './people.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PER_BATCH = 20;
/** One batch in so many is submitted a second time with the same idempotency key. */
const REPEATED_EVERY = 5;
/** A batch that has not ended by then counts as lost, virtual minutes. */
const PATIENCE_MINUTES = 60;
/** How often other pairs are submitted in place of refused ones, so that the load of all days is the same. */
const MOST_REPLACEMENTS = 10;

/** Submits measurements for the people who are there, and waits for their results. */
export class Work {
  readonly #life: Life;
  readonly #people: People;
  readonly #perDay: number;
  #accepted = 0;
  #ended = 0;

  constructor(
    options: { readonly measurementsPerDay: number },
    collaborators: { readonly life: Life; readonly people: People },
  ) {
    this.#life = collaborators.life;
    this.#people = collaborators.people;
    this.#perDay = options.measurementsPerDay;
  }

  /** Measurements that the server accepted, and those of them that have ended or were deleted with their accounts. */
  get counts(): { readonly accepted: number; readonly ended: number } {
    return { accepted: this.#accepted, ended: this.#ended };
  }

  /** Submits at an even rate until the week ends, and waits for what is open then. */
  async run(): Promise<void> {
    const open = new Set<Promise<void>>();
    const pauseMs = (DAY_MS * PER_BATCH) / this.#perDay;
    while (await this.#life.pause(pauseMs)) {
      const batch = this.#measure();
      open.add(batch);
      void batch.finally(() => open.delete(batch));
    }
    await Promise.all(open);
  }

  async #measure(size = PER_BATCH, replacements = 0): Promise<void> {
    const { system, random, clock } = this.#life;
    const client = this.#people.any();
    // As users do who see which sources are ready: the refused pairs of a source that is away for days would be most of the load.
    const sources = system.usableSources();
    const pairs = Array.from({ length: size }, () => ({
      src: random.pick(sources),
      dst: random.pick(system.destinations),
      useCache: random.below(2) === 0,
    }));
    const idempotencyKey = `${clock.now()}-${random.below(1_000_000)}`;
    const submit = () => client.submitValid(pairs, { idempotencyKey });
    const submitted = await this.#life.ask('batches', submit);
    if (submitted === undefined) return;
    const { batchId, rejected } = submitted;
    this.#life.count('pairs refused', rejected.length);
    const isReplaced = rejected.length > 0 && replacements < MOST_REPLACEMENTS;
    const replaced = isReplaced ? this.#measure(rejected.length, replacements + 1) : undefined;
    if (batchId !== undefined) {
      this.#accepted += size - rejected.length;
      if (random.below(REPEATED_EVERY) === 0) {
        const repeated = await this.#life.ask('batches submitted again', submit);
        if (repeated !== undefined && repeated.batchId !== batchId) this.#life.count('batches measured twice');
      }
      await this.#waitFor(batchId, size - rejected.length, client);
    }
    await replaced;
  }

  async #waitFor(batchId: number, accepted: number, client: ReverseTracerouteClient): Promise<void> {
    for (let minutes = 0; minutes < PATIENCE_MINUTES; minutes++) {
      await this.#life.clock.sleep(MINUTE_MS);
      const batch = await this.#life.ask('batches read', () => client.batch(batchId));
      // The account may have been deleted, with its measurements.
      if (batch !== undefined && batch.done < batch.total) continue;
      this.#ended += accepted;
      this.#life.count(
        'paths that reach their source',
        batch?.measurements.filter(({ result }) => result?.stopReason === 'reaches').length ?? 0,
      );
      return;
    }
    this.#life.count('batches that did not end');
  }
}
