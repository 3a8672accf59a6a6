import type { BatchEvent, RequestedPair } from '@revtr/client';
import type { Command } from 'commander';
import { connect, withConnection } from '../connection.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { renderMeasurement, renderReasons } from '../render/measurement-table.ts';
import type { Terminal } from '../terminal.ts';

interface MeasureOptions {
  readonly to: string;
  readonly label?: string;
  readonly forward?: boolean;
  readonly fresh?: boolean;
  readonly why?: boolean;
  readonly json?: boolean;
  readonly server?: string;
  readonly key?: string;
}

/** `revtr measure DST --to SRC`: one reverse traceroute, shown when it is done. */
export function addMeasure(program: Command, terminal: Terminal, exit: (code: ExitCode) => void): void {
  withConnection(program.command('measure'))
    .description('measure the path from a destination back to a source')
    .argument('<destination>', 'address or host name')
    .requiredOption('--to <source>', 'address of a registered source')
    .option('--label <label>', 'label to find the result by')
    .option('--forward', 'measure the forward path as well')
    .option('--fresh', 'reuse nothing that earlier measurements have shown')
    .option('--why', 'say for each hop why it is believed')
    .option('--json', 'print the result as JSON')
    .action(async (destination: string, options: MeasureOptions) => {
      const client = await connect(options, terminal);
      const pair: RequestedPair = {
        src: options.to,
        dst: destination,
        isRunRttPings: true,
        ...(options.label !== undefined && { label: options.label }),
        ...(options.forward === true && { isRunForwardTraceroute: true }),
        ...(options.fresh === true && { useCache: false }),
      };
      const { batchId } = await client.submit([pair]);
      const showsProgress = terminal.isInteractive && options.json !== true;
      const batch = await client.wait(batchId, {
        paths: showsProgress,
        onEvent: (event) => {
          if (showsProgress) showProgress(event, terminal);
        },
      });
      const [measurement] = batch.measurements;
      if (measurement === undefined) throw new CliError(EXIT.unavailable, `batch ${batchId} is empty`);
      terminal.out(
        options.json === true ? `${JSON.stringify(measurement, null, 2)}\n` : renderMeasurement(measurement, terminal),
      );
      if (options.why === true && options.json !== true) terminal.out(`\n${renderReasons(measurement)}`);
      exit(
        measurement.result?.stopReason === 'reaches' || measurement.result?.stopReason === 'trivial'
          ? EXIT.ok
          : EXIT.incomplete,
      );
    });
}

function showProgress(event: BatchEvent, terminal: Terminal): void {
  if (event.type !== 'path') return;
  const last = event.hops[event.hops.length - 1];
  if (last !== undefined) terminal.err(`  ${event.hops.length} hops, now at ${last.address} (${last.technique})\n`);
}
