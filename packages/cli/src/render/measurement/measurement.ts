import type { Measurement } from '@revtr/client';
import { reusedSentence, standInSentence } from '@revtr/client/wording';
import type { Screen } from '../../terminal.ts';
import { asPathLine } from './as-path.ts';
import { hopRows } from './fields.ts';
import { renderForward } from './forward.ts';
import { type HopTableOptions, hopTable } from './hop-table.ts';

type Result = NonNullable<Measurement['result']>;

/** What a measurement prints, beside its table. */
export interface MeasurementOptions extends HopTableOptions {
  /** Whether the evidence for each hop is printed. Default false. */
  readonly why?: boolean | undefined;
}

/**
 * A measurement as a table of hops, with its networks, a summary of its outcome, duration and probes, and the forward path if it was
 * measured. Strings must be escaped.
 */
export function renderMeasurement(measurement: Measurement, options: MeasurementOptions, screen: Screen): string {
  const { result, source, destination } = measurement;
  const title = `${screen.paint.bold(`Reverse traceroute from ${destination} back to ${source}`)}\n`;
  if (result === undefined) return `${title}${measurement.state}\n`;
  const { names = true, why = false } = options;
  return [
    title,
    result.hops.length === 0 ? '' : hopTable(hopRows(result), options, screen),
    asPathLine(result.hops, { names }),
    ...noteLines(result),
    summaryOf(result, screen),
    renderForward(measurement, { names }, screen),
    why ? `\n${renderReasons(result)}` : '',
  ].join('');
}

/** The evidence for each hop, one hop per line. */
function renderReasons({ hops }: Result): string {
  return hops.map(({ reason }, i) => `${String(i + 1).padStart(2)}  ${reason}\n`).join('');
}

/** Sentences that keep the table from being read as a measurement of this destination at this time. */
function noteLines({ measuredThrough, reused, stats }: Result): string[] {
  const through = measuredThrough && `${standInSentence(measuredThrough)}\n`;
  const age = reused && `${reusedSentence(reused, { isProbed: probesOf(stats) > 0 })}\n`;
  return [through, age].filter((line) => line !== undefined);
}

/** Number of probes that a measurement sent. */
const probesOf = (stats: Result['stats']): number => optionProbesOf(stats) + stats.plainPings + stats.tracerouteProbes;

const optionProbesOf = (stats: Result['stats']): number =>
  stats.recordRoutePings + stats.spoofedRecordRoutePings + stats.timestampPings + stats.spoofedTimestampPings;

function summaryOf({ stats, stopReason, failReason, startedAt, endedAt }: Result, { paint }: Screen): string {
  const options = optionProbesOf(stats);
  const others = probesOf(stats) - options;
  const how =
    stopReason === 'reaches'
      ? paint.green('reaches the source')
      : stopReason === 'trivial'
        ? paint.green('trivial: the destination is the source')
        : paint.red(`${stopReason}${failReason === undefined ? '' : `: ${failReason.message} at ${failReason.hop}`}`);
  const numbers = `${((endedAt - startedAt) / 1000).toFixed(2)} s, ${count(options, 'probe')} with IP options, ${count(others, 'other probe')}`;
  return `${how} (${numbers})\n`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
