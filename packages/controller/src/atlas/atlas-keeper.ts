import type { Atlas, AtlasTraceroute, TailStamps } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { backOff, type Clock } from '@revtr/probing';
import type { AtlasChange, Atlases } from '@revtr/storage';
import type { Logger } from 'pino';
import { restoreAtlas, toStoredPath, toStoredTail } from './stored-atlas.ts';
import { readEvidence, toStoredEvidence } from './stored-evidence.ts';

export interface AtlasKeeperOptions {
  /** How long changes wait to be stored together, milliseconds. */
  readonly delayMs: number;
  /** The process whose leases must cover the sources. Default: no lease is needed. */
  readonly owner?: string | undefined;
}

export interface AtlasKeeperCollaborators {
  readonly atlas: Atlas;
  readonly records: Atlases;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Changes {
  readonly added: Map<number, AtlasTraceroute>;
  readonly removed: Set<number>;
  readonly tails: Map<string, TailStamps>;
  /** Hops all of whose earlier pings are removed. */
  readonly unusedHops: Set<Ipv4Address>;
}

/** Longest pause before changes that could not be stored are tried again, milliseconds. */
const MOST_RETRY_MS = 60_000;

/**
 * Stores the atlas that memory holds in the database. Changes are stored together after a short delay, and `open` reads everything
 * back at the start. A crash loses at most the changes of one delay.
 */
export class AtlasKeeper {
  readonly #options: AtlasKeeperOptions;
  readonly #collaborators: AtlasKeeperCollaborators;
  readonly #changes = new Map<Ipv4Address, Changes>();
  #waiting: AbortController | undefined;
  #storing: Promise<void> = Promise.resolve();
  /** Attempts to store changes that have failed in a row. */
  #failures = 0;

  constructor(options: AtlasKeeperOptions, collaborators: AtlasKeeperCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** Reads what is stored of the atlases of sources, and keeps every change from now on. */
  async open(sources: readonly Ipv4Address[]): Promise<void> {
    const { atlas, records } = this.#collaborators;
    for (const source of sources) {
      const measured = atlas.traceroutesTo(source);
      if (measured.length > 0) {
        // Measured before this began: that is newer than what is stored.
        await records.clear(formatIpv4(source));
        for (const path of measured) this.#note(source).added.set(path.id, path);
        for (const tail of atlas.of(source)?.tails() ?? []) this.#noteTail(source, tail);
      } else await this.load(source);
    }
    const evidence = await records.evidence();
    atlas.evidence.restore(readEvidence(evidence));
    await this.flush();
    atlas.listen({
      onAdded: ({ path, removed }) => {
        this.#noteRemoved(path.source, removed);
        this.#note(path.source).added.set(path.id, path);
        this.#schedule();
      },
      onRemoved: (source, removed) => {
        this.#noteRemoved(source, removed);
        this.#schedule();
      },
      onTails: (source, tails) => {
        for (const tail of tails) this.#noteTail(source, tail);
        this.#schedule();
      },
      onTailsRemoved: (source, hops) => {
        const changes = this.#note(source);
        const gone = new Set(hops);
        for (const hop of gone) changes.unusedHops.add(hop);
        for (const [key, { target }] of changes.tails) if (gone.has(target)) changes.tails.delete(key);
        this.#schedule();
      },
    });
  }

  /** Reads what is stored of the atlas of a source that another process may have kept. What memory holds of it is dropped. */
  async load(source: Ipv4Address): Promise<void> {
    const { atlas, records, log } = this.#collaborators;
    const stored = formatIpv4(source);
    const rows = await records.of(stored);
    atlas.clear(source);
    this.#changes.delete(source);
    const damaged = restoreAtlas(atlas, source, rows);
    if (damaged > 0) log.error({ source: stored, damaged }, 'rows of a stored atlas could not be read');
  }

  /** Drops the atlas of a source from memory, because another process keeps it. What is not stored yet is stored first, unless `isLost`. */
  async unload(source: Ipv4Address, isLost: boolean): Promise<void> {
    if (isLost) this.#changes.delete(source);
    else await this.flush();
    this.#collaborators.atlas.clear(source);
  }

  /** Forgets the atlas of a source, here and in the database. */
  async clear(source: Ipv4Address): Promise<void> {
    this.#collaborators.atlas.clear(source);
    this.#changes.delete(source);
    await this.#storing;
    await this.#collaborators.records.clear(formatIpv4(source));
  }

  /** Stores all changes now. Resolves also when that fails: the changes are then tried again later. */
  flush(): Promise<void> {
    this.#waiting?.abort();
    this.#waiting = undefined;
    this.#storing = this.#storing.then(() => this.#store());
    return this.#storing;
  }

  #note(source: Ipv4Address): Changes {
    const changes = this.#changes.get(source) ?? {
      ...{ added: new Map(), removed: new Set(), tails: new Map(), unusedHops: new Set() },
    };
    this.#changes.set(source, changes);
    return changes;
  }

  #noteRemoved(source: Ipv4Address, removed: readonly AtlasTraceroute[]): void {
    const changes = this.#note(source);
    for (const { id } of removed) {
      changes.added.delete(id);
      changes.removed.add(id);
    }
  }

  #noteTail(source: Ipv4Address, tail: TailStamps): void {
    this.#note(source).tails.set(`${tail.target} ${tail.sender}`, tail);
  }

  /** Keeps changes that could not be stored for the next attempt, except those that newer changes replace. */
  #putBack(source: Ipv4Address, { added, removed, tails, unusedHops }: Changes): void {
    const newer = this.#note(source);
    for (const [id, path] of added) if (!newer.removed.has(id)) newer.added.set(id, path);
    for (const id of removed) newer.removed.add(id);
    for (const [key, tail] of tails)
      if (!newer.tails.has(key) && !newer.unusedHops.has(tail.target)) newer.tails.set(key, tail);
    for (const hop of unusedHops) newer.unusedHops.add(hop);
  }

  #schedule(): void {
    if (this.#waiting !== undefined) return;
    const waiting = new AbortController();
    this.#waiting = waiting;
    const { delayMs } = this.#options;
    const retry = { firstMs: delayMs, mostMs: MOST_RETRY_MS, jitter: 0 };
    const pauseMs = this.#failures === 0 ? delayMs : backOff(retry, this.#failures, () => 0);
    this.#collaborators.clock.sleep(pauseMs, waiting.signal).then(
      () => this.flush(),
      () => undefined,
    );
  }

  async #store(): Promise<void> {
    const { records, log } = this.#collaborators;
    const changes = [...this.#changes];
    this.#changes.clear();
    try {
      if (changes.length > 0) await records.change(new Map(changes.map(toStoredChange)), this.#options.owner);
      await this.#storeEvidence();
      this.#failures = 0;
    } catch (error) {
      log.error({ err: error }, 'changes of the atlas could not be stored; the controller tries again');
      for (const [source, failed] of changes) this.#putBack(source, failed);
      this.#failures++;
      this.#schedule();
    }
  }

  async #storeEvidence(): Promise<void> {
    const { records, atlas } = this.#collaborators;
    const evidence = atlas.evidence.takeChanges();
    try {
      await records.putEvidence(evidence.map(toStoredEvidence));
    } catch (error) {
      atlas.evidence.putBack(evidence);
      throw error;
    }
  }
}

const toStoredChange = ([source, { added, removed, tails, unusedHops }]: readonly [Ipv4Address, Changes]): readonly [
  string,
  AtlasChange,
] => [
  formatIpv4(source),
  {
    paths: [...added.values()].map(toStoredPath),
    removed: [...removed],
    tails: [...tails.values()].map(toStoredTail),
    unusedHops: [...unusedHops].map(formatIpv4),
  },
];
