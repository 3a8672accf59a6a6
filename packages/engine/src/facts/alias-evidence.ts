import type { Ipv4Address } from '@revtr/net';

/** Why two addresses are believed to belong to one router. */
export type AliasEvidenceKind =
  /** A Record Route stamp is the near end of a point-to-point link whose far end is the next hop of a traceroute. */
  | 'linkEnd'
  /** The target of a Record Route ping stamped twice, with another address than the probed one. */
  | 'doubleStamp';

/** Two addresses that probes of this system suggest belong to one router. */
export interface AliasSighting {
  readonly addresses: readonly [Ipv4Address, Ipv4Address];
  readonly kind: AliasEvidenceKind;
  /** When it was last seen, milliseconds since the Unix epoch; `count` says how often. */
  readonly lastSeen: number;
  readonly count: number;
}

/**
 * Alias evidence from probes of this system. It is kept apart from the published datasets, is shown and exported with its source, and is
 * never merged into them silently.
 */
export class AliasEvidence {
  readonly #sightings = new Map<string, AliasSighting>();
  readonly #changed = new Set<string>();
  readonly #capacity: number;

  /** @param options `capacity`: most pairs remembered; the oldest is forgotten first. Default 1,000,000. */
  constructor(options: { readonly capacity?: number } = {}) {
    this.#capacity = options.capacity ?? 1_000_000;
  }

  /** Records one sighting at `at` (milliseconds since the Unix epoch). Repeating the same time changes nothing. */
  add(a: Ipv4Address, b: Ipv4Address, kind: AliasEvidenceKind, at: number): void {
    if (a === b) return;
    const addresses: [Ipv4Address, Ipv4Address] = a < b ? [a, b] : [b, a];
    const key = keyOf(addresses, kind);
    const known = this.#sightings.get(key);
    if (known?.lastSeen === at) return;
    this.#sightings.delete(key);
    const lastSeen = Math.max(at, known?.lastSeen ?? at);
    this.#sightings.set(key, { addresses, kind, lastSeen, count: (known?.count ?? 0) + 1 });
    this.#changed.add(key);
    this.#forgetOldest();
  }

  /** Returns the sightings that changed since the last call. */
  takeChanges(): AliasSighting[] {
    const changes = [...this.#changed].flatMap((key) => this.#sightings.get(key) ?? []);
    this.#changed.clear();
    return changes;
  }

  /** Counts sightings as changed again, because they could not be stored. */
  putBack(sightings: Iterable<AliasSighting>): void {
    for (const { addresses, kind } of sightings) this.#changed.add(keyOf(addresses, kind));
  }

  /** Restores stored sightings, which are given least recently seen first. They do not count as changes. */
  restore(sightings: Iterable<AliasSighting>): void {
    for (const sighting of sightings) this.#sightings.set(keyOf(sighting.addresses, sighting.kind), sighting);
    this.#forgetOldest();
  }

  /** Forgets what was last seen before `oldest`, milliseconds since the Unix epoch. */
  forgetBefore(oldest: number): void {
    for (const [key, { lastSeen }] of this.#sightings) if (lastSeen < oldest) this.#sightings.delete(key);
  }

  /** All sightings, most recently seen last. */
  list(): AliasSighting[] {
    return [...this.#sightings.values()];
  }

  #forgetOldest(): void {
    for (const oldest of this.#sightings.keys()) {
      if (this.#sightings.size <= this.#capacity) break;
      this.#sightings.delete(oldest);
    }
  }
}

const keyOf = ([a, b]: readonly [Ipv4Address, Ipv4Address], kind: AliasEvidenceKind): string => `${a} ${b} ${kind}`;
