import type { MeasurementOutline } from '@revtr/client';
import { entryOf } from '../batch/filters.ts';

/** One destination and source in two batches. */
export interface ComparedPair {
  readonly destination: string;
  readonly source: string;
  readonly before: MeasurementOutline | undefined;
  readonly after: MeasurementOutline | undefined;
  /**
   * `visibility`: one path shows networks that the other does not, and nothing contradicts. `undefined` when not both paths reach the source.
   */
  readonly asPath: 'same' | 'visibility' | 'changed' | undefined;
  /** Which of the paths reach the source; `undefined` when the pair is in one batch only. */
  readonly reach: 'both' | 'neither' | 'onlyBefore' | 'onlyAfter' | undefined;
  /** Whether the AS path changed and enters the network of the source through another network; `undefined` as for `asPath`. */
  readonly entryChanged: boolean | undefined;
  /** How much the round-trip time grew, milliseconds; `undefined` when not both are known. */
  readonly rttChangeMs: number | undefined;
  readonly rtt: 'same' | 'slower' | 'faster' | undefined;
}

/** A round-trip time changed when it differs by both. */
export const RTT_CHANGE = { leastMs: 10, leastShare: 0.2 } as const;

/** Compares the measurements of two batches that have the same destination and source. Those with the largest changes come first. */
export function compareBatches(
  before: readonly MeasurementOutline[],
  after: readonly MeasurementOutline[],
): readonly ComparedPair[] {
  const waiting = new Map<string, MeasurementOutline[]>();
  for (const measurement of after) {
    const key = keyOf(measurement);
    const same = waiting.get(key);
    if (same === undefined) waiting.set(key, [measurement]);
    else same.push(measurement);
  }
  const pairs = before.map((measurement) => comparePair(measurement, waiting.get(keyOf(measurement))?.shift()));
  const onlyAfter = after.filter((measurement) => waiting.get(keyOf(measurement))?.includes(measurement));
  const all = [...pairs, ...onlyAfter.map((measurement) => comparePair(undefined, measurement))];
  return all.sort((a, b) => weightOf(b) - weightOf(a));
}

/** How much a change matters to somebody who looks for changes. */
function weightOf({ reach, asPath, entryChanged, rtt }: ComparedPair): number {
  if (reach === undefined) return 0;
  if (reach === 'onlyBefore' || reach === 'onlyAfter') return 6;
  if (entryChanged === true) return 5;
  if (asPath === 'changed') return 4;
  if (rtt === 'slower' || rtt === 'faster') return 3;
  return asPath === 'visibility' ? 2 : 1;
}

const keyOf = ({ destination, source }: MeasurementOutline): string => `${destination} ${source}`;

function comparePair(before: MeasurementOutline | undefined, after: MeasurementOutline | undefined): ComparedPair {
  const { destination = '', source = '' } = before ?? after ?? {};
  const isPair = before !== undefined && after !== undefined;
  const reach = isPair ? reachOf(before, after) : undefined;
  const asPath = isPair && reach === 'both' ? compareNetworks(before.networks ?? [], after.networks ?? []) : undefined;
  const rttChangeMs =
    before?.rttMs === undefined || after?.rttMs === undefined ? undefined : after.rttMs - before.rttMs;
  return {
    ...{ destination, source, before, after, reach, rttChangeMs },
    asPath,
    // Where a network is only not visible, the entry network may be the same.
    entryChanged:
      isPair && asPath !== undefined ? asPath === 'changed' && entryOf(before) !== entryOf(after) : undefined,
    rtt: rttChangeMs === undefined ? undefined : rttVerdict(rttChangeMs, before?.rttMs ?? 0),
  };
}

function reachOf(before: MeasurementOutline, after: MeasurementOutline): ComparedPair['reach'] {
  const [first, second] = [before, after].map(({ stopReason }) => stopReason === 'reaches');
  if (first) return second ? 'both' : 'onlyBefore';
  return second ? 'onlyAfter' : 'neither';
}

function compareNetworks(before: readonly number[], after: readonly number[]): ComparedPair['asPath'] {
  const [short, long] = before.length < after.length ? [before, after] : [after, before];
  if (!isSubsequence(short, long)) return 'changed';
  return short.length === long.length ? 'same' : 'visibility';
}

/** Whether a list is another one with items left out. */
function isSubsequence(part: readonly number[], whole: readonly number[]): boolean {
  let found = 0;
  for (const item of whole) if (item === part[found]) found++;
  return found === part.length;
}

function rttVerdict(changeMs: number, beforeMs: number): ComparedPair['rtt'] {
  const isChange = Math.abs(changeMs) >= Math.max(RTT_CHANGE.leastMs, RTT_CHANGE.leastShare * beforeMs);
  if (!isChange) return 'same';
  return changeMs > 0 ? 'slower' : 'faster';
}
