/** What one user has queued for one source. */
export interface Flow {
  readonly userId: number;
  /** Dotted quad; an empty text where work has no source. */
  readonly source: string;
  /** Whether it comes from batches too large to be taken before the work of other users. */
  readonly isBulk: boolean;
}

/** A text that no other flow has. */
export const keyOfFlow = ({ userId, source, isBulk }: Flow): string => `${userId} ${isBulk} ${source}`;

/** A flow that has work, and the weight of its user, above 0. */
export interface WaitingFlow extends Flow {
  readonly weight: number;
}

/** How much to take from a flow. */
export interface Share extends Flow {
  readonly most: number;
}

/** How much may be taken at once. */
export interface Room {
  /** All pieces of work together. */
  readonly all: number;
  /** Those of them that may be bulk. Default: all. */
  readonly bulk?: number;
}

/** How many small pieces of work a user of weight 1 may be ahead of its share and still be served before the bulk of others. */
export const MOST_AHEAD = 20;
/** Users without work whose lead is remembered. */
const MOST_REMEMBERED = 10_000;

interface Sources {
  readonly list: string[];
  next: number;
}

interface UserTurn {
  readonly userId: number;
  weight: number;
  /** Work done for the user, divided by its weight: the user with the least is served next. */
  served: number;
  small: Sources;
  bulk: Sources;
}

/**
 * Decides whose work is next. Users who wait get shares in proportion to their weights (start-time fair queueing: Goyal, Vin and Cheng,
 * SIGCOMM 1996); each user's small batches come before the large ones, and the user's sources take turns. Small batches also come before
 * the bulk of other users, as long as their user is not more than 20 pieces of work, times its weight, ahead of its share: who submits a great many of
 * them gets no more than anybody else.
 */
export class FairTurns {
  readonly #users = new Map<number, UserTurn>();
  /** What users without work have been served beyond their share. */
  readonly #leads = new Map<number, number>();
  /** What the user with the least has been served: a user who begins to wait has as much. */
  #time = 0;

  /** Whether no flow has work. */
  get isEmpty(): boolean {
    return this.#users.size === 0;
  }

  /** Whether a flow of a small batch has work. */
  get hasSmall(): boolean {
    for (const { small } of this.#users.values()) if (small.list.length > 0) return true;
    return false;
  }

  /** Tells which flows have work. */
  replace(flows: readonly WaitingFlow[]): void {
    const before = new Map(this.#users);
    this.#users.clear();
    for (const { userId, source, isBulk, weight } of flows) {
      const user = this.#users.get(userId) ?? this.#turnOf(userId, before.get(userId));
      user.weight = weight;
      (isBulk ? user.bulk : user.small).list.push(source);
      this.#users.set(userId, user);
    }
    for (const [userId, turn] of before) if (!this.#users.has(userId)) this.#remember(turn);
  }

  /** Divides places among the flows. What is not taken must be given back with {@link unused}. */
  share({ all, bulk = all }: Room): Share[] {
    const shares = new Map<string, Flow & { most: number }>();
    let bulkLeft = bulk;
    for (let left = all; left > 0; left--) {
      const turn = this.#next(bulkLeft > 0);
      if (turn === undefined) break;
      const isBulk = turn.small.list.length === 0;
      if (isBulk) bulkLeft--;
      const sources = isBulk ? turn.bulk : turn.small;
      const source = sources.list[sources.next++ % sources.list.length];
      turn.served += 1 / turn.weight;
      const flow = { userId: turn.userId, source, isBulk };
      const key = keyOfFlow(flow);
      const share = shares.get(key);
      if (share === undefined) shares.set(key, { ...flow, most: 1 });
      else share.most++;
    }
    return [...shares.values()];
  }

  /** A flow had less work than its share, by `unused`: it is empty until {@link replace} names it again. */
  unused({ userId, source, isBulk }: Flow, unused: number): void {
    const turn = this.#users.get(userId);
    if (turn === undefined) return;
    turn.served -= unused / turn.weight;
    const sources = isBulk ? turn.bulk : turn.small;
    const at = sources.list.indexOf(source);
    if (at >= 0) sources.list.splice(at, 1);
    if (turn.small.list.length + turn.bulk.list.length > 0) return;
    this.#users.delete(userId);
    this.#remember(turn);
  }

  /** The user to serve next. */
  #next(mayBeBulk: boolean): UserTurn | undefined {
    let least = Number.POSITIVE_INFINITY;
    let first: UserTurn | undefined;
    let firstSmall: UserTurn | undefined;
    for (const turn of this.#users.values()) {
      least = Math.min(least, turn.served);
      const hasSmall = turn.small.list.length > 0;
      if (hasSmall && (firstSmall === undefined || turn.served < firstSmall.served)) firstSmall = turn;
      if ((hasSmall || mayBeBulk) && (first === undefined || turn.served < first.served)) first = turn;
    }
    if (first === undefined) return undefined;
    this.#time = Math.max(this.#time, least);
    const isAhead = firstSmall !== undefined && firstSmall.served - this.#time > MOST_AHEAD;
    return firstSmall === undefined || isAhead ? first : firstSmall;
  }

  #turnOf(userId: number, before: UserTurn | undefined): UserTurn {
    const served = Math.max(this.#time, before?.served ?? this.#leads.get(userId) ?? 0);
    this.#leads.delete(userId);
    const small = { list: [], next: before?.small.next ?? 0 };
    return { userId, weight: 1, served, small, bulk: { list: [], next: before?.bulk.next ?? 0 } };
  }

  #remember({ userId, served }: UserTurn): void {
    if (served <= this.#time) return;
    for (const [other, lead] of this.#leads) {
      if (lead > this.#time && this.#leads.size < MOST_REMEMBERED) break;
      this.#leads.delete(other);
    }
    this.#leads.set(userId, served);
  }
}
