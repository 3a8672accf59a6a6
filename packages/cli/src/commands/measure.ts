import type { RequestedPair } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { completed, type DisplayOptions, withDisplay } from '../display.ts';
import { CliError } from '../errors.ts';
import { exitCodeOfMeasurements } from '../exit-codes.ts';
import { renderMeasurement } from '../render/measurement/measurement.ts';
import { follow } from './follow.ts';
import { requiredSource, type SourceOption, withSource } from './source.ts';
import { submit } from './submit.ts';

interface MeasureOptions extends ConnectionOptions, DisplayOptions, SourceOption {
  readonly label?: string;
  readonly forward?: boolean;
  readonly onDemand?: boolean;
  readonly fresh?: boolean;
  readonly share?: boolean;
}

/** `revtr measure DESTINATION --to SOURCE`. */
export function addMeasure(program: Command, context: Context): void {
  const { terminal, output } = context;
  const measure = withSource(addCommand(program, 'measure', 'Measure the path from a destination back to a source'))
    .argument('<destination>', 'IPv4 address or host name')
    .option('--label <label>', 'label, to find the result with "revtr fetch"')
    .option('--forward', 'measure the forward path too, and compare both')
    .option('--on-demand', 'where the path is stuck, wait for a traceroute of a RIPE Atlas probe near the hop')
    .option('--fresh', 'do not reuse results of earlier measurements')
    .option('--share', 'publish the result, and print its link on standard error');
  withConnection(withDisplay(measure)).action(async (destination: string, options: MeasureOptions) => {
    const source = await requiredSource(options, terminal);
    const display = await completed(options, terminal);
    const client = await context.connect(options);
    const { batchId } = await submit(client, [toPair(source, destination, options)], {}, context);
    const { measurements } = await follow(client, batchId, { paths: true }, context);
    const [measurement] = measurements;
    if (measurement === undefined) {
      const reason = `batch ${batchId} has no measurement`;
      throw new CliError('unreadableAnswer', reason, { reason });
    }
    output.print(display, measurement, (shown, screen) => renderMeasurement(shown, display, screen));
    if (options.share === true) output.note((await client.publish(measurement.id)).url);
    context.exitCode = exitCodeOfMeasurements([measurement]);
  });
}

function toPair(source: string, destination: string, options: MeasureOptions): RequestedPair {
  const { label, forward, onDemand, fresh } = options;
  return {
    src: source,
    dst: destination,
    isRunRttPings: true,
    ...(label !== undefined && { label }),
    ...(forward === true && { isRunForwardTraceroute: true }),
    ...(onDemand === true && { isRunTracerouteOnDemand: true }),
    ...(fresh === true && { useCache: false }),
  };
}
