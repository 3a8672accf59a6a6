import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { readCount } from './arguments.ts';
import { printMeasurements } from './print-measurements.ts';

interface FetchOptions extends ConnectionOptions {
  readonly label?: string;
  readonly batch?: number;
}

/** `revtr fetch --label LABEL` or `--batch NUMBER`. */
export function addFetch(program: Command, context: Context): void {
  const { output } = context;
  withConnection(
    addCommand(program, 'fetch', 'Print results of earlier measurements', 'print JSON, one measurement per line'),
  )
    .option('--label <label>', 'the measurements with this label')
    .option('--batch <number>', 'the measurements of this batch', readCount)
    .action(async (options: FetchOptions) => {
      const { label, batch } = options;
      if ((label === undefined) === (batch === undefined))
        throw new CliError('badArgument', 'use either --label or --batch', { name: '--label', value: label ?? '' });
      const client = await context.connect(options);
      const measurements =
        batch === undefined ? await client.labelled(label ?? '') : (await client.batch(batch)).measurements;
      if (measurements.length === 0) output.note('you have no such measurement');
      printMeasurements(context, options, measurements);
    });
}
