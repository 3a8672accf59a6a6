import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { BatchProgress, ExportFormat } from '@revtr/client';
import { type Command, Option } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { unreadableFile } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { readCount } from './arguments.ts';
import { printMeasurements } from './print-measurements.ts';

const FORMATS: readonly ExportFormat[] = [
  ...(['jsonl', 'archive', 'csv', 'csv-hops', 'parquet', 'parquet-hops'] as const),
  ...(['ripe-atlas', 'scamper', 'graphml-routers', 'graphml-networks'] as const),
];
const SHOWN = 20;

interface ExportOptions extends ConnectionOptions {
  readonly format: ExportFormat;
  readonly out: string;
}

/** `revtr batches`, `revtr cancel`, `revtr last` and `revtr export`. */
export function addBatches(program: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(program, 'batches', 'List your batches, newest first'))
    .option('--limit <number>', 'most batches, at most 100', readCount, SHOWN)
    .option('--before <batch>', 'begin before this batch', readCount)
    .action(async (options: ConnectionOptions & { readonly limit: number; readonly before?: number }) => {
      const { limit, before } = options;
      const client = await context.connect(options);
      const batches = await client.batches({ limit, ...(before !== undefined && { before }) });
      if (batches.length === 0) output.note('you have no such batch');
      output.print(options, batches, renderBatches);
    });

  withConnection(addCommand(program, 'cancel', 'Cancel a batch: measurements that have ended do not change'))
    .argument('<batch>', 'number of the batch', readCount)
    .action(async (batch: number, options: ConnectionOptions) => {
      const client = await context.connect(options);
      output.print(options, await client.cancel(batch), ({ id, total, done, cancelled }) =>
        cancelled === 0 && done === total
          ? `batch ${id}: all ${total} measurements have ended\n`
          : `batch ${id}: ${cancelled} of ${total} measurements cancelled in the queue, ${total - done} are stopping\n`,
      );
    });

  withConnection(
    addCommand(program, 'last', 'Print the results of your last batch', 'print JSON, one measurement per line'),
  ).action(async (options: ConnectionOptions) => {
    const client = await context.connect(options);
    const [last] = await client.batches({ limit: 1 });
    if (last === undefined) {
      output.note('you have no batch');
      context.exitCode = EXIT.incomplete;
      return;
    }
    if (last.done < last.total) output.note(`batch ${last.id}: ${last.done} of ${last.total} done`);
    const { measurements } = await client.batch(last.id);
    printMeasurements(context, options, measurements);
  });

  withConnection(addCommand(program, 'export', 'Write the measurements of a batch that have ended to a file'))
    .argument('<batch>', 'number of the batch', readCount)
    .addOption(new Option('--format <format>', 'format of the file').choices(FORMATS).default('jsonl'))
    .requiredOption('--out <file>', 'file to write')
    .action(async (batch: number, options: ExportOptions) => {
      const { format, out: file } = options;
      const client = await context.connect(options);
      const target = createWriteStream(file);
      await pipeline(await client.export(batch, format), target).catch((error: unknown) => {
        throw error instanceof Error && 'syscall' in error ? unreadableFile(file, error) : error;
      });
      output.print(
        options,
        { batch, format, file, bytes: target.bytesWritten },
        ({ bytes }) => `${file}: ${bytes} bytes\n`,
      );
    });
}

/** Batches as a table. */
function renderBatches(batches: readonly BatchProgress[]): string {
  const row = (cells: readonly string[]): string =>
    `${cells[0].padStart(8)}  ${cells[1].padEnd(20)}  ${cells[2].padStart(8)}  ${cells[3].padStart(8)}  ${cells[4]}`.trimEnd();
  const lines = batches.map(({ id, createdAt, total, done, cancelledAt }) =>
    row([
      String(id),
      createdAt.replace(/\.\d+Z$/, 'Z'),
      String(done),
      String(total),
      cancelledAt !== undefined ? 'cancelled' : done === total ? 'complete' : 'running',
    ]),
  );
  return `${[row(['BATCH', 'SUBMITTED', 'DONE', 'OF', 'STATE']), ...lines].join('\n')}\n`;
}
