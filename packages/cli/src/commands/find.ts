import type { Measurement, MeasurementFilters } from '@revtr/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import type { OutputOptions } from '../output.ts';
import { table } from '../render/layout/table.ts';
import { timeInSeconds } from '../render/time.ts';
import type { Screen } from '../terminal.ts';
import { readCount, readTime } from './arguments.ts';

const STOP_REASONS = ['reaches', 'failed', 'trivial', 'cancelled'] as const;
const SHOWN = 20;
const MOST_PER_PAGE = 250;

interface FindOptions extends ConnectionOptions, OutputOptions, MeasurementFilters {
  readonly oldest?: boolean;
  readonly limit: number;
}

/** `revtr find`. */
export function addFind(program: Command, context: Context): void {
  const { output } = context;
  const find = addCommand(
    program,
    'find',
    'Find your measurements, newest first',
    'print JSON, one measurement with its path per line',
  )
    .option('--source <address>', 'source of the path')
    .option('--destination <address>', 'destination')
    .option('--prefix <prefix>', 'prefix of the destination, for example 192.0.2.0/24')
    .option('--asn <number>', 'AS number on the path', readAsn)
    .option('--label <label>', 'label')
    .option('--from <time>', 'submitted at this time or later, for example 2026-11-20T10:00Z', readTime)
    .option('--to <time>', 'submitted before this time', readTime)
    .addOption(new Option('--stop-reason <reason>', 'why the measurement ended').choices(STOP_REASONS))
    .option('--batch <batch>', 'number of the batch', readCount)
    .option('--oldest', 'print the oldest first')
    .option('--limit <number>', 'most measurements', readCount, SHOWN);
  withConnection(withTable(find)).action(async (options: FindOptions) => {
    const client = await context.connect(options);
    const found: Measurement[] = [];
    let count = 0;
    if (options.limit > 0)
      for await (const measurement of client.find(filtersOf(options), {
        order: options.oldest === true ? 'oldest' : 'newest',
        perPage: Math.min(MOST_PER_PAGE, options.limit),
      })) {
        if (options.json === true) output.printEach(options, [measurement], () => '');
        else found.push(measurement);
        if (++count >= options.limit) break;
      }
    if (count === 0) output.note('you have no such measurement');
    if (options.json !== true) output.print(options, found, renderFound);
  });
}

function filtersOf(options: FindOptions): MeasurementFilters {
  const { source, destination, prefix, asn, label, from, to, stopReason, batch } = options;
  return {
    ...(source !== undefined && { source }),
    ...(destination !== undefined && { destination }),
    ...(prefix !== undefined && { prefix }),
    ...(asn !== undefined && { asn }),
    ...(label !== undefined && { label }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(stopReason !== undefined && { stopReason }),
    ...(batch !== undefined && { batch }),
  };
}

/** Measurements as a table. */
const renderFound = (measurements: readonly Measurement[], screen: Screen): string =>
  table<Measurement>(
    [
      { head: 'MEASUREMENT', align: 'right', cell: ({ id }) => String(id) },
      { head: 'BATCH', align: 'right', cell: ({ batchId }) => String(batchId) },
      { head: 'SUBMITTED', cell: ({ createdAt }) => timeInSeconds(createdAt) },
      { head: 'SOURCE', cell: ({ source }) => source },
      { head: 'DESTINATION', cell: ({ destination }) => destination },
      { head: 'HOPS', align: 'right', cell: ({ result }) => String(result?.hops.length ?? '') },
      { head: 'STATE', cell: ({ state, result }) => result?.stopReason ?? state },
      { head: 'LABEL', cell: ({ label }) => label, least: 8 },
    ],
    measurements,
    screen,
  );

/** Parses an AS number, such as `64500` or `AS64500`. */
function readAsn(text: string): number {
  const [, digits] = /^(?:AS)?(\d{1,10})$/i.exec(text) ?? [];
  if (digits === undefined || Number(digits) >= 2 ** 32)
    throw new InvalidArgumentError('An AS number looks like 64500 or AS64500.');
  return Number(digits);
}
