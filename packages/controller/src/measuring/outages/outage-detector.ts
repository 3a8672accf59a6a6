import type { HostWatch } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import {
  type Clock,
  orCancelled,
  type PingHooks,
  type PingReply,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import type { Logger } from 'pino';
import { Periodic } from '../../foundation/periodic.ts';
import { probingFor } from '../../safety/probe-context.ts';
import { HostState } from './host-state.ts';
import type { ReferenceTargets } from './reference-targets.ts';

export interface OutageDetectorOptions {
  /** A host asks its reference targets at most this often while it is online, milliseconds. */
  readonly checkEveryMs: number;
  /** How often a suspended host asks them, milliseconds. Longer than any ping waits: what was lost is then never taken for new. */
  readonly recheckEveryMs: number;
  /** How long a reference target has to answer, milliseconds. */
  readonly timeoutMs: number;
  /** Most reference targets that are asked at once. */
  readonly mostReferences: number;
}

export const DEFAULT_OUTAGE_DETECTION: OutageDetectorOptions = {
  checkEveryMs: 250,
  recheckEveryMs: 2_500,
  timeoutMs: 1_000,
  mostReferences: 4,
};

export interface OutageDetectorCollaborators {
  readonly prober: Prober;
  readonly references: ReferenceTargets;
  /** Whether the agent of a host is connected and its prober works. */
  readonly canMeasure: (host: Ipv4Address) => boolean;
  /** Whether a host may measure at all. One that may not is not examined any more. */
  readonly participates: (host: Ipv4Address) => boolean;
  /** Called after a host was suspended or resumed. */
  readonly onChange: (host: Ipv4Address, isSuspended: boolean) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Proven reference targets that must be silent before a host counts as offline: one alone may itself be offline. */
const LEAST_SILENT = 2;
const POLL_MS = 250;

/**
 * Finds out whether a host that gets no answers is offline. It is the prober that all others use, so that it sees every answer. A host that has
 * received anything since is online. Otherwise it pings its reference targets; when all of them are silent, the host is suspended until
 * one answers. A host with fewer than two proven reference targets is never suspended.
 */
export class OutageDetector implements HostWatch, Prober {
  readonly #options: OutageDetectorOptions;
  readonly #collaborators: OutageDetectorCollaborators;
  readonly #states = new Map<Ipv4Address, HostState>();
  readonly #rechecking: Periodic;
  readonly #over = new AbortController();

  constructor(options: OutageDetectorOptions, collaborators: OutageDetectorCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#rechecking = new Periodic(
      { everyMs: options.recheckEveryMs },
      {
        clock,
        work: () => this.#recheckAll(),
        onError: (error) => log.error({ err: error }, 'suspended hosts could not be checked'),
      },
    );
  }

  start(): void {
    this.#rechecking.start();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#rechecking.stop();
  }

  /** Whether a host is suspended because of an outage. */
  isSuspended(host: Ipv4Address): boolean {
    return this.#states.get(host)?.suspended !== undefined;
  }

  /** Tells the detector that `canMeasure` may have changed for a host. */
  noteChange(host: Ipv4Address): void {
    this.#states.get(host)?.announce();
  }

  /** Number of hosts that are suspended. */
  get suspended(): number {
    return [...this.#states.values()].filter(({ suspended }) => suspended !== undefined).length;
  }

  ping(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult> {
    const { clock, prober } = this.#collaborators;
    const sentAt = clock.now();
    return prober.ping(request, signal, hooks).then((result) => {
      if (result.reply !== undefined) this.#noteReply(request, result.reply, sentAt);
      return result;
    });
  }

  async traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    const result = await this.#collaborators.prober.traceroute(request, signal);
    const endsWithAnswer = result.hops.at(-1)?.from !== undefined;
    if (endsWithAnswer) this.#stateOf(request.sender).heard(this.#collaborators.clock.now());
    return result;
  }

  async offlineSince(
    hosts: readonly Ipv4Address[],
    since: number,
    signal?: AbortSignal,
  ): Promise<ReadonlySet<Ipv4Address>> {
    const verdicts = await Promise.all(hosts.map((host) => this.#wasOffline(host, since, signal)));
    return new Set(hosts.filter((_, i) => verdicts[i]));
  }

  async untilOnline(host: Ipv4Address, mostMs: number, signal?: AbortSignal): Promise<boolean> {
    const { clock } = this.#collaborators;
    const deadline = clock.now() + mostMs;
    while (this.#isOffline(host)) {
      const leftMs = deadline - clock.now();
      if (leftMs <= 0) return false;
      await clock.sleep(Math.min(POLL_MS, leftMs), signal);
    }
    return true;
  }

  #noteReply({ sender, spoof, target }: PingRequest, { from }: PingReply, sentAt: number): void {
    const { clock, references } = this.#collaborators;
    this.#stateOf(spoof?.receiver ?? sender).heard(clock.now());
    // A sender whose replies go elsewhere has only shown that it could send.
    if (spoof !== undefined) this.#stateOf(sender).heard(sentAt);
    else if (from === target) references.noteAnswer(sender, target);
  }

  async #wasOffline(host: Ipv4Address, since: number, signal: AbortSignal | undefined): Promise<boolean> {
    const state = this.#stateOf(host);
    const endedAt = this.#collaborators.clock.now();
    for (;;) {
      if (this.#isOffline(host) || since < state.outageEndedAt) return true;
      if (state.heardAt >= endedAt || state.undecidedAt >= endedAt || this.#over.signal.aborted) return false;
      const news = state.news();
      if (!state.isChecking) void this.#check(host, state);
      await (signal === undefined ? news : orCancelled(news, signal));
    }
  }

  /** A host whose agent does not measure is offline as well; when the agent is back, what was sent before counts as lost. */
  #isOffline(host: Ipv4Address): boolean {
    const state = this.#stateOf(host);
    if (state.suspended !== undefined) return true;
    if (this.#collaborators.canMeasure(host)) return false;
    state.outageEndedAt = this.#collaborators.clock.now();
    return true;
  }

  #stateOf(host: Ipv4Address): HostState {
    let state = this.#states.get(host);
    if (state === undefined) {
      state = new HostState({ now: this.#collaborators.clock.now() });
      this.#states.set(host, state);
    }
    return state;
  }

  /** Asks one reference target, then several. Announces news to `state` in any case. */
  async #check(host: Ipv4Address, state: HostState): Promise<void> {
    const { clock, references, log } = this.#collaborators;
    const { checkEveryMs, mostReferences } = this.#options;
    state.isChecking = true;
    try {
      await clock.sleep(Math.max(0, state.checkedAt + checkEveryMs - clock.now()), this.#over.signal);
      const startedAt = clock.now();
      state.checkedAt = startedAt;
      const proven = references.proven(host).slice(0, mostReferences);
      const silent = new Set<Ipv4Address>();
      for (const targets of [proven.slice(0, 1), proven]) {
        for (const target of await this.#silentOf(host, targets)) silent.add(target);
        if (state.heardAt >= startedAt) return;
      }
      if (proven.length < LEAST_SILENT) {
        // In a cluster, another process tests the agents: this one has to learn by itself which targets answer. Their silence proves nothing.
        await this.#silentOf(host, references.nextOf(host, mostReferences - proven.length));
        if (state.heardAt >= startedAt) return;
      }
      if (silent.size >= LEAST_SILENT && this.#collaborators.canMeasure(host)) this.#suspend(host, state);
      else state.undecidedAt = clock.now();
    } catch (error) {
      state.undecidedAt = clock.now();
      if (!this.#over.signal.aborted) log.error({ err: error, host: formatIpv4(host) }, 'a host could not be checked');
    } finally {
      state.isChecking = false;
      state.announce();
    }
  }

  /**
   * Pings reference targets from a host, and returns those that do not answer. A ping that a safety rule forbids says nothing; one that the
   * agent cannot send, although it is connected, counts as silent.
   */
  async #silentOf(host: Ipv4Address, targets: readonly Ipv4Address[]): Promise<Ipv4Address[]> {
    const { timeoutMs } = this.#options;
    const ask = async (target: Ipv4Address): Promise<Ipv4Address[]> => {
      try {
        const request = { type: 'ping', sender: host, target, timeoutMs } as const;
        const { reply } = await this.ping(request, this.#over.signal);
        return reply === undefined ? [target] : [];
      } catch (error) {
        if (error instanceof ProbingError) return error.code === 'proberStopped' ? [target] : [];
        throw error;
      }
    };
    return probingFor({ type: 'agentTest', agent: host }, async () => (await Promise.all(targets.map(ask))).flat());
  }

  #suspend(host: Ipv4Address, state: HostState): void {
    const { clock, log, onChange } = this.#collaborators;
    state.suspended = { from: state.heardAt, at: clock.now() };
    log.warn({ host: formatIpv4(host) }, 'suspended: nothing answers this host, not even its reference targets');
    onChange(host, true);
  }

  async #recheckAll(): Promise<void> {
    await Promise.all([...this.#states].map(([host, state]) => this.#recheck(host, state)));
  }

  async #recheck(host: Ipv4Address, state: HostState): Promise<void> {
    const { clock, references, participates, canMeasure, onChange, log } = this.#collaborators;
    const { suspended } = state;
    if (suspended === undefined || clock.now() - suspended.at < this.#options.recheckEveryMs) return;
    if (!participates(host)) {
      this.#states.delete(host);
      references.forget(host);
      onChange(host, false);
      return;
    }
    if (!canMeasure(host)) return;
    const known = references.proven(host).slice(0, this.#options.mostReferences / 2);
    const others = references.nextOf(host, this.#options.mostReferences - known.length);
    if (state.heardAt <= suspended.at) await this.#silentOf(host, [...new Set([...known, ...others])]);
    if (state.heardAt <= suspended.at) return;
    state.suspended = undefined;
    state.outageEndedAt = clock.now();
    const seconds = Math.round((clock.now() - suspended.from) / 1_000);
    log.info({ host: formatIpv4(host), seconds }, 'resumed: the host receives answers again');
    onChange(host, false);
    state.announce();
  }
}
