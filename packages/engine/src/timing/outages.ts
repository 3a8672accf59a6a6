import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Clock, ProbingError } from '@revtr/probing';
import type { HostWatch } from './host-watch.ts';

/** Options of {@link Outages}. */
export interface OutagesOptions {
  /** Longest time that is spent waiting for hosts to come back, all outages together, milliseconds. */
  readonly mostWaitMs: number;
}

/** A probe that may be sent again. */
interface Repeatable<Result> {
  readonly probe: () => Promise<Result>;
  readonly isSilent: (result: Result) => boolean;
}

/** Least time that one outage counts for, milliseconds: a host that comes and goes cannot make a measurement repeat without end. */
const LEAST_WAIT_MS = 1_000;

const NONE: ReadonlySet<Ipv4Address> = new Set();

/** Waits while a host is offline, and repeats what was lost meanwhile. Each measurement has one, which bounds its waiting. */
export class Outages {
  readonly #hosts: HostWatch | undefined;
  readonly #clock: Clock;
  #leftMs: number;
  #countedUntil = 0;
  #gaveUpOn: Ipv4Address | undefined;

  constructor(
    options: OutagesOptions,
    collaborators: {
      /** Without it, no host is ever offline. */ readonly hosts?: HostWatch | undefined;
      readonly clock: Clock;
    },
  ) {
    this.#hosts = collaborators.hosts;
    this.#clock = collaborators.clock;
    this.#leftMs = options.mostWaitMs;
  }

  /** Whether outages can be told from silences at all. */
  get areWatched(): boolean {
    return this.#hosts !== undefined;
  }

  /** The host that did not come back in time; `undefined` when there is none. */
  get gaveUpOn(): Ipv4Address | undefined {
    return this.#gaveUpOn;
  }

  /** Resolves when the host is online. @throws {ProbingError} `proberStopped` when it is not in time, `cancelled` */
  untilOnline(host: Ipv4Address, signal?: AbortSignal): Promise<void> {
    return this.#wait(host, 0, signal);
  }

  /** As {@link untilOnline}, after an outage of the host that has made a probe void. @throws {ProbingError} `proberStopped`, `cancelled` */
  untilBack(host: Ipv4Address, signal?: AbortSignal): Promise<void> {
    return this.#wait(host, LEAST_WAIT_MS, signal);
  }

  /** Which of `hosts` were offline since `since`, milliseconds since the Unix epoch. @throws {ProbingError} `cancelled` */
  async offlineSince(
    hosts: readonly Ipv4Address[],
    since: number,
    signal?: AbortSignal,
  ): Promise<ReadonlySet<Ipv4Address>> {
    return (await this.#hosts?.offlineSince(hosts, since, signal)) ?? NONE;
  }

  /**
   * The result of a probe that `host` sends or receives. While the result is a silence, or the probe could not be sent, and the host was
   * offline meanwhile, waits for the host and probes again.
   * @throws {ProbingError} `proberStopped` when the host is not online in time, `cancelled`, and what `probe` throws
   */
  repeated<Result>(host: Ipv4Address, probing: Repeatable<Result>, signal?: AbortSignal): Promise<Result> {
    return this.areWatched ? this.#repeated(host, probing, signal) : probing.probe();
  }

  async #repeated<Result>(
    host: Ipv4Address,
    { probe, isSilent }: Repeatable<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    await this.untilOnline(host, signal);
    for (;;) {
      const since = this.#clock.now();
      const outcome = await probe().then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      const isLost = 'error' in outcome ? isUnsent(outcome.error) : isSilent(outcome.result);
      if (!isLost || !(await this.offlineSince([host], since, signal)).has(host)) {
        if ('error' in outcome) throw outcome.error;
        return outcome.result;
      }
      await this.untilBack(host, signal);
    }
  }

  async #wait(host: Ipv4Address, leastMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#hosts === undefined) return;
    const startedAt = this.#clock.now();
    const isOnline = this.#leftMs > 0 && (await this.#hosts.untilOnline(host, this.#leftMs, signal));
    // Waits at the same time count once.
    const end = Math.max(this.#clock.now(), startedAt + leastMs);
    this.#leftMs -= Math.max(0, end - Math.max(startedAt, this.#countedUntil));
    this.#countedUntil = Math.max(this.#countedUntil, end);
    if (isOnline) return;
    this.#gaveUpOn = host;
    throw new ProbingError('proberStopped', `${formatIpv4(host)} is offline`);
  }
}

const isUnsent = (error: unknown): boolean => error instanceof ProbingError && error.code === 'proberStopped';
