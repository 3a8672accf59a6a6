import type { BatchEvent, RequestedPair } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { exitCodeOfMeasurements } from '../exit-codes.ts';
import { renderMeasurement, renderReasons } from '../render/measurement-table.ts';

interface MeasureOptions extends ConnectionOptions {
  readonly to: string;
  readonly label?: string;
  readonly forward?: boolean;
  readonly onDemand?: boolean;
  readonly fresh?: boolean;
  readonly why?: boolean;
  readonly share?: boolean;
}

/** `revtr measure DESTINATION --to SOURCE`. */
export function addMeasure(program: Command, context: Context): void {
  const { terminal, output } = context;
  withConnection(addCommand(program, 'measure', 'Measure the path from a destination back to a source'))
    .argument('<destination>', 'IPv4 address or host name')
    .requiredOption('--to <source>', 'IPv4 address of a registered source')
    .option('--label <label>', 'label, to find the result with "revtr fetch"')
    .option('--forward', 'measure the forward path too')
    .option('--on-demand', 'where the path is stuck, wait for a traceroute of a RIPE Atlas probe near the hop')
    .option('--fresh', 'do not reuse results of earlier measurements')
    .option('--why', 'print the evidence for each hop')
    .option('--share', 'publish the result, and print its link on standard error')
    .action(async (destination: string, options: MeasureOptions) => {
      const client = await context.connect(options);
      const { batchId } = await client.submit([toPair(destination, options)]);
      const showsProgress = terminal.isWatched && options.json !== true;
      const { measurements } = await client.wait(batchId, {
        paths: showsProgress,
        onEvent: (event) => {
          if (showsProgress) showProgress(event, context);
        },
      });
      const [measurement] = measurements;
      if (measurement === undefined) {
        const reason = `batch ${batchId} has no measurement`;
        throw new CliError('unreadableAnswer', reason, { reason });
      }
      output.print(
        options,
        measurement,
        (shown) => `${renderMeasurement(shown, terminal)}${options.why === true ? `\n${renderReasons(shown)}` : ''}`,
      );
      if (options.share === true) output.note((await client.publish(measurement.id)).url);
      context.exitCode = exitCodeOfMeasurements([measurement]);
    });
}

function toPair(destination: string, { to, label, forward, onDemand, fresh }: MeasureOptions): RequestedPair {
  return {
    src: to,
    dst: destination,
    isRunRttPings: true,
    ...(label !== undefined && { label }),
    ...(forward === true && { isRunForwardTraceroute: true }),
    ...(onDemand === true && { isRunTracerouteOnDemand: true }),
    ...(fresh === true && { useCache: false }),
  };
}

function showProgress(event: BatchEvent, { output }: Context): void {
  const last = event.type === 'path' ? event.hops.at(-1) : undefined;
  if (event.type !== 'path' || last === undefined) return;
  output.note(`  hop ${event.hops.length}: ${last.address} (${last.technique})`);
}
