import { ClientError, ReverseTracerouteClient } from '@revtr/client';
import type { Clock, Random } from '@revtr/probing';
import type { WeekSystem } from './system.ts';

/** What takes part in the week: the system, time, and a count of what happened. */
export class Life {
  readonly system: WeekSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly #counts = new Map<string, number>();
  readonly #refusals = new Map<string, string>();

  constructor(parts: {
    readonly system: WeekSystem;
    readonly clock: Clock;
    readonly random: Random;
    /** Ends the week. */
    readonly signal: AbortSignal;
  }) {
    this.system = parts.system;
    this.clock = parts.clock;
    this.random = parts.random;
    this.signal = parts.signal;
  }

  /** How often each thing has happened. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  /** What the server said first when it refused something. */
  get refusals(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#refusals);
  }

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  client(key: string): ReverseTracerouteClient {
    return new ReverseTracerouteClient({ server: this.system.url, key, retry: false });
  }

  /** Asks the API, and counts the request. Returns `undefined` when the server refused it, which is counted with its code. */
  async ask<T>(what: string, request: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await this.system.time.during(request);
      this.count(what);
      return answer;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const refusal = `${what}: ${error.code}`;
      this.count(refusal);
      if (!this.#refusals.has(refusal)) this.#refusals.set(refusal, error.message);
      return undefined;
    }
  }

  /** Waits in virtual time, at most until the week ends. Returns whether it goes on. */
  async pause(milliseconds: number): Promise<boolean> {
    await this.clock.sleep(milliseconds, this.signal).catch(() => undefined);
    return !this.signal.aborted;
  }

  /** Repeats something at random moments, `perDay` times a day on average, until the week ends. */
  async repeat(perDay: number, work: () => Promise<void>): Promise<void> {
    const meanMs = DAY_MS / perDay;
    while (await this.pause(meanMs * (0.5 + this.random.next()))) await work();
  }
}

const DAY_MS = 86_400_000;
