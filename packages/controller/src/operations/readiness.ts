import type { Clock } from '@revtr/probing';

/** Rejects, or does not resolve in time, when a part does not work. */
export type ReadinessCheck = (signal: AbortSignal) => Promise<void>;

/** The parts that a process uses, by name. */
export interface ReadinessChecks {
  /** Without these it cannot do its work. */
  readonly needed: Readonly<Record<string, ReadinessCheck>>;
  /** Without these it can do a part of its work. Default: none. */
  readonly helpful?: Readonly<Record<string, ReadinessCheck>>;
}

/** Whether this process can do its work now, and which part keeps it from it. */
export interface Readiness {
  readonly isReady: boolean;
  /** One entry for each check. */
  readonly parts: Readonly<Record<string, 'ok' | 'failed' | 'tooSlow'>>;
}

const TIMEOUT_MS = 2_000;
/** Anybody may ask. The parts are therefore not asked for every request. */
const KEEP_MS = 1_000;

/** Checks the parts that this process uses. */
export class ReadinessProbe {
  readonly #checks: ReadinessChecks;
  readonly #clock: Clock;
  #kept: { readonly readiness: Promise<Readiness>; readonly until: number } | undefined;
  #isStopping = false;

  constructor(checks: ReadinessChecks, { clock }: { readonly clock: Clock }) {
    this.#checks = checks;
    this.#clock = clock;
  }

  /** From now on this process is not ready, so that load balancers send it no more requests. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** The readiness, at most a second old. Never rejects. */
  async read(): Promise<Readiness> {
    if (this.#isStopping) return { isReady: false, parts: { process: 'failed' } };
    const now = this.#clock.now();
    if (this.#kept === undefined || this.#kept.until < now)
      this.#kept = { readiness: this.#read(), until: now + KEEP_MS };
    return this.#kept.readiness;
  }

  async #read(): Promise<Readiness> {
    const { needed, helpful = {} } = this.#checks;
    const parts = Object.fromEntries(
      await Promise.all(
        Object.entries({ ...needed, ...helpful }).map(
          async ([name, check]) => [name, await this.#outcomeOf(check)] as const,
        ),
      ),
    );
    return { isReady: Object.keys(needed).every((name) => parts[name] === 'ok'), parts };
  }

  async #outcomeOf(check: ReadinessCheck): Promise<'ok' | 'failed' | 'tooSlow'> {
    const over = new AbortController();
    const tooSlow = this.#clock.sleep(TIMEOUT_MS, over.signal).then(
      () => 'tooSlow' as const,
      () => 'failed' as const,
    );
    const checked = check(over.signal).then(
      () => 'ok' as const,
      () => 'failed' as const,
    );
    const outcome = await Promise.race([checked, tooSlow]);
    over.abort();
    return outcome;
  }
}
