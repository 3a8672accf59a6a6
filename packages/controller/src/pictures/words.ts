import {
  type Band,
  formatMs,
  formatProbability,
  reusedSentence,
  standInSentence,
  TECHNIQUE_STYLES,
  toBands,
} from '@revtr/client/wording';
import type { PublicHop, PublicResult } from '../publications/public-result.ts';

const MOST_NAMED = 6;

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** A time for people, in UTC. */
export const formatTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** The name of a network for people. */
export function networkName({ asn, asName }: Pick<Band<PublicHop>, 'asn' | 'asName'>): string {
  if (asn === undefined) return 'Not announced by any network';
  return asName === undefined ? `AS${asn}` : `AS${asn} ${asName}`;
}

/** The title of a result. */
export const titleOf = ({ source, destination }: PublicResult): string =>
  `Reverse path from ${destination} back to ${source}`;

/** What came out, in a sentence. */
export function outcomeOf({ result }: PublicResult): string {
  const { hops, stopReason, confidence, failReason } = result;
  const networks = new Set(hops.flatMap(({ asn }) => asn ?? [])).size;
  const size = `${count(hops.length, 'hop')} in ${count(networks, 'network')}`;
  if (stopReason === 'trivial') return 'The destination is the source.';
  if (stopReason !== 'reaches')
    return `The path ends after ${size}, before the source${failReason === undefined ? '' : ` (${failReason.code})`}.`;
  const trust =
    confidence === undefined ? '' : `, right as a whole with a probability of ${formatProbability(confidence)}`;
  return `${size}${trust}.`;
}

/** What a reader must know before believing a result. */
export function caveatsOf({ result: { measuredThrough, reused } }: PublicResult): readonly string[] {
  return [
    measuredThrough && standInSentence(measuredThrough),
    reused && reusedSentence(reused, { isProbed: true }),
  ].filter((caveat) => caveat !== undefined);
}

/** Everything about a result in a few sentences, for previews and screen readers. */
export function summaryOf(result: PublicResult): string {
  const names = toBands(result.result.hops)
    .filter(({ asn }) => asn !== undefined)
    .map(networkName);
  const shown =
    names.length <= MOST_NAMED
      ? names
      : [...names.slice(0, 3), `${names.length - 5} more networks`, ...names.slice(-2)];
  const through = shown.length === 0 ? '' : ` Through ${shown.join(', then ')}.`;
  return [
    `${outcomeOf(result)}${through}`,
    ...caveatsOf(result),
    `Measured ${formatTime(result.result.startedAt)}.`,
  ].join(' ');
}

/** How a hop is believed, for people. `isSilent`: it is a destination that did not answer. */
export function trustOf({ technique, trust, confidence }: PublicHop, isSilent: boolean): string {
  if (isSilent) return 'no answer';
  return technique === 'destination' ? '' : `${trust} ${formatProbability(confidence)}`;
}

/** A hop in a line, for screen readers. */
export function describeHop(hop: PublicHop, isSilent: boolean): string {
  const { address, name, technique, rttMs } = hop;
  const parts = [
    name === undefined ? address : `${address} (${name})`,
    rttMs === undefined ? '' : formatMs(rttMs),
    TECHNIQUE_STYLES[technique].label,
    trustOf(hop, isSilent),
  ];
  return parts.filter((part) => part !== '').join(', ');
}
