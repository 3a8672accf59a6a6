import { keyOfFlow, MOST_AHEAD, type QueuedFlow } from '@revtr/storage';

/** One place in the queue: a flow, and how many of its measurements are taken before. */
export interface Place extends Pick<QueuedFlow, 'userId' | 'source' | 'isBulk'> {
  readonly before: number;
}

interface Flow extends QueuedFlow {
  left: number;
  taken: number;
}

/** Changes of the shares that are followed one by one; later ones are taken for the last. */
const MOST_STEPS = 2_000;
/** Changes times flows and places: users ask as often as they like, and the process does nothing else meanwhile. */
const MOST_WORK = 200_000;
/** Less than this is a rounding error. */
const NOTHING = 1e-9;

/**
 * Predicts when each place of the queue is reached if nothing is submitted any more, seconds from now. Measurements flow out of the queue at
 * `perSecond`, in the shares that the queue gives to users and their sources (generalized processor sharing: Parekh and Gallager, IEEE/ACM
 * Transactions on Networking, 1993). The work is bounded: of a queue with very many flows, fewer changes are followed.
 */
export function secondsUntil(places: readonly Place[], queue: readonly QueuedFlow[], perSecond: number): number[] {
  const fluid = new FluidQueue(queue, perSecond);
  const times = places.map(() => 0);
  let open = places.flatMap((place, at) => {
    const own = fluid.find(place);
    const { before } = place;
    return own === undefined || before <= 0 ? [] : [{ at, own, before }];
  });
  const mostSteps = Math.min(MOST_STEPS, Math.ceil(MOST_WORK / (1 + queue.length + places.length)));
  for (let seconds = 0, step = 0; ; step++) {
    const rates = fluid.rates();
    const untilChange = fluid.untilChange(rates);
    open = open.filter(({ at, own, before }) => {
      const rate = rates.get(own) ?? 0;
      const untilPlace = rate === 0 ? Number.POSITIVE_INFINITY : (before - own.taken) / rate;
      if (untilPlace > untilChange && step < mostSteps) return true;
      times[at] = Number.isFinite(untilPlace) ? seconds + untilPlace : seconds;
      return false;
    });
    if (open.length === 0) return times;
    fluid.pass(untilChange, rates);
    seconds += untilChange;
  }
}

/** A queue from which measurements flow evenly. */
class FluidQueue {
  readonly #perSecond: number;
  readonly #flows: readonly Flow[];
  readonly #byPlace: ReadonlyMap<string, Flow>;
  /** How many small measurements of each user still come before the bulk of others. */
  readonly #ahead: Map<number, number>;

  constructor(queue: readonly QueuedFlow[], perSecond: number) {
    this.#perSecond = perSecond;
    this.#flows = queue.map((flow) => ({ ...flow, left: flow.queued, taken: 0 }));
    this.#byPlace = new Map(this.#flows.map((flow) => [keyOfFlow(flow), flow]));
    this.#ahead = new Map(queue.map(({ userId, weight }) => [userId, MOST_AHEAD * weight]));
  }

  find(place: Place): Flow | undefined {
    return this.#byPlace.get(keyOfFlow(place));
  }

  /** Measurements per second from each flow that is served now. */
  rates(): ReadonlyMap<Flow, number> {
    const waiting = this.#flows.filter(({ left }) => left > 0);
    const ahead = waiting.filter((flow) => this.#aheadOf(flow) > 0);
    const withSmall = new Set(waiting.filter(({ isBulk }) => !isBulk).map(({ userId }) => userId));
    const served = ahead.length > 0 ? ahead : waiting.filter(({ userId, isBulk }) => !isBulk || !withSmall.has(userId));
    const sources = new Map<number, number>();
    let total = 0;
    for (const { userId, weight } of served) {
      if (!sources.has(userId)) total += weight;
      sources.set(userId, (sources.get(userId) ?? 0) + 1);
    }
    return new Map(
      served.map((flow) => [flow, (this.#perSecond * flow.weight) / total / (sources.get(flow.userId) ?? 1)] as const),
    );
  }

  /** Seconds until the rates change. */
  untilChange(rates: ReadonlyMap<Flow, number>): number {
    let seconds = Number.POSITIVE_INFINITY;
    for (const [flow, rate] of rates) {
      const ahead = this.#aheadOf(flow);
      seconds = Math.min(seconds, flow.left / rate, ahead > 0 ? ahead / rate : Number.POSITIVE_INFINITY);
    }
    return seconds;
  }

  /** Lets measurements flow for so many seconds. */
  pass(seconds: number, rates: ReadonlyMap<Flow, number>): void {
    for (const [flow, rate] of rates) {
      const amount = seconds * rate;
      flow.taken += amount;
      flow.left = orNothing(flow.left - amount);
      if (!flow.isBulk) this.#ahead.set(flow.userId, orNothing((this.#ahead.get(flow.userId) ?? 0) - amount));
    }
  }

  #aheadOf({ userId, isBulk }: Flow): number {
    return isBulk ? 0 : (this.#ahead.get(userId) ?? 0);
  }
}

const orNothing = (amount: number): number => (amount < NOTHING ? 0 : amount);
