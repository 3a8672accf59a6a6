import { PrefixTable, prefixOf } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { medianSeconds } from './rounds.ts';

const PREFIXES = 1_000_000;
/** Lookups in each round. */
const LOOKUPS = 4_000_000;

/**
 * Builds a table of a million random prefixes from /12 to /24, most of them /24 as in real tables. Reports the time of one
 * build, the memory, and the median rate of lookups over five rounds.
 */
export function benchPrefixTable() {
  const random = createRandom(1);
  const addresses = new Uint32Array(PREFIXES);
  const lengths = new Uint8Array(PREFIXES);
  const values = new Int32Array(PREFIXES);
  for (let i = 0; i < PREFIXES; i++) {
    lengths[i] = random.chance(0.6) ? 24 : 12 + random.below(12);
    addresses[i] = prefixOf(random.below(2 ** 32), lengths[i]).address;
    values[i] = i;
  }
  const targets = Uint32Array.from({ length: 1 << 20 }, () => random.below(2 ** 32));
  const built = performance.now();
  const table = new PrefixTable({ addresses, lengths, values });
  const buildMs = performance.now() - built;
  let hits = 0;
  const seconds = medianSeconds(() => {
    hits = 0;
    for (let i = 0; i < LOOKUPS; i++) if (table.lookup(targets[i & 0xfffff]) >= 0) hits++;
  });
  return {
    prefixes: PREFIXES,
    buildMs: Math.round(buildMs),
    mebibytes: Math.round((10 * table.byteLength) / 2 ** 20) / 10,
    lookupsPerSecond: Math.round(LOOKUPS / seconds),
    shareOfHits: hits / LOOKUPS,
  };
}
