import type { Measurement, ReverseTracerouteClient } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { type DisplayOptions, withDisplay } from '../display.ts';
import { CliError } from '../errors.ts';
import { readCount } from './arguments.ts';
import { follow } from './follow.ts';
import { printMeasurements } from './print-measurements.ts';

interface FetchOptions extends ConnectionOptions, DisplayOptions {
  readonly label?: string;
  readonly batch?: number;
  readonly follow?: boolean;
}

/** `revtr fetch --label LABEL` or `--batch NUMBER`. */
export function addFetch(program: Command, context: Context): void {
  const { output } = context;
  const fetch = addCommand(
    program,
    'fetch',
    'Print results of earlier measurements',
    'print JSON, one measurement per line',
  )
    .option('--label <label>', 'the measurements with this label')
    .option('--batch <batch>', 'the measurements of this batch', readCount)
    .option('--follow', 'wait until the batch is complete (with --batch)');
  withConnection(withDisplay(fetch)).action(async (options: FetchOptions) => {
    const { label, batch } = options;
    if ((label === undefined) === (batch === undefined))
      throw new CliError('badArgument', 'use either --label or --batch', { name: '--label', value: label ?? '' });
    if (options.follow === true && batch === undefined)
      throw new CliError('badArgument', '--follow needs --batch', { name: '--follow', value: '' });
    const client = await context.connect(options);
    const read = async (id: number) =>
      (options.follow === true ? await follow(client, id, {}, context) : await client.batch(id)).measurements;
    const measurements = batch === undefined ? await labelled(client, label ?? '') : await read(batch);
    if (measurements.length === 0) output.note('you have no such measurement');
    await printMeasurements(context, options, measurements);
  });
}

async function labelled(client: ReverseTracerouteClient, label: string): Promise<readonly Measurement[]> {
  const all: Measurement[] = [];
  for await (const measurement of client.find({ label })) all.push(measurement);
  return all;
}
