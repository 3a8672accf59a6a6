import type { Clock } from '@revtr/probing';
import type { ActiveAlert, Prometheus } from './prometheus.ts';

const POLL_MS = 500;

/** Looks again and again at the alerts that fire, and notes those that nobody expects. */
export class AlertWatch {
  readonly #prometheus: Pick<Prometheus, 'active'>;
  readonly #clock: Clock;
  readonly #onUnexpected: (alert: string) => void;
  /** How many faults let an alert fire, by its name. */
  readonly #expected = new Map<string, number>();
  readonly #unexpected = new Set<string>();
  #firing: readonly ActiveAlert[] = [];

  constructor(collaborators: {
    readonly prometheus: Pick<Prometheus, 'active'>;
    readonly clock: Clock;
    /** Receives each alert that nobody expects, once. */
    readonly onUnexpected: (alert: string) => void;
  }) {
    this.#prometheus = collaborators.prometheus;
    this.#clock = collaborators.clock;
    this.#onUnexpected = collaborators.onUnexpected;
  }

  /** Looks until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // A machine that is busy may not answer at once. If it never does, no alert fires.
      this.#firing = await this.#prometheus.active().then(
        (alerts) => alerts.filter(({ isFiring }) => isFiring),
        () => this.#firing,
      );
      for (const alert of this.#firing) this.#judge(alert);
      await this.#clock.sleep(POLL_MS, signal).catch(() => undefined);
    }
  }

  #judge({ name, labels }: ActiveAlert): void {
    const alert = `${name} ${JSON.stringify(labels)}`;
    if ((this.#expected.get(name) ?? 0) > 0 || this.#unexpected.has(alert)) return;
    this.#unexpected.add(alert);
    this.#onUnexpected(alert);
  }

  /** Alerts that fired when no fault explained them, with their labels. */
  get unexpected(): readonly string[] {
    return [...this.#unexpected];
  }

  /** Lets alerts fire until the returned function is called. */
  expect(names: readonly string[]): () => void {
    const add = (by: number): void => {
      for (const name of names) this.#expected.set(name, (this.#expected.get(name) ?? 0) + by);
    };
    add(1);
    return () => add(-1);
  }

  isFiring(name: string): boolean {
    return this.#firing.some((alert) => alert.name === name);
  }

  /** Waits until an alert fires, or until it does not. Returns after how many seconds; `undefined` when it takes more than `mostSeconds`. */
  async until(name: string, isFiring: boolean, mostSeconds: number, signal: AbortSignal): Promise<number | undefined> {
    const begin = this.#clock.now();
    const seconds = (): number => Math.round((this.#clock.now() - begin) / 1_000);
    while (this.isFiring(name) !== isFiring) {
      if (seconds() > mostSeconds) return undefined;
      await this.#clock.sleep(POLL_MS, signal);
    }
    return seconds();
  }
}
