import type { PublicHop, PublicResult } from '../publications/public-result.ts';
import { type Band, toBands } from './bands.ts';
import { TECHNIQUE_STYLES } from './technique-style.ts';

/** What a stand-in is to the destination. */
const STAND_INS: Readonly<Record<NonNullable<PublicResult['result']['measuredThrough']>['scope'], string>> = {
  subnet: 'its neighbour',
  prefix: 'a host of its prefix,',
  network: 'a host of its network,',
};
const MOST_NAMED = 6;

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** A round-trip time for people. */
export const formatMs = (ms: number): string => `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;

/** A probability for people, as the web interface shows it: 0 % and 100 % only for what is certain. */
function formatConfidence(confidence: number): string {
  if (confidence <= 0) return '0 %';
  return confidence >= 1 ? '100 %' : `${Math.min(99, Math.max(1, Math.round(100 * confidence)))} %`;
}

/** A time for people, in UTC. */
export const formatTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function formatAge(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (minutes < 1.5) return 'less than 2 minutes';
  if (minutes < 120) return `${Math.round(minutes)} minutes`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1_440)} days`;
}

/** The name of a network for people. */
export function networkName({ asn, asName }: Pick<Band, 'asn' | 'asName'>): string {
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
    confidence === undefined ? '' : `, right as a whole with a probability of ${formatConfidence(confidence)}`;
  return `${size}${trust}.`;
}

/** What a reader must know before believing a result. */
export function caveatsOf({ result: { measuredThrough, reused } }: PublicResult): readonly string[] {
  return [
    measuredThrough &&
      `The destination did not answer; measured through ${STAND_INS[measuredThrough.scope]} ${measuredThrough.address}.`,
    reused && `From measurements up to ${formatAge(reused.oldestAgeMs)} old.`,
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
  return technique === 'destination' ? '' : `${trust} ${formatConfidence(confidence)}`;
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
