import type { Measurement } from '@revtr/client';
import type { Command } from 'commander';
import { connect, withConnection } from '../connection.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { renderMeasurement } from '../render/measurement-table.ts';
import type { Terminal } from '../terminal.ts';

interface FetchOptions {
  readonly label?: string;
  readonly batch?: string;
  readonly json?: boolean;
  readonly server?: string;
  readonly key?: string;
}

/** `revtr fetch --label L` or `--batch N`: results of earlier measurements. */
export function addFetch(program: Command, terminal: Terminal): void {
  withConnection(program.command('fetch'))
    .description('show results of earlier measurements')
    .option('--label <label>', 'those with this label')
    .option('--batch <number>', 'those of this batch')
    .option('--json', 'print the results as JSON, one a line')
    .action(async (options: FetchOptions) => {
      const { label, batch, json } = options;
      if ((label === undefined) === (batch === undefined))
        throw new CliError(EXIT.usage, 'give either --label or --batch');
      if (batch !== undefined && !/^\d{1,15}$/.test(batch))
        throw new CliError(EXIT.usage, `'${batch}' is not the number of a batch`);
      const client = await connect(options, terminal);
      const measurements: readonly Measurement[] =
        batch === undefined ? await client.labelled(label ?? '') : (await client.batch(Number(batch))).measurements;
      if (measurements.length === 0) terminal.err(`no measurement of yours has the label '${label}'\n`);
      for (const measurement of measurements) {
        terminal.out(
          json === true ? `${JSON.stringify(measurement)}\n` : `${renderMeasurement(measurement, terminal)}\n`,
        );
      }
    });
}
