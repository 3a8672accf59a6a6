import { type CollectReport, collectAtlas, type EngineCollaborators } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { ProbingError } from '@revtr/probing';
import type { Atlases } from '@revtr/storage';
import type { Logger } from 'pino';
import { restoreAtlas, toStoredAtlas } from './stored-atlas.ts';

/** What an atlas run is doing, or did. */
export type AtlasRun =
  | { readonly state: 'running'; readonly startedAt: number }
  | { readonly state: 'done'; readonly startedAt: number; readonly endedAt: number; readonly report: CollectReport }
  | { readonly state: 'failed'; readonly startedAt: number; readonly endedAt: number; readonly reason: string };

export interface AtlasServiceCollaborators {
  readonly network: EngineCollaborators;
  readonly records: Atlases;
  /** Vantage points that send traceroutes now. */
  readonly origins: () => readonly Ipv4Address[];
  readonly log: Logger;
}

/** What a run measures. */
interface AtlasWork {
  readonly origins: readonly Ipv4Address[];
  readonly onlyNewHops: boolean;
}

const CONCURRENCY = 20;
const TIMEOUT_MS = 2_000;
const SPOOFERS_PER_HOP = 3;

/** Collects the atlas of each source in the background, one run a source at a time. */
export class AtlasService {
  readonly #collaborators: AtlasServiceCollaborators;
  readonly #runs = new Map<Ipv4Address, { readonly run: AtlasRun; readonly ended: Promise<AtlasRun> }>();
  readonly #over = new AbortController();

  constructor(collaborators: AtlasServiceCollaborators) {
    this.#collaborators = collaborators;
  }

  /** Starts a run, or joins the one under way. Resolves when it has ended, however it did. */
  collect(source: Ipv4Address): Promise<AtlasRun> {
    return this.#start(source, { origins: this.#collaborators.origins(), onlyNewHops: false });
  }

  /** Adds the traceroutes of vantage points that have come since the last run, once one under way has ended. */
  async catchUp(source: Ipv4Address): Promise<void> {
    while (this.#runs.get(source)?.run.state === 'running') await this.#runs.get(source)?.ended;
    const known = new Set(this.#collaborators.network.atlas.traceroutesTo(source).map(({ origin }) => origin));
    const origins = this.#collaborators.origins().filter((origin) => !known.has(origin) && origin !== source);
    if (origins.length > 0) await this.#start(source, { origins, onlyNewHops: true });
  }

  #start(source: Ipv4Address, what: AtlasWork): Promise<AtlasRun> {
    const known = this.#runs.get(source);
    if (known?.run.state === 'running') return known.ended;
    const startedAt = Date.now();
    const ended = this.#run(source, startedAt, what).then((run) => {
      this.#runs.set(source, { run, ended });
      return run;
    });
    this.#runs.set(source, { run: { state: 'running', startedAt }, ended });
    return ended;
  }

  /** The last run of a source. */
  lastRun(source: Ipv4Address): AtlasRun | undefined {
    return this.#runs.get(source)?.run;
  }

  /** Traceroutes held towards a source. */
  size(source: Ipv4Address): number {
    return this.#collaborators.network.atlas.traceroutesTo(source).length;
  }

  /** Forgets the atlas of a source. */
  async clean(source: Ipv4Address): Promise<void> {
    this.#collaborators.network.atlas.clear(source);
    await this.#collaborators.records.clear(formatIpv4(source));
  }

  /** Reads what is stored of the atlases of sources: to be called at the start. */
  async restore(sources: readonly Ipv4Address[]): Promise<void> {
    const { network, records, log } = this.#collaborators;
    for (const source of sources) {
      try {
        restoreAtlas(network.atlas, source, await records.of(formatIpv4(source)));
      } catch (error) {
        // An atlas can be measured again.
        log.error({ err: error, source: formatIpv4(source) }, 'a stored atlas could not be read');
        network.atlas.clear(source);
      }
    }
  }

  /** Ends runs under way. */
  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
  }

  async #run(source: Ipv4Address, startedAt: number, { origins, onlyNewHops }: AtlasWork): Promise<AtlasRun> {
    const { network, log } = this.#collaborators;
    const options = {
      source,
      origins,
      onlyNewHops,
      spoofersPerHop: SPOOFERS_PER_HOP,
      concurrency: CONCURRENCY,
      timeoutMs: TIMEOUT_MS,
      signal: this.#over.signal,
    };
    const facts = { aliases: network.aliases, ipToAs: network.ipToAs, useHeuristics: true };
    try {
      const report = await collectAtlas(options, { ...network, facts });
      await this.#collaborators.records.replace(formatIpv4(source), toStoredAtlas(network.atlas, source));
      log.info({ source: formatIpv4(source), ...report }, 'atlas collected');
      return { state: 'done', startedAt, endedAt: Date.now(), report };
    } catch (error) {
      if (!(error instanceof ProbingError)) log.error({ err: error, source: formatIpv4(source) }, 'atlas run broke');
      const reason =
        error instanceof ProbingError ? error.message : 'the run broke; the operator can find the reason in the log';
      return { state: 'failed', startedAt, endedAt: Date.now(), reason };
    }
  }
}
