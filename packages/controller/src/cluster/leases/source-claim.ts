import type { Bus } from '@revtr/bus';
import { isCutOff } from '../lost-bus.ts';
import type { Members } from '../members.ts';
import type { Claim } from './lease-keeper.ts';
import { preferredOwner } from './preferred-owner.ts';

const PREFIX = 'source/';

/** The source (dotted quad) that a lease is for; `undefined` for leases of other kinds. */
export const sourceOfLease = (name: string): string | undefined =>
  name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;

/** What an engine does with a source (dotted quad) that it owns. */
export interface SourceWork {
  /** Reads what is stored for the source. The source is owned when this resolves. */
  readonly load: (source: string, signal: AbortSignal) => Promise<void>;
  /** Begins to work for the source. */
  readonly begin: (source: string) => Promise<void>;
  /** Ends all work for the source, and stores what was learned unless the source is lost already. */
  readonly end: (source: string, isLost: boolean) => Promise<void>;
}

/** The sources that this engine owns: its share of all of them. */
export class SourceClaim implements Claim {
  readonly #bus: Pick<Bus, 'id' | 'lostForMs'>;
  readonly #members: Members;
  readonly #sources: () => readonly string[];
  readonly #work: SourceWork;
  readonly #owned = new Set<string>();

  constructor(collaborators: {
    readonly bus: Pick<Bus, 'id' | 'lostForMs'>;
    readonly members: Members;
    /** All sources that somebody should own, dotted quads. */
    readonly sources: () => readonly string[];
    readonly work: SourceWork;
  }) {
    this.#bus = collaborators.bus;
    this.#members = collaborators.members;
    this.#sources = collaborators.sources;
    this.#work = collaborators.work;
  }

  /** The sources that work may be done for. */
  owned(): readonly string[] {
    return [...this.#owned];
  }

  owns(source: string): boolean {
    return this.#owned.has(source);
  }

  /** None while this process is cut off from the others: it must not probe, and another engine may be able to. */
  wanted(): readonly string[] {
    if (isCutOff(this.#bus)) return [];
    const engines = this.#members.with('engine');
    return this.#sources()
      .filter((source) => preferredOwner(source, engines) === this.#bus.id)
      .map((source) => `${PREFIX}${source}`);
  }

  async acquired(name: string, signal: AbortSignal): Promise<void> {
    const source = name.slice(PREFIX.length);
    await this.#work.load(source, signal);
    if (signal.aborted) return;
    this.#owned.add(source);
    await this.#work.begin(source);
  }

  async ended(name: string, isLost: boolean): Promise<void> {
    const source = name.slice(PREFIX.length);
    this.#owned.delete(source);
    await this.#work.end(source, isLost);
  }
}
