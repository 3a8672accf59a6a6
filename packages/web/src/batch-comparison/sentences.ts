import { formatMs } from '@revtr/client/wording';
import { type ComparedPair, RTT_CHANGE } from './compare.ts';
import { hasChange } from './filters.ts';

/** The names of the two batches in sentences. */
export interface BatchNames {
  readonly before: string;
  readonly after: string;
}

/** What changed from one batch to another, in sentences. */
export function sentencesOf(pairs: readonly ComparedPair[], { before, after }: BatchNames): readonly string[] {
  const count = (test: (pair: ComparedPair) => boolean): number => pairs.filter(test).length;
  const inBoth = pairs.filter(({ reach }) => reach !== undefined);
  const onlyBefore = count((pair) => pair.after === undefined);
  const onlyAfter = count((pair) => pair.before === undefined);
  const missing =
    onlyBefore + onlyAfter === 0
      ? ''
      : ` ${number(onlyBefore)} ${areIs(onlyBefore)} only in ${before}, and ${number(onlyAfter)} only in ${after}.`;
  if (inBoth.length === 0)
    return [
      `The batches have no pair of a destination and a source in common, so there is nothing to compare.${missing}`,
    ];
  return [
    `${number(inBoth.length)} ${inBoth.length === 1 ? 'destination is' : 'destinations are'} in both batches.${missing}`,
    pathSentence(pairs),
    reachSentence(inBoth, { before, after }),
    rttSentence(inBoth, { before, after }),
  ].filter((sentence) => sentence !== '');
}

function pathSentence(pairs: readonly ComparedPair[]): string {
  const reached = pairs.filter(({ asPath }) => asPath !== undefined);
  if (reached.length === 0) return 'No path reaches the source in both batches.';
  const same = reached.filter(({ asPath }) => asPath === 'same').length;
  const visibility = reached.filter(({ asPath }) => asPath === 'visibility').length;
  const entries = reached.filter(({ entryChanged }) => entryChanged === true).length;
  return (
    `Of the ${number(reached.length)} paths that reach the source in both, ${number(same)} have the same AS path, ` +
    `${number(visibility)} differ only in networks that one of the two does not show, and ` +
    `${number(reached.length - same - visibility)} changed; ${number(entries)} enter through another network.`
  );
}

function reachSentence(pairs: readonly ComparedPair[], { before, after }: BatchNames): string {
  const lost = pairs.filter(({ reach }) => reach === 'onlyBefore').length;
  const gained = pairs.filter(({ reach }) => reach === 'onlyAfter').length;
  if (lost + gained === 0) return 'The same paths reach the source in both batches.';
  return `${number(lost)} ${lost === 1 ? 'path reaches' : 'paths reach'} the source only in ${before}, and ${number(gained)} only in ${after}.`;
}

function rttSentence(pairs: readonly ComparedPair[], { before, after }: BatchNames): string {
  const known = pairs.filter(({ rttChangeMs }) => rttChangeMs !== undefined);
  if (known.length === 0) return '';
  const medians = [before, after].map((name, i) => {
    const values = known.map((pair) => (i === 0 ? pair.before : pair.after)?.rttMs ?? 0);
    return `${formatMs(medianOf(values))} in ${name}`;
  });
  const slower = known.filter(({ rtt }) => rtt === 'slower').length;
  const changed = known.filter((pair) => hasChange(pair, 'rtt')).length;
  const size = `at least ${RTT_CHANGE.leastMs} ms and ${100 * RTT_CHANGE.leastShare} %`;
  return (
    `The median round-trip time of the ${number(known.length)} destinations that answered in both is ${medians.join(' and ')}. ` +
    `It rose by ${size} for ${number(slower)} of them, and fell by as much for ${number(changed - slower)}.`
  );
}

/** The middle of some numbers; the mean of the two in the middle of an even number. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const number = (value: number): string => (value === 0 ? 'none' : value.toLocaleString('en'));
const areIs = (value: number): string => (value === 1 ? 'is' : 'are');
