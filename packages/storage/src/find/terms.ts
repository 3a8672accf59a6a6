import { maskOf, parseIpv4 } from '@revtr/net';
import { type RawBuilder, sql } from 'kysely';
import { storedAddressOf, storedStopReasonOf, toStoredAddress } from '../results/result-columns.ts';
import type { IdRange } from './id-range.ts';
import type { MeasurementFilter } from './measurement-filter.ts';

/** Ids of a block. */
export const BLOCK = 65_536;

// The numbers of the function `result_terms` (migration 0041).
const BLOCKS = -2_147_483_648;
const USERS = -1_610_612_736;
const STOP_REASONS = -1_342_177_280;
const SOURCES = 1_540_483_477;
/** Prefixes of the destination that have a term, the longest first. */
const PREFIXES = [
  { length: 24, terms: -805_306_368 },
  { length: 16, terms: -1_056_964_608 },
  { length: 8, terms: -1_073_741_824 },
];

/** The terms of a row of `results`. */
export const TERMS = sql`result_terms(id, user_id, source, destination, stop_reason, label, networks)`;

/** The terms that every result has which meets all conditions. A few others have them too. */
export function termsOf({
  userId,
  source,
  destination,
  prefix,
  asn,
  label,
  stopReason,
}: MeasurementFilter): RawBuilder<unknown> {
  const numbers = [USERS + userId];
  if (source !== undefined) numbers.push(storedAddressOf(source) ^ SOURCES);
  if (destination !== undefined) numbers.push(...prefixTerm(parseIpv4(destination), 32));
  if (prefix !== undefined) numbers.push(...prefixTerm(prefix.address, prefix.length));
  if (asn !== undefined) numbers.push(asn | 0);
  if (stopReason !== undefined) numbers.push(STOP_REASONS + storedStopReasonOf(stopReason));
  const terms = sql`${`{${numbers.join(',')}}`}::integer[]`;
  return label === undefined ? terms : sql`${terms} || pg_catalog.hashtext(${label})`;
}

/** The terms of the blocks that a range touches, as an array literal. */
export function blockTerms({ from, to }: IdRange): string {
  const first = Math.floor(from / BLOCK);
  const last = Math.floor((to - 1) / BLOCK);
  return `{${Array.from({ length: last - first + 1 }, (_, i) => BLOCKS + first + i).join(',')}}`;
}

/** The term of the longest prefix with a term that contains a prefix; none for one shorter than all. */
function prefixTerm(address: number, length: number): number[] {
  const covering = PREFIXES.find((prefix) => prefix.length <= length);
  if (covering === undefined) return [];
  const stored = toStoredAddress((address & maskOf(covering.length)) >>> 0);
  return [covering.terms + (stored >> (32 - covering.length))];
}
