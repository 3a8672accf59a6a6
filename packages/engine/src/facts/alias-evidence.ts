import type { Ipv4Address } from '@revtr/net';

/** What suggests that two addresses are one router's. */
export type AliasEvidenceKind =
  /** A stamp is the near end of the link whose far end answered as the next hop of a traceroute. */
  | 'linkEnd'
  /** The target of a Record Route ping stamped twice with an address that is not the one probed. */
  | 'doubleStamp';

/** Two addresses believed to be one router's because of our own probes. */
export interface AliasSighting {
  readonly addresses: readonly [Ipv4Address, Ipv4Address];
  readonly kind: AliasEvidenceKind;
  /** When it was last seen, milliseconds since the Unix epoch, and how often. */
  readonly lastSeen: number;
  readonly count: number;
}

/**
 * Alias evidence from our own probes, kept beside the published datasets and apart from them: it is shown and exported with its
 * source, and never merged silently.
 */
export class AliasEvidence {
  readonly #sightings = new Map<string, AliasSighting>();
  readonly #changed = new Set<string>();
  readonly #capacity: number;

  /** @param options `capacity`: most pairs remembered; the oldest is forgotten first. Default 1,000,000. */
  constructor(options: { readonly capacity?: number } = {}) {
    this.#capacity = options.capacity ?? 1_000_000;
  }

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

  /** What has been seen since the last call. */
  takeChanges(): AliasSighting[] {
    const changes = [...this.#changed].flatMap((key) => this.#sightings.get(key) ?? []);
    this.#changed.clear();
    return changes;
  }

  /** Puts back what was kept, least recently seen first. */
  restore(sightings: Iterable<AliasSighting>): void {
    for (const sighting of sightings) this.#sightings.set(keyOf(sighting.addresses, sighting.kind), sighting);
    this.#forgetOldest();
  }

  /** Everything remembered, most recently seen last. */
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
