import type { Hop, Measurement } from '@revtr/client';
import { percentOf, standInSentence } from '@revtr/client/wording';
import Table from 'cli-table3';
import { colours, type Terminal } from '../terminal.ts';
import { renderAge } from './age.ts';

type Result = NonNullable<Measurement['result']>;

/** Short labels: a column of the table is narrow. */
const TECHNIQUES: Readonly<Record<Hop['technique'], string>> = {
  destination: 'destination',
  atlas: 'atlas',
  atlasBetween: 'atlas (between)',
  recordRoute: 'record route',
  spoofedRecordRoute: 'spoofed rr',
  timestamp: 'timestamp',
  spoofedTimestamp: 'spoofed timestamp',
  timestampDoubleStamp: 'timestamp (twice)',
  standInSubnet: 'stand-in (same /24)',
  standInPrefix: 'stand-in (same prefix)',
  standInNetwork: 'stand-in (same AS)',
  networkPath: 'path through the same AS',
  assumedIntradomain: 'assumed (same AS)',
  assumedInterdomain: 'assumed (across ASes)',
};

const NO_BORDERS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((edge) => [edge, '']),
);

/** A measurement as a table of hops, with a summary of its outcome, duration and probes. Strings must be escaped. */
export function renderMeasurement(measurement: Measurement, terminal: Terminal): string {
  const paint = colours(terminal);
  const { result, source, destination } = measurement;
  const title = paint.bold(`Reverse traceroute from ${destination} back to ${source}`);
  if (result === undefined) return `${title}\n${measurement.state}\n`;
  const table = new Table({
    head: ['#', 'ADDRESS', 'NAME', 'AS', 'RTT', 'TECHNIQUE', 'TRUST'].map((text) => paint.dim(text)),
    chars: { ...NO_BORDERS, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: ['right', 'left', 'left', 'left', 'right', 'left', 'left'],
  });
  const trustColour = { measured: paint.green, inferred: paint.yellow, assumed: paint.red };
  for (const [i, hop] of result.hops.entries()) {
    const network = hop.asn === undefined ? '-' : `${hop.asn}${hop.asName === undefined ? '' : ` ${hop.asName}`}`;
    const rtt = hop.rttMs === undefined ? '-' : `${hop.rttMs.toFixed(1)} ms`;
    const technique = `${TECHNIQUES[hop.technique]}${hop.reusedAgeMs === undefined ? '' : ' (reused)'}`;
    const isSilent = i === 0 && result.measuredThrough !== undefined;
    const trust = isSilent
      ? paint.red('no answer')
      : trustColour[hop.trust](`${hop.trust} ${percentOf(hop.confidence)}%`);
    const others = hop.alternatives === undefined ? '' : ` (or ${hop.alternatives.join(', ')})`;
    table.push([i + 1, `${hop.address}${others}`, paint.cyan(hop.name ?? '-'), network, rtt, technique, trust]);
    if (hop.hiddenNetwork !== undefined) {
      const { asn, confidence } = hop.hiddenNetwork;
      const howSure = paint.yellow(`inferred ${percentOf(confidence)}%`);
      table.push(['', 'no router seen', '', asn, '', 'AS relations', howSure]);
    }
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return [
    title,
    ...lines,
    ...noteLines(result),
    summaryOf(measurement, terminal),
    ...forwardLines(measurement, terminal),
    '',
  ].join('\n');
}

/** The evidence for each hop, one hop per line. */
export function renderReasons({ result }: Measurement): string {
  const lines = (result?.hops ?? []).map(({ reason }, i) => `${String(i + 1).padStart(2)}  ${reason}\n`);
  return lines.join('');
}

/** Sentences that keep the table from being read as a measurement of this destination at this time. */
function noteLines({ measuredThrough, reused, stats }: Result): string[] {
  const through = measuredThrough && standInSentence(measuredThrough);
  const age =
    reused &&
    `From measurements up to ${renderAge(reused.oldestAgeMs)} old${probesOf(stats) === 0 ? '; nothing was probed' : ''}.`;
  return [through, age].filter((line) => line !== undefined);
}

/** Number of probes that a measurement sent. */
const probesOf = (stats: Result['stats']): number => optionProbesOf(stats) + stats.plainPings + stats.tracerouteProbes;

const optionProbesOf = (stats: Result['stats']): number =>
  stats.recordRoutePings + stats.spoofedRecordRoutePings + stats.timestampPings + stats.spoofedTimestampPings;

/** The forward path; empty when it was not measured. */
function forwardLines({ result, destination }: Measurement, terminal: Terminal): string[] {
  if (result?.forward === undefined) return [];
  const { stop, hops } = result.forward;
  const lines = hops.map(({ ttl, address = '*', rttMs }) => {
    const rtt = rttMs === undefined ? '' : `${rttMs.toFixed(1)} ms`;
    return `${String(ttl).padStart(2)}  ${address.padEnd(15)}  ${rtt.padStart(9)}`.trimEnd();
  });
  return ['', colours(terminal).bold(`Forward path to ${destination} (${stop})`), ...lines];
}

function summaryOf({ result }: Measurement, terminal: Terminal): string {
  const paint = colours(terminal);
  if (result === undefined) return '';
  const { stats, stopReason, failReason, startedAt, endedAt } = result;
  const options = optionProbesOf(stats);
  const others = probesOf(stats) - options;
  const how =
    stopReason === 'reaches'
      ? paint.green('reaches the source')
      : stopReason === 'trivial'
        ? paint.green('trivial: the destination is the source')
        : paint.red(`${stopReason}${failReason === undefined ? '' : `: ${failReason.message} at ${failReason.hop}`}`);
  const numbers = `${((endedAt - startedAt) / 1000).toFixed(2)} s, ${count(options, 'probe')} with IP options, ${count(others, 'other probe')}`;
  return `${how} (${numbers})`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
