import { type Atlas, DEFAULT_REFRESH, planRefresh, type RefreshPolicy } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import { creditsPerTraceroute } from '@revtr/ripe-atlas';
import type { AtlasRuns } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';
import type { AtlasService } from './atlas-service.ts';
import { PACKETS } from './ripe-measurements.ts';

export interface RefresherOptions {
  /** How often to look for what is due, milliseconds. */
  readonly pollMs: number;
  /** Paths are forgotten at this age, milliseconds: requests may want older ones than the atlas keeps fresh. */
  readonly forgetMs: number;
  /** Alias evidence is forgotten when it was not seen for so long, milliseconds. */
  readonly forgetEvidenceMs: number;
  /** Credits that refreshing may cost the system in a day. */
  readonly creditsPerDay: number;
  readonly policy?: RefreshPolicy;
}

export interface RefresherCollaborators {
  readonly service: AtlasService;
  readonly atlas: Atlas;
  readonly runs: AtlasRuns;
  /** The controller's clock, which decides when to look. */
  readonly clock: Clock;
  /** The clock that the ages of paths are measured by. */
  readonly atlasClock: Clock;
  /** Sources that are ready and connected. */
  readonly sources: () => readonly Ipv4Address[];
  /** Vantage points that send traceroutes now. */
  readonly origins: () => readonly Ipv4Address[];
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
/** How long the pings to hops are kept that are on no path any more: most paths that change come back within hours. */
const KEEP_UNUSED_TAILS_MS = DAY_MS;
/** Most paths of one source measured again at once. */
const MOST_AT_ONCE = 500;

/** Keeps atlases fresh: measures again what is used before it is too old, within a budget, and forgets what is very old. */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #collaborators: RefresherCollaborators;
  readonly #refreshing: Periodic;

  constructor(options: RefresherOptions, collaborators: RefresherCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#refreshing = new Periodic(
      { everyMs: options.pollMs },
      {
        clock,
        work: () => this.refresh(),
        onError: (error) => log.error({ err: error }, 'the atlases could not be refreshed'),
      },
    );
  }

  start(): void {
    this.#refreshing.start();
  }

  async stop(): Promise<void> {
    await this.#refreshing.stop();
  }

  /** Looks once for what is due, and begins to measure it. */
  async refresh(): Promise<void> {
    const { atlas, atlasClock, sources, log } = this.#collaborators;
    // Also those of sources that were withdrawn, or are away.
    const now = atlasClock.now();
    const ages = { paths: now - this.#options.forgetMs, unusedTails: now - KEEP_UNUSED_TAILS_MS };
    for (const source of atlas.sources()) atlas.expire(source, ages);
    atlas.evidence.forgetBefore(now - this.#options.forgetEvidenceMs);
    for (const source of sources()) {
      try {
        await this.#refreshSource(source);
      } catch (error) {
        log.error({ err: error }, 'an atlas could not be refreshed');
      }
    }
  }

  async #refreshSource(source: Ipv4Address): Promise<void> {
    const { atlas, atlasClock, runs, service, origins } = this.#collaborators;
    const { policy = DEFAULT_REFRESH, creditsPerDay } = this.#options;
    const now = atlasClock.now();
    const known = atlas.of(source);
    if (known === undefined) return;
    const due = planRefresh(known, policy, now, MOST_AT_ONCE);
    const present = new Set(origins());
    const own = due.filter(({ platform, origin }) => platform === 'vantagePoint' && present.has(origin));
    const { credits: spent } = await runs.paidSince('refresh', new Date(now - DAY_MS));
    const affordable = Math.max(0, Math.floor((creditsPerDay - spent) / creditsPerTraceroute(PACKETS)));
    const probes = due.flatMap(({ probe }) => probe ?? []).slice(0, affordable);
    if (own.length + probes.length === 0) return;
    await service.refresh(
      source,
      own.map(({ origin }) => origin),
      probes,
    );
  }
}
