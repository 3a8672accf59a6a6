import { entryOf } from '../batch/filters.ts';
import type { ComparedPair } from './compare.ts';

/** The kinds of change that can be listed alone, with what they are called. */
export const CHANGES = {
  asPath: 'AS path changed',
  visibility: 'AS path differs in what is visible',
  entry: 'enters through another network',
  reach: 'reaches the source in one batch only',
  rtt: 'round-trip time changed',
  none: 'nothing changed',
  missing: 'in one batch only',
} as const;

/** A kind of change. */
export type Change = keyof typeof CHANGES;

const TESTS: Readonly<Record<Change, (pair: ComparedPair) => boolean>> = {
  asPath: ({ asPath }) => asPath === 'changed',
  visibility: ({ asPath }) => asPath === 'visibility',
  entry: ({ entryChanged }) => entryChanged === true,
  reach: ({ reach }) => reach === 'onlyBefore' || reach === 'onlyAfter',
  rtt: ({ rtt }) => rtt === 'slower' || rtt === 'faster',
  none: ({ reach, asPath, rtt }) =>
    (reach === 'both' || reach === 'neither') && asPath !== 'changed' && (rtt === undefined || rtt === 'same'),
  missing: ({ reach }) => reach === undefined,
};

/** Whether a pair changed in a certain way. */
export const hasChange = (pair: ComparedPair, change: Change): boolean => TESTS[change](pair);

/** Which pairs are listed. The empty string means all. */
export interface ComparisonFilters {
  readonly change: string;
  /** Two AS numbers joined by `~`: the entry network before and after. */
  readonly moved: string;
  /** A part of the destination or the label. */
  readonly text: string;
}

/** The pairs that pass all filters. A kind of change that does not exist lets all pass. */
export function filteredPairs(
  pairs: readonly ComparedPair[],
  { change, moved, text }: ComparisonFilters,
): readonly ComparedPair[] {
  return pairs.filter(
    (pair) =>
      (!isChange(change) || hasChange(pair, change)) &&
      (moved === '' || moveOf(pair) === moved) &&
      (text === '' ||
        pair.destination.includes(text) ||
        [pair.before, pair.after].some((measurement) => measurement?.label.includes(text))),
  );
}

/** The entry networks before and after of a pair whose entry changed, joined by `~`. */
export function moveOf({ before, after, entryChanged }: ComparedPair): string | undefined {
  if (entryChanged !== true || before === undefined || after === undefined) return undefined;
  return `${entryOf(before) ?? ''}~${entryOf(after) ?? ''}`;
}

const isChange = (text: string): text is Change => Object.hasOwn(CHANGES, text);
