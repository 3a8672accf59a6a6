import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { BatchProgress, ExportFormat } from '@revtr/client';
import { type Command, Option } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { type DisplayOptions, withDisplay, withTable } from '../display.ts';
import { unwritableFile } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { count } from '../render/count.ts';
import { table } from '../render/layout/table.ts';
import { timeInSeconds } from '../render/time.ts';
import type { Screen } from '../terminal.ts';
import { readCount } from './arguments.ts';
import { follow } from './follow.ts';
import { printMeasurements } from './print-measurements.ts';

const FORMATS: readonly ExportFormat[] = [
  ...(['jsonl', 'archive', 'csv', 'csv-hops', 'parquet', 'parquet-hops'] as const),
  ...(['ripe-atlas', 'scamper', 'graphml-routers', 'graphml-networks'] as const),
];
const SHOWN = 20;

interface LastOptions extends ConnectionOptions, DisplayOptions {
  readonly follow?: boolean;
}

interface ExportOptions extends ConnectionOptions {
  readonly format: ExportFormat;
  readonly out: string;
}

/** `revtr batches`, `revtr cancel`, `revtr last` and `revtr export`. */
export function addBatches(program: Command, context: Context): void {
  const { output } = context;
  withConnection(withTable(addCommand(program, 'batches', 'List your batches, newest first')))
    .option('--limit <number>', 'most batches, at most 100', readCount, SHOWN)
    .option('--before <batch>', 'begin before this batch', readCount)
    .action(async (options: ConnectionOptions & { readonly limit: number; readonly before?: number }) => {
      const { limit, before } = options;
      const client = await context.connect(options);
      const batches = await client.batches({ limit, ...(before !== undefined && { before }) });
      if (batches.length === 0)
        output.note(before === undefined ? 'you have no batches' : `you have no batches before batch ${before}`);
      output.print(options, batches, renderBatches);
    });

  withConnection(addCommand(program, 'cancel', 'Cancel a batch: measurements that have ended do not change'))
    .argument('<batch>', 'number of the batch', readCount)
    .action(async (batch: number, options: ConnectionOptions) => {
      const client = await context.connect(options);
      output.print(options, await client.cancel(batch), ({ id, total, done, cancelled, cancelledAt }) =>
        cancelledAt === undefined
          ? `batch ${id} had ended: its ${total === 1 ? 'result does' : `${total} results do`} not change\n`
          : `batch ${id}: ${cancelled} of ${total} measurements cancelled in the queue, ${total - done} are stopping\n`,
      );
    });

  const last = addCommand(
    program,
    'last',
    'Print the results of your last batch',
    'print JSON, one measurement per line',
  ).option('--follow', 'wait until the batch is complete');
  withConnection(withDisplay(last)).action(async (options: LastOptions) => {
    const client = await context.connect(options);
    const [newest] = await client.batches({ limit: 1 });
    if (newest === undefined) {
      output.note('you have no batch');
      context.exitCode = EXIT.incomplete;
      return;
    }
    const { id, done, total } = newest;
    if (options.follow !== true && done < total) output.note(`batch ${id}: ${done} of ${total} done`);
    const batch = options.follow === true ? await follow(client, id, {}, context) : await client.batch(id);
    await printMeasurements(context, options, batch.measurements);
  });

  withConnection(addCommand(program, 'export', 'Write the measurements of a batch that have ended to a file'))
    .argument('<batch>', 'number of the batch', readCount)
    .addOption(new Option('--format <format>', 'format of the file').choices(FORMATS).default('jsonl'))
    .requiredOption('--out <file>', 'file to write')
    .action(async (batch: number, options: ExportOptions) => {
      const { format, out: file } = options;
      const client = await context.connect(options);
      // The file is replaced only when the server has answered.
      const measurements = await client.export(batch, format);
      const target = createWriteStream(file);
      await pipeline(measurements, target).catch((error: unknown) => {
        throw error instanceof Error && 'syscall' in error ? unwritableFile(file, error) : error;
      });
      output.print(
        options,
        { batch, format, file, bytes: target.bytesWritten },
        ({ bytes }) => `${file}: ${count(bytes)} bytes\n`,
      );
    });
}

/** Batches as a table. */
function renderBatches(batches: readonly BatchProgress[], screen: Screen): string {
  return table<BatchProgress>(
    [
      { head: 'BATCH', align: 'right', cell: ({ id }) => String(id) },
      { head: 'SUBMITTED', cell: ({ createdAt }) => timeInSeconds(createdAt) },
      { head: 'DONE', align: 'right', cell: ({ done }) => String(done) },
      { head: 'OF', align: 'right', cell: ({ total }) => String(total) },
      { head: 'STATE', cell: stateOf },
    ],
    batches,
    screen,
  );
}

const stateOf = ({ cancelledAt, done, total }: BatchProgress): string =>
  cancelledAt !== undefined ? 'cancelled' : done === total ? 'complete' : 'running';
