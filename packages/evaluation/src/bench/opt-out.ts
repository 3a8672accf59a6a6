import { type OptOutChange, OptOutSet } from '@revtr/link';
import { formatPrefix, PrefixSet, prefixOf } from '@revtr/net';
import { createRandom, type Random } from '@revtr/probing';
import { median } from '../statistics/quantiles.ts';
import { medianSeconds } from './rounds.ts';

const PREFIXES = 1_000_000;
const LOOKUPS = 1 << 20;
const DELTAS = 50;
const DELTA_ENTRIES = 100;

/**
 * Reads an opt-out list of a million prefixes from /12 to /32 and applies 50 changes of 100 prefixes each to the list and its
 * look-up table, as an agent does. Reports medians: of five rounds for look-ups, of all changes for changes.
 */
export function benchOptOut() {
  const random = createRandom(1);
  const prefixes = Array.from({ length: PREFIXES }, () => randomPrefix(random));
  let startedAt = performance.now();
  let set = OptOutSet.parse(prefixes);
  const readMs = performance.now() - startedAt;
  startedAt = performance.now();
  const table = new PrefixSet();
  set.updateTable(table);
  const tableMs = performance.now() - startedAt;
  const deltaMs: number[] = [];
  for (let i = 0; i < DELTAS; i++) {
    const change: OptOutChange = {
      added: Array.from({ length: DELTA_ENTRIES }, () => randomPrefix(random)),
      removed: prefixes.slice(i * DELTA_ENTRIES, (i + 1) * DELTA_ENTRIES),
    };
    startedAt = performance.now();
    const next = set.with(change);
    next.updateTable(table, set);
    set = next;
    deltaMs.push(performance.now() - startedAt);
  }
  const targets = Uint32Array.from({ length: LOOKUPS }, () => random.below(2 ** 32));
  let hits = 0;
  const seconds = medianSeconds(() => {
    hits = 0;
    for (const target of targets) if (table.covers(target)) hits++;
  });
  return {
    prefixes: set.size,
    readMs: Math.round(readMs),
    tableMs: Math.round(tableMs),
    lookupNs: Math.round((seconds * 1e9) / LOOKUPS),
    shareOfHits: hits / LOOKUPS,
    deltaMs: median(deltaMs),
  };
}

/** Half of the prefixes are /24, a quarter longer, a quarter shorter. */
function randomPrefix(random: Random): string {
  const length = random.chance(0.5) ? 24 : random.chance(0.5) ? 25 + random.below(8) : 14 + random.below(10);
  return formatPrefix(prefixOf(random.below(2 ** 32), length));
}
