import type { Clock } from '@revtr/probing';
import type { Lease, Leases } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../../foundation/periodic.ts';
import { type InTime, withinTime } from '../../foundation/time-limit.ts';

/** What a process does with the leases of one kind. */
export interface Claim {
  /** Names that this process should own now, if nobody else does. */
  readonly wanted: () => readonly string[];
  /** The name is owned: begins to work. `signal` fires when the lease is lost or given up before that is done. */
  readonly acquired: (name: string, signal: AbortSignal) => Promise<void>;
  /**
   * Ends the work. After this resolves, another process may own the name. `isLost`: another one may own it already, and nothing may be written
   * for it any more.
   */
  readonly ended: (name: string, isLost: boolean) => Promise<void>;
}

export interface LeaseKeeperOptions {
  /** Name of this process, unique among running ones. */
  readonly owner: string;
  /** How long a lease holds without being renewed, milliseconds. Default 6,000. */
  readonly leaseMs?: number;
  /** How often leases are renewed, and free ones looked for, milliseconds. Default 1,000. */
  readonly everyMs?: number;
}

interface Held {
  readonly claim: Claim;
  readonly token: number;
  readonly over: AbortController;
  /** What is under way for the name: loading, then nothing, then unloading. */
  work: Promise<void>;
  isEnding: boolean;
}

const DEFAULTS = { leaseMs: 6_000, everyMs: 1_000 };
/** What follows the renewal in a round may take this share of the time that a lease holds: the next renewal must come in time. */
const REST_SHARE = 1 / 3;

/**
 * Holds the leases of this process: takes what it should own and nobody owns, renews it, and gives it up when another process should
 * own it. A process that cannot renew its leases in time stops its work, because another one takes over.
 */
export class LeaseKeeper {
  readonly #options: Required<LeaseKeeperOptions>;
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #claims: Claim[] = [];
  readonly #held = new Map<string, Held>();
  /** Tokens of leases that this process has asked to release. A late release would end such a lease, so that it is never taken up again. */
  readonly #released = new Map<string, number>();
  readonly #keeping: Periodic;
  readonly #listeners: (() => void)[] = [];
  #isAcquiring = false;
  #renewedAt: number;
  /** Ends the wait until the leases end, because they were renewed, or the work has ended. */
  #renewed = new AbortController();

  constructor(
    options: LeaseKeeperOptions,
    collaborators: { readonly leases: Leases; readonly clock: Clock; readonly log: Logger },
  ) {
    this.#options = { ...DEFAULTS, ...options };
    this.#leases = collaborators.leases;
    this.#clock = collaborators.clock;
    this.#log = collaborators.log;
    this.#renewedAt = this.#clock.now();
    this.#keeping = new Periodic(
      { everyMs: this.#options.everyMs, isImmediate: true },
      {
        clock: this.#clock,
        work: () => this.#withinTime((inTime) => this.#keep(inTime)),
        onError: (error) => this.#failed(error),
      },
    );
  }

  /** Holds the leases of a claim from now on. */
  add(claim: Claim): void {
    this.#claims.push(claim);
  }

  /** Calls `listener` when the leases could not be renewed in time, whether or not there are any: the process has lost the database. */
  onExpired(listener: () => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#keeping.start();
  }

  /** Names of the leases that this process holds. */
  get held(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** Looks again at once, because something has changed. */
  wake(): void {
    this.#keeping.wake();
  }

  /** Ends all work, and gives all leases up. */
  async stop(): Promise<void> {
    await this.#keeping.stop();
    this.#renewed.abort();
    const names = [...this.#held.keys()];
    // The leases must not end while the work does.
    const renewing = new Periodic(
      { everyMs: this.#options.everyMs },
      {
        clock: this.#clock,
        work: async () => {
          const { owner, leaseMs } = this.#options;
          await this.#withinTime((inTime) => inTime(this.#leases.renew(owner, leaseMs)));
        },
        onError: (error) => this.#log.error({ err: error }, 'leases could not be renewed'),
      },
    );
    renewing.start();
    await Promise.all(names.map((name) => this.#giveUp(name)));
    await renewing.stop();
  }

  /** A database that does not answer, for instance over a connection whose other end is gone, is as good as none: the leases end meanwhile. */
  #withinTime<Result>(work: (inTime: InTime) => Promise<Result>): Promise<Result> {
    const tooLate = 'the database did not answer before the leases ended';
    return withinTime({ milliseconds: this.#options.leaseMs, tooLate }, this.#clock, work);
  }

  async #keep(inTime: InTime): Promise<void> {
    const { owner, leaseMs } = this.#options;
    const askedAt = this.#clock.now();
    const released = [...this.#released];
    const leases = await inTime(this.#leases.renew(owner, leaseMs));
    const renewed = new Map(leases.map(({ name, token }) => [name, token]));
    this.#noteRenewed(askedAt);
    for (const [name, token] of released) if (renewed.get(name) !== token) this.#released.delete(name);
    for (const [name, { token }] of this.#held) if (renewed.get(name) !== token) this.#lose(name);
    const free = new Map<string, Claim>();
    for (const claim of this.#claims) {
      const wanted = new Set(claim.wanted());
      for (const [name, held] of this.#held) if (held.claim === claim && !wanted.has(name)) void this.#giveUp(name);
      for (const name of wanted) {
        if (this.#held.has(name)) continue;
        const token = renewed.get(name);
        // The answer to an earlier question may have been lost: then the lease is there already.
        if (token === undefined) free.set(name, claim);
        else if (this.#released.get(name) !== token) this.#begin(name, token, claim);
      }
    }
    const unwanted = leases.filter(({ name }) => !this.#held.has(name));
    await this.#change(unwanted, free);
  }

  /** Releases leases, and takes those of `free` that nobody owns. What is held does not depend on how long that takes. */
  async #change(unwanted: readonly Lease[], free: ReadonlyMap<string, Claim>): Promise<void> {
    const milliseconds = this.#options.leaseMs * REST_SHARE;
    const tooLate = 'the database did not answer before the next renewal';
    try {
      await withinTime({ milliseconds, tooLate }, this.#clock, async (inTime) => {
        if (unwanted.length > 0) await inTime(this.#release(unwanted));
        for (const { name, token } of await inTime(this.#acquire([...free.keys()]))) {
          const claim = free.get(name);
          if (claim !== undefined) this.#begin(name, token, claim);
        }
      });
    } catch (error) {
      this.#log.error({ err: error }, 'leases could not be released or taken');
    }
  }

  /** Takes those of `names` that nobody owns; none while an earlier question waits for its answer. */
  async #acquire(names: readonly string[]): Promise<readonly Lease[]> {
    if (names.length === 0 || this.#isAcquiring) return [];
    this.#isAcquiring = true;
    const { owner, leaseMs } = this.#options;
    try {
      return await this.#withinTime((inTime) => inTime(this.#leases.acquire(owner, names, leaseMs)));
    } finally {
      this.#isAcquiring = false;
    }
  }

  #release(leases: readonly Lease[]): Promise<void> {
    for (const { name, token } of leases) this.#released.set(name, token);
    return this.#leases.release(this.#options.owner, leases);
  }

  #begin(name: string, token: number, claim: Claim): void {
    const over = new AbortController();
    this.#log.info({ name, token }, 'this process owns it');
    const work = claim.acquired(name, over.signal).catch((error: unknown) => {
      if (over.signal.aborted) return;
      this.#log.error({ err: error, name }, 'the work of a lease could not begin; it is given up');
      void this.#giveUp(name);
    });
    this.#held.set(name, { claim, token, over, work, isEnding: false });
  }

  /** Another process may own the name by now. */
  #lose(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined || held.isEnding) return;
    this.#log.warn({ name }, 'a lease was lost');
    void this.#end(name, held, true);
  }

  async #giveUp(name: string): Promise<void> {
    const held = this.#held.get(name);
    if (held === undefined) return;
    if (held.isEnding) {
      await held.work;
      return;
    }
    await this.#end(name, held, false);
    this.#log.info({ name }, 'given up');
  }

  #end(name: string, held: Held, isLost: boolean): Promise<void> {
    held.isEnding = true;
    held.over.abort();
    const begun = held.work;
    held.work = (async () => {
      await begun;
      try {
        await held.claim.ended(name, isLost);
        if (!isLost) await this.#withinTime((inTime) => inTime(this.#release([{ name, token: held.token }])));
      } catch (error) {
        this.#log.error({ err: error, name }, 'the work of a lease could not be ended as it should');
      }
      this.#held.delete(name);
    })();
    return held.work;
  }

  /** The leases end at a time that does not depend on how long the next rounds take. */
  #noteRenewed(at: number): void {
    this.#renewedAt = at;
    this.#renewed.abort();
    this.#renewed = new AbortController();
    const { signal } = this.#renewed;
    const leftMs = Math.max(0, at + this.#options.leaseMs - this.#clock.now());
    this.#clock.sleep(leftMs, signal).then(
      () => this.#expire(),
      () => undefined,
    );
  }

  #failed(error: unknown): void {
    this.#log.error({ err: error }, 'leases could not be renewed');
    // Time may have passed while the process was suspended. A clock that was set back does not say how much.
    const sinceRenewedMs = this.#clock.now() - this.#renewedAt;
    if (sinceRenewedMs < 0 || sinceRenewedMs >= this.#options.leaseMs) this.#expire();
  }

  #expire(): void {
    for (const name of this.#held.keys()) this.#lose(name);
    for (const tell of this.#listeners) tell();
  }
}
