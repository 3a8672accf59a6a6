import { createRandom, type Random } from '@revtr/probing';
import { z } from 'zod';

const pairSchema = z.strictObject({ src: z.ipv4(), dst: z.ipv4() });
/** A source and a destination, dotted quads. */
export type Pair = z.infer<typeof pairSchema>;

/** What a client does with one batch. */
export const plannedBatchSchema = z.strictObject({
  /** Idempotency key. */
  key: z.string(),
  /** Place of the user in the list of users. */
  user: z.int().min(0),
  /** When the batch is submitted, milliseconds after the start of the clients. */
  atMs: z.number().min(0),
  pairs: z.array(pairSchema).min(1),
  /** Whether the request is sent once more after it was accepted. */
  isRepeated: z.boolean(),
  /** Whether the client follows the event stream of the batch. Otherwise it reads the batch every few seconds. */
  isFollowed: z.boolean(),
  /** Time from the acceptance to the request to cancel the batch, milliseconds. Absent if the client does not cancel it. */
  cancelAfterMs: z.number().min(0).exactOptional(),
});
export type PlannedBatch = z.infer<typeof plannedBatchSchema>;

export interface PlanOptions {
  readonly seed: number;
  readonly pairs: readonly Pair[];
  readonly users: number;
  /** Time over which the pairs are submitted, milliseconds. */
  readonly submitForMs: number;
}

const BATCH_SIZES = [1, 1, 2, 5, 10, 20, 50, 100, 200];
const CANCELLED_SHARE = 0.1;
const REPEATED_SHARE = 0.2;
const FOLLOWED_SHARE = 0.7;
const MOST_CANCEL_DELAY_MS = 15_000;

/** Divides pairs into batches of different sizes, and draws what clients do with each. Equal options give equal plans. */
export function planBatches({ seed, pairs, users, submitForMs }: PlanOptions): PlannedBatch[] {
  const random = createRandom(seed).fork('batches');
  const batches: PlannedBatch[] = [];
  for (let first = 0; first < pairs.length; first += batches[batches.length - 1].pairs.length) {
    const i = batches.length;
    batches.push({
      key: `${seed}-${i}`,
      user: i % users,
      atMs: Math.round((submitForMs * first) / pairs.length),
      pairs: pairs.slice(first, first + random.pick(BATCH_SIZES)),
      ...drawTreatment(random),
    });
  }
  return batches;
}

function drawTreatment(random: Random): Pick<PlannedBatch, 'isRepeated' | 'isFollowed' | 'cancelAfterMs'> {
  return {
    isRepeated: random.chance(REPEATED_SHARE),
    isFollowed: random.chance(FOLLOWED_SHARE),
    ...(random.chance(CANCELLED_SHARE) && { cancelAfterMs: random.below(MOST_CANCEL_DELAY_MS) }),
  };
}
